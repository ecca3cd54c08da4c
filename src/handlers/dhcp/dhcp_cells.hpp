// The bucket of the dhcp handler and its rows. Threads: a bucket has one owner at a time; schemas are
// immutable.
#pragma once

#include "metric/row.hpp"

namespace visor::dhcp {

struct DhcpCells {
    // events = total + filtered + malformed; every message of total has one type below.
    Counter events, deep_samples, total, filtered, malformed;
    Counter discover, offer, request, ack, nak, decline, release, inform, other;
    Counter solicit, advertise, request_v6, reply, other_v6;
    Counter timed_out, evicted; // requests waiting for their ACK
    sketch::RateSlots observed, passed;
    sketch::TopNames top_clients;
    sketch::TopSmall top_servers;
};

const Schema& schema();

} // namespace visor::dhcp
