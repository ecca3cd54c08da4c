// One set of handler instances of a plan, and how batches reach them: all at once, or down a chain.
//
// Threads: one owner (a worker, or the ordered lane). Owns: the instances and, for chains, the narrowed
// batches.
#pragma once

#include "engine/bucket.hpp"
#include "engine/plan.hpp"

#include <memory>
#include <vector>

namespace visor::engine {

class WorkerHandlers {
public:
    static Result<WorkerHandlers> make(const Plan& plan, const Services& services);

    void on_batch(const Batch& batch, PeriodBuckets& buckets);
    void on_ordered(const Batch& batch, PeriodBuckets& buckets);
    void on_time(int64_t now_ns, PeriodBuckets& buckets, unsigned parts = 1);
    void swap_databases(WorkerHandlers& made); // Handler's; of the same plan
    size_t count() const { return instances_.size(); }
    std::optional<uint64_t> waiting(size_t handler) const { return instances_[handler]->waiting(); }
    void on_period_end(const PeriodBuckets& previous);
    void on_period_end(const void* const* previous); // cells of each handler

private:
    // What one handler of a chain lets through to the next.
    class Narrowed {
    public:
        const Batch& narrow(const Handler& by, const Batch& batch);

    private:
        std::vector<wire::Packet> packets_;
        std::vector<PacketOutline> outlines_;
        std::vector<DnsEvent> dns_;
        Batch batch_;
    };
    struct Policy {
        size_t first = 0, count = 0; // of instances_
        bool chain = false;
    };
    using Call = void (Handler::*)(const Batch&, void*);
    void each(const Batch& batch, PeriodBuckets& buckets, Call call);

    std::vector<std::unique_ptr<Handler>> instances_; // in the order of PeriodBuckets::buckets
    std::vector<Policy> policies_;
    std::vector<Narrowed> narrowed_; // by instance; used by chains only
};

} // namespace visor::engine
