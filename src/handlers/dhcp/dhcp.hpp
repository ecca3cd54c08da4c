// The dhcp handler: what addresses are asked for and given, by whom to whom. One event is one UDP packet with
// a DHCPv4 or DHCPv6 port.
#pragma once

#include "metric/handler.hpp"

namespace visor::dhcp {

const HandlerClass& dhcp_v1();

} // namespace visor::dhcp
