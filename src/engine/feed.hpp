// Hands out blocks of frames in file order, and places every frame in its period.
//
// Period k covers [t0 + 60 s * k, t0 + 60 s * (k+1)) from the first frame's time t0. Frames may be out of
// order by up to one period; an older frame is counted late and placed in the oldest period still open. As
// this is decided here, in file order, it does not depend on the number of workers.
// Threads: next() is called by one thread at a time, not always the same; totals() and stopped() by any.
// Owns: nothing but its place; the source outlives it. Units: nanoseconds since 1970.
#pragma once

#include "engine/frames.hpp"
#include "sketch/rate.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

namespace visor::engine {

inline constexpr int64_t period_ns = 60 * sketch::second_ns;

// Consecutive frames of a block that belong to one period.
struct Run {
    uint32_t begin, end;
    int64_t period;
};

struct FeedBlock {
    FrameBlock frames;
    std::vector<Run> runs;
};

struct FeedTotals {
    uint64_t frames = 0, wire_bytes = 0;
    uint64_t late = 0;    // frames whose own period was closed already
    int64_t first_ns = 0; // of the first frame
    int64_t last_ns = 0;  // the latest time seen
};

class Feed {
public:
    using Progress = std::function<void(const SourceLedger&, const FeedTotals&)>;

    // stop: once true, what is read no further than the block at hand counts as all there is; may be null.
    Feed(FrameSource& source, Progress progress, const std::atomic<bool>* stop = nullptr)
        : source_(source), progress_(std::move(progress)), stop_(stop) {}

    bool next(FeedBlock& block); // false at the end
    FeedTotals totals() const;
    bool stopped() const; // before the end of the source
    int64_t period_start(int64_t period) const { return t0_ns_ + period * period_ns; }

private:
    void place(FeedBlock& block);
    static void begin_run(FeedBlock& block, uint32_t i, int64_t period);
    int64_t period_of(int64_t ts_ns);

    FrameSource& source_;
    Progress progress_;
    const std::atomic<bool>* stop_;
    bool stopped_ = false, ended_ = false;
    mutable std::mutex mutex_;
    FeedTotals totals_;
    uint64_t sequence_ = 0;
    int64_t t0_ns_ = 0;
    int64_t period_ = 0; // newest seen
    int64_t period_begin_ = 0;
    bool started_ = false;
};

} // namespace visor::engine
