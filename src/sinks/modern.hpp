// The modern exposition: names by the rules of the field, counters that only rise, histograms, and the bounds
// of estimates; as text, as OpenMetrics, or as protobuf with exponential ("native") histograms.
//
// Counters and histograms count since the policy began; distinct counts, top lists and the quantiles of rates
// are those of the last whole minute. A top list's value is what is certain of an item, `_upper` what it may
// be; a rate's `_sum` and `_count` are its events and seconds since then.
// Threads: pure functions of immutable results. Units: seconds, bytes.
// Format: Prometheus text 0.0.4; OpenMetrics 1.0; io.prometheus.client.MetricFamily, length-delimited.
#pragma once

#include "engine/ledger.hpp"
#include "sinks/series.hpp"

#include <string>
#include <vector>

namespace visor::sinks {

// A figure that is of no handler: of the ledger, or of the process.
struct PlainMetric {
    std::string name; // without pktvisor_ and _total: "tap_received_frames"
    std::string help;
    bool counter = true; // else a gauge
    double value = 0;
    Labels labels{};
    std::string unit{}; // base unit in which the name ends: "seconds"
};

// A line of a ledger under its name, which begins as told, and in base units.
PlainMetric plain_metric(const engine::LedgerLine& line, Labels labels, std::string_view family = "ledger_");

// All that one scrape shows.
struct Scrape {
    std::vector<Source> sources;
    std::vector<PlainMetric> plain{};
    double start_time = 0; // unix seconds at which the agent began to count; 0 = not known
};

enum class ModernForm : uint8_t { text, open_metrics, protobuf };
std::string modern_exposition(Scrape scrape, ModernForm form);

} // namespace visor::sinks
