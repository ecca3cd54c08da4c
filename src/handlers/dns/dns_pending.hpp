// Queries waiting for their replies, by flow and DNS id, for both versions.
// Threads: one owner, the ordered lane's instance. Owns: 2^18 slots, zero pages until touched.
#pragma once

#include "base/pending_table.hpp"
#include "metric/handler.hpp"
#include "metric/sampling.hpp"

#include <algorithm>
#include <cmath>

namespace visor::dns {

struct PendingQuery {
    uint16_t size = 0;     // of the query in bytes
    uint8_t direction = 0; // wire::Direction of the transaction
    bool checking_disabled : 1 = false;
    bool filtered : 1 = false; // by a filter on queries: its reply is filtered too
    bool ecs : 1 = false;
};

using PendingQueries = PendingTable<PendingQuery, 15>;

inline int64_t event_us(const DnsEvent& event) {
    return static_cast<int64_t>(static_cast<uint64_t>(event.ts_ns) / 1000); // since 1970: never before
}

// Query to the host, or reply from it: in. The other way round: out.
inline wire::Direction transaction_direction(const DnsEvent& event) {
    const wire::Direction d = event.direction;
    if (d == wire::Direction::unknown || !event.response()) return d;
    return d == wire::Direction::in ? wire::Direction::out : wire::Direction::in;
}

// How to look at the event: at a query and its reply alike.
inline Depth depth_of(const DeepSampling& sampling, const DnsEvent& event) {
    if (sampling.takes_all()) [[likely]]
        return Depth::deep;
    if (!sampling.takes(event.packet->flow_hash, event.id)) return Depth::shallow;
    return sampling.shares(event.transaction, 0) ? Depth::deep : Depth::distinct;
}

// A reply that took as long is slow: whole microseconds that are no less than the period's 90th percentile.
inline constexpr int64_t never_slow = INT64_MAX; // nothing to compare with yet
inline int64_t slow_from_us(const sketch::LatencyHistogram& previous) {
    const double percentile = previous.quantile(0.9);
    return percentile > 0 ? static_cast<int64_t>(std::min(std::ceil(percentile), 0x1p62)) : never_slow;
}

// Has the query wait for its reply. One that waited too long and had to go is told to timed_out(query); one
// that had to go before its time counts as evicted.
template <class F>
void remember(PendingQueries& pending, const DnsEvent& event, const PendingQuery& query, Counter& evicted,
              F&& timed_out) {
    PendingQuery displaced;
    const auto put = pending.put(event.transaction, event_us(event), query, &displaced);
    if (put == PendingQueries::Put::displaced_expired) timed_out(displaced);
    if (put == PendingQueries::Put::displaced_live) evicted++;
}

// Calls f(event) for each event, with the slot of events a little further on already on its way to the cache.
template <class F>
void for_each_with_prefetch(std::span<const DnsEvent> events, const PendingQueries& pending, F&& f) {
    constexpr size_t ahead = 8;
    for (size_t i = 0; i < events.size(); ++i) {
        if (i + ahead < events.size()) pending.prefetch(events[i + ahead].transaction);
        f(events[i]);
    }
}

} // namespace visor::dns
