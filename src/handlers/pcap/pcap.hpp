// The pcap handler: what was lost between the wire and the other handlers.
#pragma once

#include "metric/handler.hpp"

namespace visor::pcap_stats {

const HandlerClass& pcap_v1();

} // namespace visor::pcap_stats
