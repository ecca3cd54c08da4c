#include "taps/afpacket/af_packet.hpp"

#include "engine/capture_right.hpp"
#include "engine/clock.hpp"
#include "engine/wake.hpp"
#include "taps/afpacket/port.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <ctime>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace visor::taps {
namespace {

constexpr unsigned queues_max = 64;
constexpr int64_t tend_ms = 250; // how often sockets are looked after, beside when they tell of trouble
// A block holds whatever one frame may be: what is joined by the interface is mostly up to 64 KiB.
constexpr size_t block_bytes_max = 1 << 20, block_bytes_min = 128 << 10;
constexpr size_t blocks_min = 4;

int64_t now_ms() {
    return engine::clock_ns(CLOCK_MONOTONIC_COARSE) / 1'000'000;
}

struct RingSize {
    size_t block_bytes;
    unsigned blocks;
};

RingSize size_of_ring(size_t bytes) {
    const size_t block = std::clamp(std::bit_floor(bytes / blocks_min), block_bytes_min, block_bytes_max);
    return {block, static_cast<unsigned>(std::max(bytes / block, blocks_min))};
}

class Queue final : public engine::LiveSource {
public:
    void add(Port port) { ports_.push_back(std::move(port)); }
    std::vector<Port>& ports() { return ports_; }

    void next(engine::FrameBlock& block, int wait_ms) override;
    void wake() override { wake_.wake(); }
    engine::LiveCounts counts() override;
    double backlog() const override;

private:
    void fill(engine::FrameBlock& block);
    bool wait(int64_t wait_ms);
    void tend(int64_t now);

    std::vector<Port> ports_;
    engine::Wake wake_;
    std::vector<pollfd> polled_;
    engine::LiveCounts counts_;
    int64_t tended_ms_ = 0;
};

void Queue::next(engine::FrameBlock& block, int wait_ms) {
    block.count = 0;
    for (auto& port : ports_)
        if (auto* ring = port.ring()) counts_.malformed += ring->release();
    int64_t now = now_ms();
    const int64_t deadline = now + std::max(wait_ms, 0);
    for (;;) {
        if (now - tended_ms_ >= tend_ms) tend(now);
        fill(block);
        if (block.count > 0 || now >= deadline) return;
        const bool woken = wait(std::min(deadline - now, tended_ms_ + tend_ms - now));
        if (woken) {
            fill(block);
            return;
        }
        now = now_ms();
    }
}

// Of several interfaces the earliest frame first, as far as frames are here.
void Queue::fill(engine::FrameBlock& block) {
    size_t bytes = 0;
    while (block.count < engine::block_frames_max && bytes < engine::block_bytes) {
        Ring* first = nullptr;
        int64_t until = INT64_MAX;
        for (auto& port : ports_) {
            Ring* ring = port.ring();
            if (ring == nullptr || !ring->ready()) continue;
            if (first == nullptr || ring->time_ns() < first->time_ns()) {
                if (first != nullptr) until = first->time_ns();
                first = ring;
            } else {
                until = std::min(until, ring->time_ns());
            }
        }
        if (first == nullptr) return;
        first->take(block, bytes, until, counts_);
    }
}

// True when woken; otherwise a frame may have come, or the time is over.
bool Queue::wait(int64_t wait_ms) {
    polled_.clear();
    polled_.push_back({wake_.fd(), POLLIN, 0});
    for (auto& port : ports_)
        if (const auto* ring = port.ring()) polled_.push_back({ring->socket(), POLLIN, 0});
    if (poll(polled_.data(), polled_.size(), static_cast<int>(std::max<int64_t>(wait_ms, 0))) <= 0)
        return false;
    const auto troubled = [](const pollfd& one) { return (one.revents & (POLLERR | POLLHUP)) != 0; };
    if (std::any_of(polled_.begin() + 1, polled_.end(), troubled)) tend(now_ms());
    if (polled_[0].revents == 0) return false;
    wake_.clear();
    return true;
}

void Queue::tend(int64_t now) {
    tended_ms_ = now;
    for (auto& port : ports_) port.tend(counts_);
}

engine::LiveCounts Queue::counts() {
    for (auto& port : ports_) port.add_counts(counts_);
    return counts_;
}

double Queue::backlog() const {
    double most = 0;
    for (const auto& port : ports_)
        if (const auto* ring = port.ring()) most = std::max(most, ring->backlog());
    return most;
}

class Tap final : public engine::LiveTap {
public:
    Tap(AfPacketConfig config, engine::TapNotify notify);
    std::string open();

    unsigned queues() const override { return static_cast<unsigned>(queues_.size()); }
    engine::LiveSource& queue(unsigned index) override { return *queues_.at(index); }
    std::string_view kind() const override { return "af_packet"; }
    const std::vector<std::string>& interfaces() const override { return config_.interfaces; }
    size_t ring_bytes() const override {
        return size_.block_bytes * size_.blocks * queues_.size() * config_.interfaces.size();
    }
    bool up() const override {
        return std::any_of(shared_.begin(), shared_.end(),
                           [](const auto& one) { return one->up.load(std::memory_order_relaxed); });
    }

private:
    AfPacketConfig config_;
    engine::TapNotify notify_;
    RingSize size_;
    std::vector<std::unique_ptr<PortShared>> shared_; // in the order of the interfaces
    std::vector<std::unique_ptr<Queue>> queues_;
};

Tap::Tap(AfPacketConfig config, engine::TapNotify notify)
    : config_(std::move(config)), notify_(std::move(notify)),
      size_(size_of_ring(config_.ring_bytes / (config_.queues * config_.interfaces.size()))) {
    for (uint32_t i = 0; i < config_.interfaces.size(); ++i) {
        shared_.push_back(std::make_unique<PortShared>());
        shared_.back()->name = config_.interfaces[i];
        shared_.back()->interface_id = i;
    }
    for (unsigned q = 0; q < config_.queues; ++q) {
        queues_.push_back(std::make_unique<Queue>());
        for (auto& shared : shared_)
            queues_.back()->add({*shared, config_, size_.block_bytes, size_.blocks, q == 0, notify_});
    }
}

std::string Tap::open() {
    for (auto step : {&Port::open, &Port::start})
        for (auto& queue : queues_)
            for (auto& port : queue->ports())
                if (auto reason = (port.*step)(); !reason.empty()) return reason;
    return {};
}

std::string mistake_in(const AfPacketConfig& config) {
    if (config.interfaces.empty()) return "no interface to capture on";
    if (config.queues == 0 || config.queues > queues_max)
        return "queues must be 1 to " + std::to_string(queues_max) + ", not " + std::to_string(config.queues);
    return {};
}

} // namespace

Result<std::unique_ptr<engine::LiveTap>> open_af_packet(const AfPacketConfig& config,
                                                        engine::TapNotify notify) {
    if (auto mistake = mistake_in(config); !mistake.empty()) return Error{mistake};
    // Asked at once, also when no interface is up yet.
    const int probe = ::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (probe < 0 && (errno == EPERM || errno == EACCES))
        return Error{engine::capture_right_missing(config.interfaces.front())};
    if (probe >= 0) close(probe);
    auto tap = std::make_unique<Tap>(config, std::move(notify));
    if (auto reason = tap->open(); !reason.empty()) return Error{reason};
    return std::unique_ptr<engine::LiveTap>(std::move(tap));
}

} // namespace visor::taps
