// Finding metrics of a picture by the names that both versions of a handler have for them, over all values of
// a handler's dimension. Threads: pure functions; what they point to is the picture's.
#pragma once

#include "client/picture.hpp"
#include "sinks/text_figures.hpp"

#include <optional>
#include <vector>

namespace visor::terminal {

// The metric is called so, or is under one value of the dimension: "in.top_ipv4".
bool called(const client::Metric& metric, const sinks::Names& names);

std::vector<const client::Metric*> metrics_of(const client::Handler& handler, const sinks::Names& names,
                                              Kind kind);

// What a figure tells: a count and what it is a share of. Nothing when the handler does not have it.
std::optional<sinks::Reading> read(const client::Handler& handler, const sinks::Figure& figure);

// The figure that tells of a counter, and is told beside others.
const sinks::Figure* figure_of(const client::Handler& handler, const client::Metric& counter);

} // namespace visor::terminal
