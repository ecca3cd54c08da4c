// A live tap, the workers that read its queues, and the policies they serve.
//
// Periods of a policy last a minute, beginning when it was attached. A worker leaves a period by itself when
// the first frame behind its end comes, or when it is told to, shortly after the end; the period is closed
// when all workers have left it. So a frame's own time decides where it counts, a silent queue holds nobody
// up, and a late frame counts in the period that is open.
// Threads: everything but counts() under the engine's lock (live_engine.hpp). Owns: tap, workers, threads,
// and the policies' states in the workers. Units: wall-clock nanoseconds since 1970.
#pragma once

#include "engine/live_results.hpp"
#include "engine/live_worker.hpp"

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace visor::engine {

// A policy on a stream. Threads: results() and waiting() may be read by anyone.
class LivePolicy {
public:
    explicit LivePolicy(std::shared_ptr<const PlannedPolicy> plan) : results_(std::move(plan)) {}
    const LiveResults& results() const { return results_; }
    const PlannedPolicy& plan() const { return results_.plan(); }
    // Requests that wait for their answers in a handler, of all workers, as of the last refresh; nothing of a
    // handler that has none wait.
    std::optional<uint64_t> waiting(size_t handler) const;
    size_t workers() const { return workers_.size(); }

private:
    friend class LiveStream;
    struct InWorker {
        std::unique_ptr<LivePolicyWorker> handlers;
        std::array<LivePart, LivePolicyWorker::parts_max> parts;
        bool left_period = false; // the open one
        bool asked = false;       // to hand over, and has not answered
        bool detached = false;
    };
    LiveResults results_;
    std::vector<InWorker> workers_;
    LivePolicyWorker::Bounds bounds_, next_; // of the open period, and of the one to come
    int64_t end_ns_ = 0;                     // of the open one, when it is closing
    bool closing_ = false;                   // workers were told of the next one
    bool leaving_ = false;                   // ... to let go of it: nothing may follow
    std::vector<std::vector<Bucket>> parts_, next_parts_;
    std::vector<const void*> thresholds_;
    size_t thresholds_unread_ = 0; // by workers
};

// Handlers of a policy for so many workers. `keeps`: what the services refer to; kept as long as handlers use
// it. An error when one cannot be made with these settings.
Result<std::vector<LentHandlers>> make_handlers(const PlannedPolicy& plan, size_t workers,
                                                const Services& services,
                                                const std::shared_ptr<const void>& keeps);

class LiveStream {
public:
    LiveStream(std::unique_ptr<LiveTap> tap, const DecodeSettings& decoding, const WorkerSettings& settings);
    ~LiveStream(); // stops the workers

    LiveTap& tap() { return *tap_; }
    // An error when handlers cannot be made (make_handlers): nothing has changed then.
    Result<std::shared_ptr<LivePolicy>> attach(const std::shared_ptr<const PlannedPolicy>& plan,
                                               const Services& services, int64_t now_ns,
                                               const std::shared_ptr<const void>& keeps = {});
    // The policy goes on with the databases that `made` were lent, one for each worker. Those before are let
    // go of when all workers have heard of it.
    void swap_databases(const LivePolicy& policy, std::vector<LentHandlers>&& made);
    void detach(const LivePolicy& policy);
    void set_decoding(const DecodeSettings& settings);
    void start(); // the workers' threads

    // Takes what workers report, and sees to the periods. Called often by the window thread.
    void serve(int64_t now_ns);
    // The wall clock was set, from `before_ns` to now: all periods end here.
    void clock_was_set(int64_t before_ns, int64_t now_ns);
    // Asks the workers for what they recorded so far.
    void ask();
    bool answered() const { return asked_ == 0; }
    bool serves(const LivePolicy& policy) const;
    void tell_resources(const ResourceSample& sample);

    size_t workers() const { return workers_.size(); }
    size_t policies() const { return policies_.size(); }
    std::vector<WorkerCounts> counts() const; // any thread

private:
    void tell(size_t worker, const WorkerCommand& command);
    void collect(size_t worker);
    void hear(size_t worker, const WorkerReport& report);
    void take_part(LivePolicy& policy, size_t worker, const WorkerReport& report);
    void begin_closing(LivePolicy& policy, int64_t end_ns, int64_t next_start_ns);
    void finish_closing(LivePolicy& policy);
    static void merge(LivePolicy& policy);
    void merge_answers();
    LivePolicy* find(const LivePolicyWorker* handlers, size_t worker) const;

    std::unique_ptr<LiveTap> tap_;
    std::vector<std::unique_ptr<LiveWorker>> workers_;
    std::vector<std::deque<WorkerReport>> reports_; // taken from the workers, not yet worked off
    std::vector<std::jthread> threads_;
    std::vector<std::shared_ptr<LivePolicy>> policies_;
    std::vector<std::shared_ptr<LivePolicy>> leaving_; // until all workers let go of them
    unsigned asked_ = 0;                               // answers that are outstanding
};

} // namespace visor::engine
