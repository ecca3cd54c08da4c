// A picture as a page to read and as one JSON document, the same for agents of every version and for
// captures. Threads: pure functions.
#pragma once

#include "client/picture.hpp"
#include "sinks/text_canvas.hpp"

#include <nlohmann/json.hpp>

namespace visor::cmd {

sinks::Lines picture_page(const client::Picture& picture, size_t top_list_lines, const sinks::Look& look);

// {"agent", "version", "up_minutes", "policy", "tap", "minutes", "taken_ms", "ledger": {STREAM: {PATH: n}},
//  "handlers": {INSTANCE: {"key", "title", "start_ts", "length_s", "metrics": {PATH: {"kind", "unit",
//  ...}}}}}
nlohmann::json picture_json(const client::Picture& picture);
nlohmann::json metric_json(const client::Metric& metric);

} // namespace visor::cmd
