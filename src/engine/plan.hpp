// What to run: policies and their handlers, resolved and validated. Made by the control room, read by
// workers. Threads: immutable once a run begins. Owns: names and option values.
#pragma once

#include "metric/handler.hpp"

#include <string>
#include <vector>

namespace visor::engine {

struct PlannedHandler {
    std::string
        name; // instance name in results: "packets" of the default analysis, "default-net" of a policy
    const HandlerClass* handler = nullptr;
    HandlerConfig config;
    WindowSettings window;
};

struct PlannedPolicy {
    std::string name;
    std::string tap; // a policy on several taps is planned once for each
    WindowSettings window;
    bool chain = false; // each handler gets only what the one before let through its filter
    std::vector<PlannedHandler> handlers;

    std::string on_tap() const { return name + "-" + tap; }
};

struct Plan {
    std::vector<PlannedPolicy> policies;
};

} // namespace visor::engine
