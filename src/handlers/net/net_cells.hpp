// The bucket of the net handler, and the two row sets over it: net 1.0 sums over directions what net 2.0
// shows for each. Threads: a bucket has one owner at a time; schemas are immutable.
#pragma once

#include "metric/row.hpp"

namespace visor::net {

struct DirectionCells {
    Counter total, udp, tcp, other_l4, ipv4, ipv6, syn;
    sketch::RateSlots packets, bytes;
    sketch::SizeHistogram sizes;
    sketch::Cardinality ips; // remote addresses; both ends when the direction is unknown
    sketch::TopNames top_ipv4, top_ipv6;
    sketch::TopPlaces top_geo, top_asn;
};

struct NetCells {
    Counter events, deep_samples, filtered;
    sketch::RateSlots observed;
    DirectionCells direction[3]; // by wire::Direction: unknown, in, out
};

namespace group1 {
inline constexpr Group list[] = {
    {"counters", true}, {"cardinality", true}, {"top_geo", true}, {"top_ips", true}};
inline constexpr GroupMask counters = 1, cardinality = 2, top_geo = 4, top_ips = 8;
} // namespace group1

namespace group2 {
inline constexpr Group list[] = {
    {"counters", true}, {"cardinality", true}, {"quantiles", true}, {"top_geo", true}, {"top_ips", true}};
inline constexpr GroupMask counters = 1, cardinality = 2, quantiles = 4, top_geo = 8, top_ips = 16;
} // namespace group2

const Schema& schema_v1();
const Schema& schema_v2();

} // namespace visor::net
