// What this process takes: processor time and memory. Linux only.
// Threads: one. Units: percent of one core, bytes.
#pragma once

#include "metric/handler.hpp"

#include <chrono>

namespace visor::control {

class ResourceSampler {
public:
    ResourceSampler();
    // The processor time is that since the call before, the first since the sampler was made. Policies and
    // handlers are the caller's to fill in.
    ResourceSample sample();

private:
    std::chrono::steady_clock::time_point last_;
    std::chrono::nanoseconds cpu_;
};

} // namespace visor::control
