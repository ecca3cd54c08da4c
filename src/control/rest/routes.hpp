// Every route of the REST interface: what answers it, and what is told of it in its description.
// Threads: immutable.
#pragma once

#include "control/rest/rest.hpp"
#include "sinks/openapi.hpp"

#include <span>

namespace visor::control {

struct Route {
    sinks::RouteInfo info;
    Rest::Call call;
};

std::span<const Route> all_routes();

// For descriptions: routes, those of the admin interface if asked for, and what inputs take.
std::vector<sinks::RouteInfo> documented_routes(bool admin);
std::vector<sinks::InputOptions> documented_inputs();

} // namespace visor::control
