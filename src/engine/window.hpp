// Holds the buckets of open periods, one set for each writer; merges them when a period is settled, and keeps
// what each handler wants to see: the last N minutes in which anything came, or one summary of everything.
//
// Writers are the workers and, last, the ordered lane. The lane, which sees all frames in file order, says up
// to where periods are settled. Sets are merged in the order of writers, so the result does not depend on who
// was first. Threads: at() by any; settle_before() and what the lane writes to by one at a time; finish() and
// view() after the run. A set of buckets belongs to its writer until its period is settled. Owns: all
// buckets.
#pragma once

#include "engine/bucket.hpp"
#include "engine/feed.hpp"
#include "engine/plan.hpp"
#include "engine/rate_seconds.hpp"

#include <deque>
#include <map>
#include <mutex>
#include <vector>

namespace visor::engine {

// A handler's results over the kept periods: what renderers read.
struct HandlerView {
    const PlannedHandler* plan = nullptr;
    const void* cells = nullptr;
    const RateSeconds* rates = nullptr;         // by the rate cell's offset
    int64_t start_ts = 0;                       // unix seconds
    int64_t length = 0;                         // seconds
    uint32_t periods = 0, periods_left_out = 0; // merged into it, and older ones that are not
    bool live = false;                          // of a live stream: rates are always shown
    bool open = false; // its newest period still goes on: the last of a rate's seconds is what happens now
    const void* counters = nullptr; // cells of all periods, left out ones too: only the counters are filled
};

struct PolicyView {
    const PlannedPolicy* plan = nullptr;
    std::vector<HandlerView> handlers;
    // Of the handler that left out most: periods merged into its view, and older ones.
    uint32_t periods = 0;
    uint32_t periods_left_out = 0;
};

PolicyView policy_view(const PlannedPolicy& plan, std::vector<HandlerView> handlers);

class Window {
public:
    Window(const Plan& plan, const Feed& feed, unsigned writers);

    // The writer's own buckets for a period that is not settled yet.
    PeriodBuckets& at(unsigned writer, int64_t period);
    // No writer will add to a period before this one any more.
    void settle_before(int64_t period);
    void finish(); // all writers are done

    std::vector<PolicyView> view(); // merges what is kept; once, after finish()

private:
    struct Kept {
        int64_t first_period = 0, last_period = 0;
        int64_t length_s = 0;
        Bucket bucket;
        RateSeconds rates;
        bool of_lane = false; // who wrote to the bucket first
    };
    // Every handler may keep its own number of periods.
    struct HandlerWindow {
        const PlannedHandler* plan;
        std::deque<Kept> kept;
        uint32_t periods = 0, left_out = 0;
        Bucket counters{}; // of the periods left out; none before there is one
        // Emptied ones of the lane, whose periods are short of packets: those cost less than pages from the
        // system. The workers' are full of pages, which go back.
        std::vector<Bucket> spare{};
    };

    using Writers = std::vector<PeriodBuckets>; // by writer; without buckets where one had nothing

    void settle(int64_t period, Writers&& writers, bool last);
    bool is_lane(size_t writer) const { return writer + 1 == writers_; }
    Bucket bucket_for(HandlerWindow& window, size_t writer) const;
    static void done_with(HandlerWindow& window, Bucket&& bucket, bool of_lane);
    static void keep(HandlerWindow& window, Kept&& period);
    static void leave_out_oldest(HandlerWindow& window);
    static void join(const HandlerWindow& window, Kept& into, const Kept& next);
    HandlerView view_of(HandlerWindow& window) const;
    int64_t length_of(int64_t period, bool last) const;

    const Plan& plan_;
    const Feed& feed_;
    std::mutex mutex_;
    unsigned writers_;
    std::map<int64_t, Writers> open_;
    std::deque<HandlerWindow> windows_; // of all handlers of all policies, in their order: that of buckets
};

} // namespace visor::engine
