// The bucket of the pcap handler and its rows. Threads: a bucket has one owner at a time; schemas are
// immutable.
#pragma once

#include "metric/row.hpp"

namespace visor::pcap_stats {

struct PcapCells {
    Counter tcp_reassembly_errors, os_drops, if_drops;
};

const Schema& schema();

} // namespace visor::pcap_stats
