// An exposition as protobuf: the only form in which Prometheus takes exponential histograms.
// Threads: pure function. Format: io.prometheus.client.MetricFamily, each behind its length; histograms of
// schema 5, beside their classic buckets.
#pragma once

#include "sinks/exposition.hpp"

#include <string>

namespace visor::sinks {

std::string exposition_protobuf(const Exposition& exposition);

} // namespace visor::sinks
