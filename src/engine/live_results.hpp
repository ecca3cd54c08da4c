// The results of one policy on a live stream: the minute that is being filled and those before it, as many
// as each handler keeps. Whoever reads gets something that does not change any more.
//
// Threads: begin(), add(), close() by the window thread; the rest by anyone. Reading takes a lock only to
// copy a few pointers, so neither waits for the other's work. Owns: all periods, as long as somebody reads
// them; those before the one closed last are packed. Units: wall-clock nanoseconds since 1970.
#pragma once

#include "engine/live_policy.hpp"
#include "engine/packed_bucket.hpp"
#include "engine/plan.hpp"
#include "engine/window.hpp"

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace visor::engine {

// One handler over one period, or over everything so far when it keeps one summary only.
struct HandlerPeriod {
    std::shared_ptr<const Bucket> plain;
    std::shared_ptr<const PackedBucket> packed{}; // instead of it
    RateSeconds earlier{};                        // of rates: the seconds before minute_ns
    int64_t start_ns = 0;
    int64_t minute_ns = 0;           // from here the bucket's seconds count
    std::optional<int64_t> end_ns{}; // none while it is being filled

    std::shared_ptr<const Bucket> bucket() const {
        return plain ? plain : std::make_shared<const Bucket>(packed->unpacked());
    }
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
    std::deque<RateSeconds> rates_;
    std::vector<std::shared_ptr<const Bucket>> buckets_;
    std::shared_ptr<const void> owner_; // of the plan
};

class LiveResults {
public:
    explicit LiveResults(std::shared_ptr<const PlannedPolicy> plan);

    const PlannedPolicy& plan() const { return *plan_; }
    std::vector<Bucket> empty_buckets() const; // for a worker

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
        std::vector<CellPlace> lasting; // cells that are summed up for ever
        Period open;
        std::deque<Period> closed; // newest first
        Period lifetime;
        bool one_summary() const { return plan->window.periods == 1; }
        Bucket empty_bucket() const { return Bucket(plan->handler->schema().cells_size); }
    };

    void add_to(HandlerResults& handler, std::vector<Bucket>&& parts);
    void add_to_lifetime(HandlerResults& handler, const Bucket& part);
    static Period fresh(const HandlerResults& handler, int64_t start_ns);
    void close_one(HandlerResults& handler, int64_t end_ns, int64_t next_start_ns);
    static Period packed(const HandlerResults& handler, const Period& period);
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
