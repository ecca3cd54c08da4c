// What a scrape shows: policies' results in one of the expositions, and beside them, when asked for, the
// agent's own figures. Those are of no policy: a scraper that asks for one policy after another gets them
// once. Threads: any. Units: as the expositions have them.
#pragma once

#include "control/agent/agent.hpp"
#include "sinks/negotiate.hpp"

#include <string>
#include <vector>

namespace visor::control {

struct ScrapeOptions {
    std::string instance{};    // label of every sample; empty: none
    bool with_handler = false; // label
    bool with_agent = false;   // beside policies' results: ledgers of all streams, and of the log
    sinks::ExpositionFormat format = sinks::ExpositionFormat::compatible;
    double start_time_s = 0; // unix time at which the agent began
};

std::string scrape(Agent& agent, const std::vector<PolicyPointer>& policies, const ScrapeOptions& options);

} // namespace visor::control
