// The net handler: what flows, how much, from and to whom. One event is one frame.
#pragma once

#include "metric/handler.hpp"

namespace visor::net {

const HandlerClass& net_v1();
const HandlerClass& net_v2();

} // namespace visor::net
