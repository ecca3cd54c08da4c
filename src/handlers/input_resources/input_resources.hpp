// The input_resources handler: what the process takes to keep up with an input.
#pragma once

#include "metric/handler.hpp"

namespace visor::input_resources {

const HandlerClass& input_resources_v1();

} // namespace visor::input_resources
