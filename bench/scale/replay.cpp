#include "scale/replay.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace visor::bench {

Recording::Recording(const std::vector<std::string>& files) {
    auto source = taps::MergedSource::open(files, {});
    if (!source) {
        std::fprintf(stderr, "%s\n", source.error().c_str());
        std::exit(1);
    }
    engine::FrameBlock block;
    (*source)->next(block);
    const int64_t start_ns = block.count ? block.frames[0].ts_ns : 0;
    for (; block.count; (*source)->next(block)) keep(block, start_ns);
    if (blocks_.empty()) std::exit(1);
}

void Recording::keep(const engine::FrameBlock& block, int64_t start_ns) {
    Block& kept = blocks_.emplace_back();
    kept.frames.assign(block.frames.begin(), block.frames.begin() + block.count);
    size_t bytes = 0;
    for (const engine::Frame& frame : kept.frames) bytes += frame.caplen;
    kept.bytes.resize(bytes);
    uint8_t* to = kept.bytes.data();
    for (engine::Frame& frame : kept.frames) {
        std::copy_n(frame.data, frame.caplen, to);
        frame.data = to;
        frame.ts_ns = std::max<int64_t>(frame.ts_ns - start_ns, 0) % engine::period_ns;
        to += frame.caplen;
    }
}

void fill(engine::FrameBlock& into, const Recording::Block& from, int64_t base_ns) {
    into.count = static_cast<uint32_t>(from.frames.size());
    std::copy(from.frames.begin(), from.frames.end(), into.frames.begin());
    for (uint32_t i = 0; i < into.count; ++i) into.frames[i].ts_ns += base_ns;
}

void ReplayQueue::give(const Recording::Block& block, int64_t base_ns) {
    const std::lock_guard lock(mutex_);
    given_.push_back({&block, base_ns});
    ready_.notify_all();
}

void ReplayQueue::wait_until_done() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return given_.empty() && !busy_; });
}

void ReplayQueue::next(engine::FrameBlock& block, int wait_ms) {
    std::unique_lock lock(mutex_);
    busy_ = false;
    done_.notify_all();
    block.count = 0;
    ready_.wait_for(lock, std::chrono::milliseconds(wait_ms), [&] { return woken_ || !given_.empty(); });
    woken_ = false;
    if (given_.empty()) return;
    const Given given = given_.front();
    given_.pop_front();
    busy_ = true;
    lock.unlock();
    fill(block, *given.block, given.base_ns);
    delivered_ += block.count;
}

void ReplayQueue::wake() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    ready_.notify_all();
}

engine::LiveCounts ReplayQueue::counts() {
    engine::LiveCounts counts;
    counts.received = counts.delivered = delivered_;
    return counts;
}

void ReplayFile::next(engine::FrameBlock& block) {
    block.count = 0;
    if (at_ == blocks_) return;
    fill(block, recording_.block(at_++), engine::period_ns);
    ledger_.received += block.count;
    ledger_.delivered += block.count;
}

} // namespace visor::bench
