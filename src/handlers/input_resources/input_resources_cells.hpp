// The bucket of the input_resources handler and its rows. Threads: a bucket has one owner at a time; schemas
// are immutable.
#pragma once

#include "metric/row.hpp"

namespace visor::input_resources {

struct InputResourcesCells {
    Counter total, deep_samples;
    Gauge policies, handlers;
    sketch::RateSlots frames;
    sketch::RatioHistogram cpu_percent;
    sketch::LatencyHistogram memory_bytes;
};

const Schema& schema();

} // namespace visor::input_resources
