// How far reading has come, on a terminal: a bar with rate and time to go. Nothing when standard error is no
// terminal. Threads: update() by one thread at a time.
#pragma once

#include "engine/feed.hpp"

#include <chrono>

namespace visor::cmd {

class ProgressBar {
public:
    ProgressBar();
    ~ProgressBar() { clear(); }
    void update(const engine::SourceLedger& source, const engine::FeedTotals& totals);
    void clear();

private:
    using Clock = std::chrono::steady_clock;
    void draw(const engine::SourceLedger& source, const engine::FeedTotals& totals, double elapsed);

    bool terminal_;
    bool drawn_ = false;
    Clock::time_point begin_ = Clock::now(), next_;
};

} // namespace visor::cmd
