// Results as one 80-column page for a person: span and totals first, then the health of what was seen and
// whatever is abnormal, then tables with bars. The page is kept to one screen by showing less of each table.
// Threads: pure functions of a finished run.
#pragma once

#include "engine/offline.hpp"
#include "sinks/text_canvas.hpp"

#include <string>

namespace visor::sinks {

struct TextOptions {
    bool colour = false;
    std::string title; // what was read
    bool utf8 = utf8_locale();
    std::string policies{}; // whom this page is for; empty when there is one page only
};

std::string text_report(const engine::OfflineRun& run, const TextOptions& options);

} // namespace visor::sinks
