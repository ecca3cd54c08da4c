// Collects the buckets of closed periods from all workers, merges them, and keeps what each handler wants
// to see: the last N minutes in which anything came, or one summary of everything.
//
// Every writer (a worker or the ordered lane) announces the oldest period it may still add to; a period is
// settled when all writers have passed it. Threads: all methods but view() take the window's lock; view()
// after the run. Owns: settled buckets.
#pragma once

#include "engine/bucket.hpp"
#include "engine/feed.hpp"
#include "engine/plan.hpp"

#include <deque>
#include <map>
#include <mutex>
#include <vector>

namespace visor::engine {

// Events of each second, for one rate cell of a handler. At most a day is kept: the latest seconds.
using Seconds = std::vector<uint64_t>;
inline constexpr size_t seconds_max = 86'400;

// A handler's results over the kept periods: what renderers read.
struct HandlerView {
    const PlannedHandler* plan = nullptr;
    const void* cells = nullptr;
    const std::map<uint32_t, Seconds>* rates = nullptr; // by the rate cell's offset
    int64_t start_ts = 0;                               // unix seconds
    int64_t length = 0;                                 // seconds
};

struct PolicyView {
    const PlannedPolicy* plan = nullptr;
    std::vector<HandlerView> handlers;
    // Of the handler that left out most: periods merged into its view, and older ones.
    uint32_t periods = 0;
    uint32_t periods_left_out = 0;
};

class Window {
public:
    Window(const Plan& plan, const Feed& feed, unsigned writers);

    // Buckets of one period, complete as far as this writer is concerned.
    void add(PeriodBuckets&& buckets);
    // The writer will add to no period before this one.
    void passed(unsigned writer, int64_t period);
    // All writers are done.
    void finish();
    // Fresh buckets for a period, for a writer to fill.
    PeriodBuckets fresh(int64_t period) const;

    std::vector<PolicyView> view(); // merges what is kept; once, after finish()

private:
    struct Kept {
        int64_t first_period = 0, last_period = 0;
        int64_t length_s = 0;
        Bucket bucket;
        std::map<uint32_t, Seconds> rates;
    };
    // Every handler may keep its own number of periods.
    struct HandlerWindow {
        const PlannedHandler* plan;
        std::deque<Kept> kept;
        uint32_t periods = 0, left_out = 0;
    };

    void settle(PeriodBuckets&& buckets, bool last);
    static void keep(HandlerWindow& window, Kept&& period);
    static void join(const HandlerWindow& window, Kept& into, Kept&& next);
    HandlerView view_of(HandlerWindow& window) const;
    int64_t length_of(int64_t period, bool last) const;

    const Plan& plan_;
    const Feed& feed_;
    std::mutex mutex_;
    std::map<int64_t, PeriodBuckets> open_;
    std::vector<int64_t> passed_;       // by writer
    std::deque<HandlerWindow> windows_; // of all handlers of all policies, in their order: that of buckets
};

// One writer's open buckets: the newest period's and the one before it.
class BucketBook {
public:
    BucketBook(Window& window, unsigned writer) : window_(window), writer_(writer) {}

    // The buckets of a period at most one behind the newest asked for. Older ones go to the window.
    PeriodBuckets& at(int64_t period);
    void close(); // everything goes to the window

private:
    Window& window_;
    unsigned writer_;
    std::deque<PeriodBuckets> open_; // by rising period
};

} // namespace visor::engine
