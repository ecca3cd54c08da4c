#include "engine/feed.hpp"

#include <algorithm>

namespace visor::engine {

namespace {
// Later times than this (the year 2262) are taken for it, so that the arithmetic of periods cannot overflow.
constexpr int64_t latest_ns = INT64_MAX - 4 * period_ns;
} // namespace

bool Feed::next(FeedBlock& block, unsigned worker) {
    std::unique_lock lock(mutex_);
    turn_.wait(lock, [&] { return ended_ || sequence_ % workers_ == worker; });
    if (!ended_) {
        stopped_ = stop_ && stop_->load(std::memory_order_relaxed);
        block.frames.count = 0;
        if (!stopped_) source_.next(block.frames);
        ended_ = block.frames.count == 0;
        if (!ended_) {
            block.frames.sequence = sequence_++;
            place(block);
        }
        if (progress_) progress_(source_.ledger(), totals_);
        turn_.notify_all();
    } else {
        block.frames.count = 0;
    }
    return block.frames.count != 0;
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
    Frame* frames = block.frames.frames.data();
    for (uint32_t i = 0; i < block.frames.count; ++i)
        frames[i].ts_ns = std::clamp<int64_t>(frames[i].ts_ns, 0, latest_ns);
    if (!started_) {
        started_ = true;
        t0_ns_ = totals_.first_ns = totals_.last_ns = period_begin_ = frames[0].ts_ns;
        period_end_ = t0_ns_ + period_ns;
    }
    block.runs.clear();
    for (uint32_t i = 0; i < block.frames.count; ++i) {
        const Frame& frame = frames[i];
        const bool current = frame.ts_ns >= period_begin_ && frame.ts_ns < period_end_;
        const int64_t period = current ? period_ : period_of(frame.ts_ns);
        if (block.runs.empty() || block.runs.back().period != period) block.runs.push_back({i, i, period});
        block.runs.back().end = i + 1;
        totals_.wire_bytes += frame.wirelen;
        totals_.last_ns = std::max(totals_.last_ns, frame.ts_ns);
    }
    totals_.frames += block.frames.count;
}

// The period of a frame that is not in the newest one: a later one, which becomes the newest, or an earlier
// one.
int64_t Feed::period_of(int64_t ts_ns) {
    if (ts_ns >= period_end_) {
        period_ = (ts_ns - t0_ns_) / period_ns;
        period_begin_ = period_start(period_);
        period_end_ = period_begin_ + period_ns;
        return period_;
    }
    const int64_t oldest_open = std::max<int64_t>(period_ - 1, 0);
    if (ts_ns >= period_start(oldest_open)) return oldest_open;
    // Before the first frame, by its own time: the first period.
    if (ts_ns < t0_ns_ && period_ == 0 && t0_ns_ - ts_ns <= period_ns) return 0;
    ++totals_.late;
    return oldest_open;
}

} // namespace visor::engine
