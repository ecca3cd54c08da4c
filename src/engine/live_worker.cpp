#include "engine/live_worker.hpp"

#include "engine/clock.hpp"

#include <algorithm>

namespace visor::engine {

namespace {
constexpr int64_t tick_ns = 100'000'000;
constexpr int wait_ms = 100;
// Frames of a period that is over may still wait in the queue: so long, when it is never empty.
constexpr int64_t patience_ns = 2'000'000'000;
constexpr unsigned sweep_parts = 16; // of what waits for an answer, a part each tick
constexpr unsigned ticks_a_second = 10;

} // namespace

LiveWorker::LiveWorker(LiveSource& source, DecodeSettings decoding, const WorkerSettings& settings)
    : source_(source), settings_(std::move(decoding)), decoder_(settings_),
      joiner_(settings_, settings.tcp_connections), adaptive_(settings.adaptive_sampling) {
    policies_.reserve(policies_max);
    waiting_.reserve(2 * policies_max); // what a policy was told, and what it found by itself
}

void LiveWorker::stop() {
    stop_.store(true, std::memory_order_relaxed);
    source_.wake();
}

void LiveWorker::run() {
    FrameBlock block;
    while (!stop_.load(std::memory_order_relaxed)) {
        source_.next(block, wait_ms);
        const int64_t now_ns = clock_ns(CLOCK_MONOTONIC_COARSE);
        if (!commands_.empty() || now_ns >= next_tick_ns_) control(now_ns);
        if (adaptive_) adapt(block, now_ns);
        if (block.count) process(block);
        if (!waiting_.empty()) enter_periods(block.count == 0, now_ns);
    }
    counts_.source = source_.counts();
    publish();
    finished_.store(true, std::memory_order_release);
}

// How deeply this block is looked at, as much as waits behind it.
void LiveWorker::adapt(const FrameBlock& block, int64_t now_ns) {
    SamplingCounts& counts = counts_.sampling;
    if (counts.weight > 1) counts.ns += static_cast<uint64_t>(now_ns - throttled_ns_);
    throttled_ns_ = now_ns;
    counts.weight = throttle_.look(source_.backlog(), now_ns);
    counts.blocks += counts.weight > 1 && block.count != 0;
}

void LiveWorker::process(const FrameBlock& block) {
    decoder_.decode(block, decoded_);
    int64_t latest = INT64_MIN;
    uint64_t bytes = 0, late = 0;
    for (uint32_t i = 0; i < block.count; ++i) {
        latest = std::max(latest, block.frames[i].ts_ns);
        late += block.frames[i].ts_ns < latest_start_ns_;
        bytes += block.frames[i].wirelen;
    }
    if (counts_.frames.frames == 0) counts_.frames.first_ns = block.frames[0].ts_ns;
    counts_.frames.frames += block.count;
    counts_.frames.wire_bytes += bytes;
    counts_.frames.late += late;
    counts_.frames.last_ns = latest;
    if (latest < earliest_end_ns_) [[likely]]
        return process(FrameRange{0, block.count});
    for (uint32_t begin = 0; begin < block.count;) {
        cross_boundary(block.frames[begin].ts_ns);
        const uint32_t end = next_cut(block, begin);
        process(FrameRange{begin, end});
        begin = end;
    }
}

// The next frame, if any, from which on another period of a policy begins.
uint32_t LiveWorker::next_cut(const FrameBlock& block, uint32_t begin) const {
    uint32_t i = begin + 1;
    while (i < block.count && block.frames[i].ts_ns < earliest_end_ns_) ++i;
    return i;
}

// A frame of this time is here: periods that end before it are over for this worker. One that cannot be left
// yet goes on, and is left as soon as there is an empty part.
void LiveWorker::cross_boundary(int64_t ts_ns) {
    if (ts_ns < earliest_end_ns_) return;
    for (LivePolicyWorker* policy : policies_) {
        auto now = policy->bounds();
        if (ts_ns < now.end_ns) continue;
        LivePolicyWorker::Bounds next{now.period + 1, now.end_ns, INT64_MAX};
        const auto told = std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& waits) {
            return waits.policy == policy && waits.bounds.period == next.period;
        });
        if (told != waiting_.end()) {
            next = told->bounds;
            waiting_.erase(told);
        }
        if (leave_period(*policy, next)) continue;
        now.end_ns = INT64_MAX;
        policy->set_bounds(now);
        waiting_.push_back({policy, next, 0});
    }
    find_bounds();
}

void LiveWorker::process(FrameRange frames) {
    Batch batch = batch_of(frames, decoded_, 0);
    batch.dhcp = dhcp_of(frames, decoded_, dhcp_);
    tell_all(batch);
    for (const uint16_t i : joins_of(frames, decoded_))
        joiner_.add(decoded_.packets()[i], [&](const DnsEvent& event) { tell_message(event); });
}

void LiveWorker::tell_all(Batch batch) {
    batch.deep_weight = counts_.sampling.weight;
    batch.deep_skipped = &counts_.sampling.deep_events_skipped;
    for (LivePolicyWorker* policy : policies_) policy->on_batch(batch);
}

// One that was put together.
void LiveWorker::tell_message(const DnsEvent& event) {
    Batch batch;
    batch.dns = {&event, 1};
    tell_all(batch);
}

