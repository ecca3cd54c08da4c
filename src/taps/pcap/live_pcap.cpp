#include "taps/pcap/live_pcap.hpp"

#include "engine/wake.hpp"
#include "taps/pcap/live_port.hpp"

#include <algorithm>
#include <chrono>
#include <poll.h>

namespace visor::taps {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds tend_interval{500};
// Where libpcap has no descriptor whose word is enough, it is asked so often.
constexpr milliseconds ask_interval{10};

class Queue final : public engine::LiveSource {
public:
    Queue(const LivePcapConfig& config, const engine::TapNotify& notify);
    std::string open();
    bool up() const {
        return std::any_of(ports_.begin(), ports_.end(), [](const auto& port) { return port.up(); });
    }

    void next(engine::FrameBlock& block, int wait_ms) override;
    void wake() override { wake_.wake(); }
    engine::LiveCounts counts() override;
    double backlog() const override { return 0; }

private:
    void fill(engine::FrameBlock& block);
    bool wait(milliseconds time);
    void tend();

    std::vector<LivePort> ports_;
    engine::Wake wake_;
    std::vector<pollfd> polled_;
    engine::LiveCounts counts_;
    Clock::time_point tended_ = Clock::now();
    size_t turn_ = 0; // which interface is asked first
};

Queue::Queue(const LivePcapConfig& config, const engine::TapNotify& notify) {
    for (uint32_t i = 0; i < config.interfaces.size(); ++i) ports_.emplace_back(config, i, notify);
}

std::string Queue::open() {
    for (auto& port : ports_)
        if (auto reason = port.open(); !reason.empty()) return reason;
    return {};
}

void Queue::next(engine::FrameBlock& block, int wait_ms) {
    block.count = 0;
    const auto deadline = Clock::now() + milliseconds(std::max(wait_ms, 0));
    for (;;) {
        const auto now = Clock::now();
        if (now - tended_ >= tend_interval) tend();
        fill(block);
        if (block.count > 0 || now >= deadline) return;
        const auto time = std::min(deadline - now, tended_ + tend_interval - now);
        if (wait(std::chrono::ceil<milliseconds>(time))) return fill(block);
    }
}

void Queue::fill(engine::FrameBlock& block) {
    for (size_t i = 0; i < ports_.size() && block.count == 0; ++i)
        ports_[(turn_ + i) % ports_.size()].take(block, counts_);
    turn_ = (turn_ + 1) % ports_.size();
}

// True when woken; otherwise a frame may have come, or the time is over.
bool Queue::wait(milliseconds time) {
    polled_.clear();
    polled_.push_back({wake_.fd(), POLLIN, 0});
    for (const auto& port : ports_) {
        if (port.fd() >= 0)
            polled_.push_back({port.fd(), POLLIN, 0});
        else if (port.open_now())
            time = std::min(time, ask_interval);
    }
    const auto wait_ms = static_cast<int>(std::max<int64_t>(time.count(), 0));
    if (poll(polled_.data(), polled_.size(), wait_ms) <= 0) return false;
    const auto troubled = [](const pollfd& one) {
        return (one.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    };
    if (std::any_of(polled_.begin() + 1, polled_.end(), troubled)) tend();
    if (polled_[0].revents == 0) return false;
    wake_.clear();
    return true;
}

void Queue::tend() {
    tended_ = Clock::now();
    for (auto& port : ports_) port.tend(counts_);
}

engine::LiveCounts Queue::counts() {
    for (auto& port : ports_) port.add_counts(counts_);
    return counts_;
}

class Tap final : public engine::LiveTap {
public:
    Tap(LivePcapConfig config, engine::TapNotify notify)
        : config_(std::move(config)), notify_(std::move(notify)), queue_(config_, notify_) {}
    std::string open() { return queue_.open(); }

    unsigned queues() const override { return 1; }
    engine::LiveSource& queue(unsigned) override { return queue_; }
    std::string_view kind() const override { return "libpcap"; }
    const std::vector<std::string>& interfaces() const override { return config_.interfaces; }
    size_t ring_bytes() const override { return config_.buffer_bytes; }
    bool up() const override { return queue_.up(); }

private:
    LivePcapConfig config_;
    engine::TapNotify notify_;
    Queue queue_;
};

} // namespace

Result<std::unique_ptr<engine::LiveTap>> open_live_pcap(const LivePcapConfig& config,
                                                        engine::TapNotify notify) {
    if (config.interfaces.empty()) return Error{"no interface to capture on"};
    auto tap = std::make_unique<Tap>(config, std::move(notify));
    if (auto reason = tap->open(); !reason.empty()) return Error{reason};
    return std::unique_ptr<engine::LiveTap>(std::move(tap));
}

} // namespace visor::taps
