// The compatible exposition: the names, types and labels that upstream's users scrape, of one minute.
//
// Counters, distinct counts and top lists are gauges; quantiles and rates are summaries; what has seen
// nothing is left out. An item of a top list has its key in `name` (as upstream's 3.x has it) and in the
// label of its own kind (4.x). Threads: pure functions of immutable results. Format: Prometheus text 0.0.4,
// always with braces.
#pragma once

#include "sinks/series.hpp"

#include <string>
#include <vector>

namespace visor::sinks {

std::string prometheus_text(std::vector<Source> sources);

} // namespace visor::sinks
