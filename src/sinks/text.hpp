// Results as one 80-column page for a person: span and totals first, then DNS health and what is abnormal, then
// tables with bars.
// Threads: pure functions of a finished run.
#pragma once

#include "engine/offline.hpp"

#include <string>

namespace visor::sinks {

struct TextOptions {
    bool colour = false;
    std::string title; // what was read
};

std::string text_report(const engine::OfflineRun& run, const Services& services, const TextOptions& options);

} // namespace visor::sinks
