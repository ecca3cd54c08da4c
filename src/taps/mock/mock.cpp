#include "taps/mock/mock.hpp"

#include "engine/wake.hpp"
#include "taps/mock/mock_frame.hpp"
#include "wire/link.hpp"

#include <algorithm>
#include <chrono>

namespace visor::taps {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

class Source final : public engine::LiveSource {
public:
    explicit Source(const MockConfig& config)
        : frames_(config.seed), interval_(config.interval_ms), due_(Clock::now() + interval_) {}

    void next(engine::FrameBlock& block, int wait_ms) override;
    void wake() override { wake_.wake(); }
    engine::LiveCounts counts() override { return counts_; }
    double backlog() const override { return 0; }

private:
    void add(engine::FrameBlock& block);

    MockFrames frames_;
    milliseconds interval_;
    Clock::time_point due_; // the next message
    engine::Wake wake_;
    engine::LiveCounts counts_;
};

void Source::next(engine::FrameBlock& block, int wait_ms) {
    block.count = 0;
    const auto left = std::chrono::ceil<milliseconds>(due_ - Clock::now()).count();
    const auto wait = std::clamp<int64_t>(left, 0, std::max(wait_ms, 0));
    if (wake_.wait(static_cast<int>(wait)) || Clock::now() < due_) return;
    add(block);
    due_ += interval_;
    // A reader that was away gets no flood afterwards.
    due_ = std::max(due_, Clock::now() - interval_);
}

void Source::add(engine::FrameBlock& block) {
    block.buffer = frames_.next();
    const auto size = static_cast<uint32_t>(block.buffer.size());
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    block.frames[0] = {block.buffer.data(),
                       std::chrono::nanoseconds(now).count(),
                       size,
                       size,
                       static_cast<uint16_t>(wire::LinkType::ethernet),
                       0};
    block.count = 1;
    ++counts_.received;
    ++counts_.delivered;
}

class Tap final : public engine::LiveTap {
public:
    explicit Tap(const MockConfig& config) : source_(config) {}
    unsigned queues() const override { return 1; }
    engine::LiveSource& queue(unsigned) override { return source_; }
    std::string_view kind() const override { return "mock"; }
    const std::vector<std::string>& interfaces() const override { return interfaces_; }
    size_t ring_bytes() const override { return 0; }
    bool up() const override { return true; }

private:
    Source source_;
    std::vector<std::string> interfaces_{"mock"};
};

} // namespace

std::unique_ptr<engine::LiveTap> open_mock(const MockConfig& config) {
    return std::make_unique<Tap>(config);
}

} // namespace visor::taps
