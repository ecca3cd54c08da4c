// Results as JSON, in the shape users' scripts and dashboards read. With `extended`, the same keys and beside
// them the bounds of estimates, rates of recorded streams and the ledger; with `charts` also what curves and
// histograms are drawn from. Threads: pure functions of a finished run.
#pragma once

#include "engine/offline.hpp"

#include <nlohmann/json.hpp>

namespace visor::sinks {

inline constexpr size_t charted_seconds = 300;
struct JsonOptions {
    bool extended = false;
    bool charts = false;              // with all that `extended` adds
    size_t seconds = charted_seconds; // of each rate, so many of its newest, with `charts`
    size_t step = 1;                  // so many of them as their mean, when more than one
    bool more() const { return extended || charts; }
};

// The quantiles over a rate's seconds, and, while its period goes on, what came in the last of them.
nlohmann::json rate_json(const engine::RateLine& seconds, bool with_live);

// One handler: {"period": {...}, "wire_packets": {...}, ...}; empty when all its metric groups are off.
nlohmann::json handler_json(const engine::HandlerView& view, const JsonOptions& options);
nlohmann::json ledger_json(const engine::Ledger& ledger);
nlohmann::json ledger_json(const std::vector<engine::LedgerLine>& lines); // a part of it

// Strict UTF-8 whatever the wire said: bytes that are not become U+FFFD. For a terminal, which may obey
// control characters beyond ASCII and has those that reorder a line, all but printable ASCII is escaped.
std::string dump_json(const nlohmann::json& json, bool pretty, bool for_terminal = false);

} // namespace visor::sinks
