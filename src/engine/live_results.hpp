// The results of one policy on a live stream: the minute that is being filled and those before it, as many
// as each handler keeps. Whoever reads gets something that does not change any more.
//
// Threads: begin(), add(), close() by the window thread; the rest by anyone. Reading takes a lock only to
// copy a few pointers, so neither waits for the other's work. Owns: all periods, as long as somebody reads
// them; buckets go round through a pool. Units: wall-clock nanoseconds since 1970.
#pragma once

#include "engine/live_policy.hpp"
#include "engine/plan.hpp"
#include "engine/window.hpp"

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace visor::engine {

// Emptied buckets of one handler, for their next use. Threads: any.
class BucketPool {
public:
    explicit BucketPool(const HandlerClass& handler) : handler_(handler) {}
    Bucket take();
    void put(Bucket&& bucket);

    static constexpr size_t kept_max = 2; // beyond it they go back to the system

private:
    const HandlerClass& handler_;
    std::mutex mutex_;
    std::vector<Bucket> spare_;
};

// A bucket that goes back to its pool when nobody reads it any more.
class PooledBucket {
public:
    PooledBucket(std::shared_ptr<BucketPool> pool, Bucket filled)
        : pool_(std::move(pool)), bucket_(std::move(filled)) {}
    PooledBucket(const PooledBucket&) = delete;
    PooledBucket& operator=(const PooledBucket&) = delete;
    ~PooledBucket() { pool_->put(std::move(bucket_)); }

    void* cells() { return bucket_.cells(); }
    const void* cells() const { return bucket_.cells(); }

private:
    std::shared_ptr<BucketPool> pool_;
    Bucket bucket_;
};

// One handler over one period, or over everything so far when it keeps one summary only.
struct HandlerPeriod {
    std::shared_ptr<const PooledBucket> bucket;
    RateSeconds earlier{}; // of rates: the seconds before minute_ns
    int64_t start_ns = 0;
    int64_t minute_ns = 0;           // from here the bucket's seconds count
    std::optional<int64_t> end_ns{}; // none while it is being filled
};

// What one request reads: views, and whatever they point to.
class LiveView {
public:
    LiveView() = default;
    LiveView(LiveView&&) = default;
    LiveView& operator=(LiveView&&) = default;
    LiveView(const LiveView&) = delete; // views point into it
    LiveView& operator=(const LiveView&) = delete;

    const PlannedPolicy* plan = nullptr;
    std::vector<HandlerView> handlers;

private:
    friend class LiveResults;
    std::vector<std::shared_ptr<const HandlerPeriod>> periods_;
    std::deque<RateSeconds> rates_;
    std::deque<Bucket> merged_;
    std::shared_ptr<const void> owner_; // of the plan
};

class LiveResults {
public:
    explicit LiveResults(std::shared_ptr<const PlannedPolicy> plan);

    const PlannedPolicy& plan() const { return *plan_; }
    std::vector<Bucket> empty_buckets(); // for a worker

    void begin(int64_t start_ns);
    // Adds what workers recorded of the open period; the buckets are used up.
    void add(std::vector<std::vector<Bucket>>&& parts);
    // The open period ended, and the next one began: at the same time, unless the clock was set.
    void close(int64_t end_ns, int64_t next_start_ns);
    // Cells of each handler over the period closed last, valid until the next close().
    std::vector<const void*> last_closed() const;

    // Periods there are, the open one included: of the handler that keeps most.
    uint32_t periods() const;
    // One period: 0 is the open one. The newest `count` periods merged, the open one included.
    LiveView period(uint32_t index, int64_t now_ns) const;
    LiveView window(uint32_t count, int64_t now_ns) const;
    // Counters and distributions since the policy began, the rest of them empty.
    LiveView lifetime(int64_t now_ns) const;

private:
    using Period = std::shared_ptr<const HandlerPeriod>;
    struct HandlerResults {
        const PlannedHandler* plan;
        std::shared_ptr<BucketPool> pool;
        std::vector<CellPlace> lasting; // cells that are summed up for ever
        Period open;
        std::deque<Period> closed; // newest first
        Period lifetime;
        bool one_summary() const { return plan->window.periods == 1; }
        std::shared_ptr<PooledBucket> empty_bucket() const {
            return std::make_shared<PooledBucket>(pool, pool->take());
        }
    };

    void add_to(HandlerResults& handler, std::vector<Bucket>&& parts);
    void add_to_lifetime(HandlerResults& handler, const Bucket& part);
    static Period fresh(const HandlerResults& handler, int64_t start_ns);
    void close_one(HandlerResults& handler, int64_t end_ns, int64_t next_start_ns);
    void go_on(HandlerResults& handler, int64_t end_ns, int64_t next_start_ns);
    LiveView view_of(const std::vector<std::vector<Period>>& periods, int64_t now_ns) const;
    void view_handler(LiveView& view, const PlannedHandler& plan, const std::vector<Period>& periods,
                      int64_t now_ns) const;

    std::shared_ptr<const PlannedPolicy> plan_;
    mutable std::mutex mutex_; // of which periods there are
    std::vector<HandlerResults> handlers_;
    std::vector<Period> last_closed_;
};

} // namespace visor::engine
