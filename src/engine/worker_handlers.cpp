#include "engine/worker_handlers.hpp"

namespace visor::engine {

Result<WorkerHandlers> WorkerHandlers::make(const Plan& plan, const Services& services) {
    WorkerHandlers made;
    for (const auto& policy : plan.policies) {
        made.policies_.push_back({made.instances_.size(), policy.handlers.size(), policy.chain});
        for (const auto& handler : policy.handlers) {
            auto instance = handler.handler->create(handler.config, services);
            if (!instance) return Error{instance.error()};
            made.instances_.push_back(std::move(*instance));
        }
    }
    made.narrowed_.resize(made.instances_.size());
    return made;
}

void WorkerHandlers::each(const Batch& batch, PeriodBuckets& buckets, Call call) {
    for (const Policy& policy : policies_) {
        const Batch* current = &batch;
        for (size_t i = policy.first; i < policy.first + policy.count; ++i) {
            (instances_[i].get()->*call)(*current, buckets.buckets[i].cells());
            if (policy.chain && i + 1 < policy.first + policy.count)
                current = &narrowed_[i].narrow(*instances_[i], *current);
        }
    }
}

void WorkerHandlers::on_batch(const Batch& batch, PeriodBuckets& buckets) {
    each(batch, buckets, &Handler::on_batch);
}

void WorkerHandlers::on_ordered(const Batch& batch, PeriodBuckets& buckets) {
    each(batch, buckets, &Handler::on_ordered);
}

void WorkerHandlers::on_time(int64_t now_ns, PeriodBuckets& buckets, unsigned parts) {
    for (size_t i = 0; i < instances_.size(); ++i)
        instances_[i]->on_time(now_ns, buckets.buckets[i].cells(), parts);
}

void WorkerHandlers::on_period_end(const PeriodBuckets& previous) {
    for (size_t i = 0; i < instances_.size(); ++i) instances_[i]->on_period_end(previous.buckets[i].cells());
}

void WorkerHandlers::on_period_end(const void* const* previous) {
    for (size_t i = 0; i < instances_.size(); ++i) instances_[i]->on_period_end(previous[i]);
}

void WorkerHandlers::swap_databases(WorkerHandlers& made) {
    for (size_t i = 0; i < instances_.size(); ++i) instances_[i]->swap_databases(*made.instances_[i]);
}

// A handler that takes messages lets messages through, each with its packet once; one that takes packets lets
// packets through, with the messages they carry.
const Batch& WorkerHandlers::Narrowed::narrow(const Handler& by, const Batch& batch) {
    packets_.clear();
    dns_.clear();
    batch_ = batch;
    for (const DnsEvent& event : batch.dns)
        if (by.passes(event)) {
            dns_.push_back(event);
            dns_.back().name_back = 0; // others may be missing between
        }
    if (by.takes() == Handler::Takes::messages) {
        for (const DnsEvent& event : dns_) packets_.push_back(*event.packet);
    } else {
        for (const wire::Packet& packet : batch.packets)
            if (by.passes(packet)) packets_.push_back(packet);
    }
    outlines_.resize(packets_.size());
    for (size_t i = 0; i < packets_.size(); ++i) outline(packets_[i], outlines_[i]);
    batch_.packets = packets_;
    batch_.outlines = outlines_;
    batch_.dhcp = {}; // what chains hold takes frames or DNS messages
    batch_.dns = dns_;
    return batch_;
}

} // namespace visor::engine
