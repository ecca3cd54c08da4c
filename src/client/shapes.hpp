// From one value of an answer to a metric: by the kind a schema tells, or by the shape it has.
// Threads: pure functions. Owns: what they give away.
#pragma once

#include "client/picture.hpp"
#include "client/schemas.hpp"

#include <nlohmann/json.hpp>

namespace visor::client {

// Puts what is at the metric's path of a handler's answer into the metric, by its kind. False: nothing of
// that kind is there.
bool read_metric(const nlohmann::json& handler, Metric& metric);

// All that looks like a metric, in the order of the answer, of an agent that serves no schema.
std::vector<Metric> guessed_metrics(const nlohmann::json& handler);

inline constexpr size_t metrics_max = 4096; // of a handler
inline constexpr size_t lines_max = 4096;   // of a top list or histogram
inline constexpr size_t seconds_max = 3600; // of a rate

} // namespace visor::client
