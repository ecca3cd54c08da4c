// The dns handlers: 1.0 tells of messages and of transactions beside them, 2.0 of transactions.
#pragma once

#include "metric/handler.hpp"

namespace visor::dns {

const HandlerClass& dns_v1();
const HandlerClass& dns_v2();

} // namespace visor::dns
