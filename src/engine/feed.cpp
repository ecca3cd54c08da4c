#include "engine/feed.hpp"

#include <algorithm>

namespace visor::engine {

namespace {
// Later times than this (the year 2262) are taken for it, so that the arithmetic of periods cannot overflow.
constexpr int64_t latest_ns = INT64_MAX - 4 * period_ns;
} // namespace

bool Feed::next(FeedBlock& block) {
    block.frames.count = 0;
    if (ended_) return false;
    if (!stop_ || !stop_->load(std::memory_order_relaxed) || source_.read_out()) source_.next(block.frames);
    const std::lock_guard lock(mutex_);
    ended_ = block.frames.count == 0;
    stopped_ = ended_ && stop_ && stop_->load(std::memory_order_relaxed); // perhaps while it waited
    if (!ended_) {
        block.frames.sequence = sequence_++;
        place(block);
    }
    if (progress_) progress_(source_.ledger(), totals_);
    return !ended_;
}

FeedTotals Feed::totals() const {
    const std::lock_guard lock(mutex_);
    return totals_;
}

bool Feed::stopped() const {
    const std::lock_guard lock(mutex_);
    return stopped_;
}

void Feed::place(FeedBlock& block) {
    Frame* const frames = block.frames.frames.data();
    const uint32_t count = block.frames.count;
    if (!started_) {
        started_ = true;
        t0_ns_ = totals_.first_ns = totals_.last_ns = std::clamp<int64_t>(frames[0].ts_ns, 0, latest_ns);
        period_begin_ = t0_ns_;
    }
    block.runs.clear();
    block.runs.push_back({0, 0, period_});
    uint64_t bytes = 0;
    int64_t last_ns = totals_.last_ns;
    // Frames of these times go on with the run at hand: the newest period's, or none.
    uint64_t begin = 0, length = 0;
    for (uint32_t i = 0; i < count; ++i) {
        Frame& frame = frames[i];
        if (static_cast<uint64_t>(frame.ts_ns) - begin >= length) [[unlikely]] {
            frame.ts_ns = std::clamp<int64_t>(frame.ts_ns, 0, latest_ns);
            const int64_t run = period_of(frame.ts_ns);
            begin_run(block, i, run);
            begin = static_cast<uint64_t>(period_begin_);
            length =
                run == period_ ? static_cast<uint64_t>(std::min(period_ns, latest_ns - period_begin_)) : 0;
        }
        bytes += frame.wirelen;
        last_ns = std::max(last_ns, frame.ts_ns);
    }
    block.runs.back().end = count;
    totals_.wire_bytes += bytes;
    totals_.last_ns = last_ns;
    totals_.frames += count;
}

// From frame i on the block's frames are of this period.
void Feed::begin_run(FeedBlock& block, uint32_t i, int64_t period) {
    Run& before = block.runs.back();
    if (before.period == period) return;
    before.end = i;
    if (before.begin == i)
        before.period = period;
    else
        block.runs.push_back({i, i, period});
}

// The period of a frame: the newest one, a later one, which becomes the newest, or an earlier one.
int64_t Feed::period_of(int64_t ts_ns) {
    if (ts_ns >= period_begin_ + period_ns) {
        period_ = (ts_ns - t0_ns_) / period_ns;
        period_begin_ = period_start(period_);
        return period_;
    }
    if (ts_ns >= period_begin_) return period_;
    const int64_t oldest_open = std::max<int64_t>(period_ - 1, 0);
    if (ts_ns >= period_start(oldest_open)) return oldest_open;
    // Before the first frame, by its own time: the first period.
    if (ts_ns < t0_ns_ && period_ == 0 && t0_ns_ - ts_ns <= period_ns) return 0;
    ++totals_.late;
    return oldest_open;
}

} // namespace visor::engine
