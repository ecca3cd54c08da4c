// The kinds of traffic the generator makes. Addresses come from documentation and shared-use ranges only
// (100.64/10, 198.18/15, 192.0.2/24, 2001:db8::/32); time stamps never decrease.
#pragma once

#include "frame.hpp"
#include "random.hpp"

#include <string>

namespace pcapgen {

struct Options {
    uint64_t packets = 5000000, seed = 1;
    double seconds = 300, zipf = 1.0;
    uint32_t names = 200000, clients = 100000, flows = 500000;
};

inline constexpr uint64_t start_usec = 1767225600ULL * 1000000; // 2026-01-01T00:00:00Z

void dns_traffic(PcapWriter& out, const Options& o); // query and reply pairs, Zipf names and clients
void flow_traffic(PcapWriter& out, const Options& o, bool mixed); // simple IMIX, or 64-byte frames
void attack_traffic(PcapWriter& out, const Options& o);   // random names, sources and flows, SYN flood
void distinct_traffic(PcapWriter& out, const Options& o); // every packet a new name, address and flow

} // namespace pcapgen
