// What comes first on a page of text: the few figures that tell how things are.
// Threads: pure functions.
#pragma once

#include "engine/offline.hpp"
#include "sinks/rows.hpp"
#include "sinks/text_canvas.hpp"

#include <string>
#include <vector>

namespace visor::sinks {

inline constexpr size_t label_width = 11;

// Lines of figures, each under its label.
Lines headlines(RowReader& reader, const Look& look);
// Whether the headlines (or the page's head) have this row, so that it need not be told again.
bool in_headlines(const Schema& schema, const Row& row);

// Where every frame went: the balance first, then whatever else was counted.
Lines ledger_lines(const engine::Ledger& ledger, const Look& look);

// Packets and bytes of each second, the first of these handlers that records them; empty when none does.
struct Traffic {
    engine::Seconds packets, bytes;
};
Traffic traffic_of(const engine::PolicyView& policy);

} // namespace visor::sinks
