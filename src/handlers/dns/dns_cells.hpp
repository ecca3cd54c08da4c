// The buckets of the dns handlers. What 1.0 tells of messages and 2.0 of transactions is the same set of
// facts, held once by 1.0 and once a direction by 2.0. Threads: a bucket has one owner at a time; schemas are
// immutable.
#pragma once

#include "metric/row.hpp"

namespace visor::dns {

// Of a message (1.0) or a transaction (2.0).
struct Facts {
    Counter udp, tcp, dot, doh, dnscrypt_udp, dnscrypt_tcp, doq;
    Counter ipv4, ipv6;
    Counter noerror, nodata, nxdomain, srvfail, refused;
    Counter ecs;
    sketch::Cardinality qname;
    sketch::TopNames top_qname2, top_qname3;
    sketch::TopNames top_nxdomain, top_refused, top_srvfail, top_nodata, top_noerror, top_bytes;
    sketch::TopNames top_ecs;
    sketch::TopPlaces top_geo, top_asn;
    sketch::ExactCounts<65536> ports;
    sketch::ExactCounts<4096> rcode;
    sketch::ExactCounts<65536> qtype;
};

// Of matched query/reply pairs of one side.
struct Timing {
    Counter total;
    sketch::LatencyHistogram latency;  // microseconds
    sketch::DecadeHistogram histogram; // the same, in upstream's bins
    sketch::TopNames top_slow;
};

struct CellsV1 {
    Counter events, deep_samples, total, filtered, malformed, incomplete, queries, replies;
    Counter matched, timed_out, evicted;
    sketch::RateSlots observed, passed;
    Facts facts;
    Timing in, out; // the host is server; the host is client
    sketch::RatioHistogram ratio;
};

struct DirectionV2 {
    Facts facts;
    Timing timing;
    Counter authenticated, authoritative, checking_disabled, timeouts, orphans;
    sketch::RateSlots rate;
    sketch::RatioHistogram ratio;
};

struct CellsV2 {
    Counter events, deep_samples, passed, filtered, malformed, evicted;
    sketch::RateSlots observed;
    DirectionV2 direction[3]; // by wire::Direction: unknown, in, out
};

namespace group1 {
inline constexpr Group list[] = {
    {"cardinality", true},     {"counters", true},   {"quantiles", true},
    {"dns_transaction", true}, {"top_qnames", true}, {"top_ports", true},
    {"histograms", false},     {"top_ecs", false},   {"top_qnames_details", false}};
inline constexpr GroupMask cardinality = 1, counters = 2, quantiles = 4, transaction = 8, top_qnames = 16,
                           top_ports = 32, histograms = 64, top_ecs = 128, details = 256;
} // namespace group1

namespace group2 {
inline constexpr Group list[] = {{"cardinality", true}, {"counters", true},   {"quantiles", true},
                                 {"top_qnames", true},  {"top_rcodes", true}, {"top_qtypes", true},
                                 {"top_ecs", false},    {"top_size", false},  {"top_ports", false},
                                 {"xact_times", false}};
inline constexpr GroupMask cardinality = 1, counters = 2, quantiles = 4, top_qnames = 8, top_rcodes = 16,
                           top_qtypes = 32, top_ecs = 64, top_size = 128, top_ports = 256, xact_times = 512;
} // namespace group2

const Schema& schema_v1();
const Schema& schema_v2();

} // namespace visor::dns
