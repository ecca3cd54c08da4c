// What a page of text calls notable: shares and lists that are abnormal, bursts, and whatever the ledger
// counts that it should not. Threads: pure functions.
#pragma once

#include "engine/offline.hpp"
#include "sinks/rows.hpp"

#include <optional>
#include <string>
#include <vector>

namespace visor::sinks {

// A sentence, and how far beyond its threshold the figure is: 1 = just abnormal; 0 = a count of what should
// not be at all.
struct Finding {
    double excess;
    std::string text;
};

std::vector<Finding> abnormal_figures(RowReader& reader);
// A second with many times the packets of the mean one. first_second: unix time of the first.
std::optional<Finding> packet_burst(const engine::Seconds& packets, int64_t first_second);
std::vector<std::string> abnormal_ledger(const engine::Ledger& ledger);

// From where on each is told, as a document.
std::string notable_markdown();

} // namespace visor::sinks
