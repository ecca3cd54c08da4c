// From a handler's rows to series: the labels they carry, top lists and quantiles as both generations of
// names show them. Threads: pure functions of immutable results; label sets given outlive the series.
#pragma once

#include "sinks/exposition.hpp"
#include "sinks/rows.hpp"

namespace visor::sinks {

// A handler's results and the labels of all its series: policy, tap, handler, instance ...
struct Source {
    const engine::HandlerView* view; // of the last whole minute
    Labels labels;
    // The same handler's since its policy began, for counters that only rise; null = as above.
    const engine::HandlerView* since_start = nullptr;
    double start_time = 0; // unix seconds at which it began to count; 0 = as given for all
};

// Sorts the labels and makes their values valid. Sources of one schema that have the same labels get
// `handler` beside them: no series may be there twice.
void prepare(std::vector<Source>& sources);

// A series of the row, with the label of its dimension.
Series series_of(const Schema& schema, const Row& row, const Labels& shared);

enum class ItemLabels : uint8_t { specific, name_too };

// A line of a top list and its labels. Keys that print the same are one line.
struct TopSeries {
    Labels labels;
    uint64_t lower, upper;
};
std::vector<TopSeries> top_series(const Schema& schema, const Row& row, const TopTable& table,
                                  ItemLabels which);

} // namespace visor::sinks
