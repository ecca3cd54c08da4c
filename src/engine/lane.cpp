#include "engine/lane.hpp"

#include "engine/block_part.hpp"

namespace visor::engine {

OrderedLane::OrderedLane(const DecodeSettings& settings, WorkerHandlers handlers, const Feed& feed,
                         Window& window, unsigned writer, uint32_t tcp_connections)
    : settings_(settings), handlers_(std::move(handlers)), feed_(feed), window_(window), writer_(writer),
      joiner_(settings, tcp_connections) {}

void OrderedLane::process(const FeedBlock& block, const Decoded& decoded, bool wholly) {
    for (const Run& run : block.runs) {
        if (run.period > period_) enter_period(run.period);
        process_run(run, decoded, window_.at(writer_, run.period), wholly);
    }
}

void OrderedLane::process_run(const Run& run, const Decoded& decoded, PeriodBuckets& buckets, bool wholly) {
    const FrameRange frames{run.begin, run.end};
    Batch batch = batch_of(frames, decoded, feed_.period_start(run.period));
    if (settings_.hosts.empty()) host_guess_.observe(batch.packets);
    if (wholly) handlers_.on_batch(batch, buckets);
    batch.dhcp = dhcp_of(frames, decoded, dhcp_);
    handlers_.on_ordered(batch, buckets);
    for (const uint16_t i : joins_of(frames, decoded))
        joiner_.add(decoded.packets()[i], [&](const DnsEvent& event) { deliver(event, buckets); });
    tell_errors(buckets);
}

// The period before is over as far as order is concerned: what has waited too long in it is counted, and its
// figures become the thresholds of the next.
void OrderedLane::enter_period(int64_t period) {
    PeriodBuckets& ended = window_.at(writer_, period_);
    const int64_t now_ns = feed_.period_start(period);
    joiner_.pass_time(now_ns / 1000, [&](const DnsEvent& event) { deliver(event, ended); });
    tell_errors(ended);
    handlers_.on_time(now_ns, ended);
    handlers_.on_period_end(ended);
    period_ = period;
    window_.settle_before(period - 1); // frames may still come for the one before
}

void OrderedLane::tell_errors(PeriodBuckets& buckets) {
    const uint64_t errors = joiner_.new_errors();
    if (errors == 0) return;
    Batch batch = batch_for(buckets);
    batch.tcp_reassembly_errors = errors;
    handlers_.on_ordered(batch, buckets);
}

Batch OrderedLane::batch_for(const PeriodBuckets& buckets) const {
    Batch batch;
    batch.period_start_ns = feed_.period_start(buckets.period);
    return batch;
}

void OrderedLane::deliver(const DnsEvent& event, PeriodBuckets& buckets) {
    Batch batch = batch_for(buckets);
    batch.dns = {&event, 1};
    handlers_.on_batch(batch, buckets);
    handlers_.on_ordered(batch, buckets);
}

void OrderedLane::finish() {
    PeriodBuckets& buckets = window_.at(writer_, period_);
    joiner_.flush([&](const DnsEvent& event) { deliver(event, buckets); });
    tell_errors(buckets);
    handlers_.on_time(feed_.totals().last_ns, buckets);
}

} // namespace visor::engine