// False when there is no empty part: the policy stays in its period.
bool LiveWorker::leave_period(LivePolicyWorker& policy, const LivePolicyWorker::Bounds& next) {
    LivePart* const full = policy.exchange();
    if (!full) {
        ++counts_.hand_overs_delayed;
        return false;
    }
    ++counts_.hand_overs;
    policy.set_bounds(next);
    report({WorkerReport::Kind::last_part, &policy, full});
    return true;
}

void LiveWorker::hand_over(LivePolicyWorker& policy) {
    LivePart* const full = policy.exchange();
    ++(full ? counts_.hand_overs : counts_.hand_overs_delayed);
    report({full ? WorkerReport::Kind::part : WorkerReport::Kind::nothing, &policy, full});
}

// The ring is full only while nobody takes from it for long; whoever ends the worker does (LiveStream).
void LiveWorker::report(const WorkerReport& report) {
    while (!reports_.put(report)) {
        timespec moment{0, 100'000};
        nanosleep(&moment, nullptr);
    }
}

void LiveWorker::control(int64_t now_ns) {
    const int64_t cpu_before = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    while (const auto command = commands_.take()) obey(*command, now_ns);
    find_bounds();
    counts_.source = source_.counts(); // the kernel is asked once
    if (now_ns >= next_tick_ns_) {
        next_tick_ns_ = now_ns + tick_ns;
        tick();
    }
    const int64_t cpu_now = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    const auto spent = static_cast<uint64_t>(cpu_now - cpu_before);
    counts_.control_ns += spent;
    counts_.control_ns_max = std::max(counts_.control_ns_max, spent);
    counts_.cpu_ns = static_cast<uint64_t>(cpu_now);
    publish();
}

void LiveWorker::obey(const WorkerCommand& command, int64_t now_ns) {
    using Kind = WorkerCommand::Kind;
    LivePolicyWorker* const policy = command.policy;
    switch (command.kind) {
    case Kind::attach:
        policy->set_bounds(command.bounds);
        policy->put_empty(command.part);
        policies_.push_back(policy);
        break;
    case Kind::detach:
        detach(policy);
        break;
    case Kind::empty:
        policy->put_empty(command.part);
        break;
    case Kind::hand_over:
        hand_over(*policy);
        break;
    case Kind::period:
        if (policy->bounds().period >= command.bounds.period)
            policy->set_bounds(command.bounds);
        else
            waiting_.push_back({policy, command.bounds, now_ns + patience_ns});
        break;
    case Kind::threshold:
        policy->on_period_end(command.cells);
        report({WorkerReport::Kind::threshold, policy});
        break;
    case Kind::settings:
        std::swap(settings_, *command.settings);
        report({.kind = WorkerReport::Kind::settings, .settings = command.settings});
        break;
    case Kind::databases:
        policy->swap_databases(*command.lent);
        report({.kind = WorkerReport::Kind::databases, .lent = command.lent});
        break;
    case Kind::resources: {
        Batch batch;
        batch.resources = {&command.resources, 1};
        tell_all(batch);
        break;
    }
    }
}

// Those for whom nothing older can be in the queue, or it is full for so long that nobody waits for it.
void LiveWorker::enter_periods(bool queue_empty, int64_t now_ns) {
    std::erase_if(waiting_, [&](const Waiting& waits) {
        if (!queue_empty && now_ns < waits.until_ns) return false;
        if (waits.policy->bounds().period < waits.bounds.period)
            return leave_period(*waits.policy, waits.bounds);
        if (waits.policy->bounds().end_ns == INT64_MAX)
            waits.policy->set_bounds(waits.bounds); // it went ahead
        return true;
    });
    find_bounds();
}

void LiveWorker::detach(LivePolicyWorker* policy) {
    std::erase(policies_, policy);
    std::erase_if(waiting_, [&](const Waiting& waits) { return waits.policy == policy; });
    while (LivePart* const part = policy->give_back()) report({WorkerReport::Kind::returned, policy, part});
    report({WorkerReport::Kind::detached, policy});
}

void LiveWorker::find_bounds() {
    earliest_end_ns_ = INT64_MAX;
    latest_start_ns_ = INT64_MIN;
    for (const LivePolicyWorker* policy : policies_) {
        earliest_end_ns_ = std::min(earliest_end_ns_, policy->bounds().end_ns);
        latest_start_ns_ = std::max(latest_start_ns_, policy->bounds().start_ns);
    }
}

void LiveWorker::tick() {
    const int64_t now_ns = wall_clock_ns();
    for (LivePolicyWorker* policy : policies_) policy->on_time(now_ns, sweep_parts);
    if (++ticks_ % ticks_a_second != 0) return;
    joiner_.pass_time(now_ns / 1000, [&](const DnsEvent& event) { tell_message(event); });
    tell_errors();
}

void LiveWorker::tell_errors() {
    Batch batch;
    batch.tcp_reassembly_errors = joiner_.new_errors();
    batch.os_drops = counts_.source.dropped_ring - drops_told_.dropped_ring;
    batch.if_drops = counts_.source.dropped_interface - drops_told_.dropped_interface;
    drops_told_ = counts_.source;
    if (batch.tcp_reassembly_errors + batch.os_drops + batch.if_drops) tell_all(batch);
}

void LiveWorker::publish() {
    counts_.anomalies = decoder_.anomalies();
    counts_.directions = decoder_.directions();
    counts_.tcp = joiner_.tcp();
    counts_.fragments = joiner_.fragments();
    published_.set(counts_);
}

} // namespace visor::engine
