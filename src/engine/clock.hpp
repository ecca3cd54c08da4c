// The system's clocks in nanoseconds, for live work. Threads: pure functions. Units: nanoseconds; the wall
// clock since 1970.
#pragma once

#include <cstdint>
#include <ctime>

namespace visor::engine {

inline int64_t clock_ns(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

inline int64_t wall_clock_ns() {
    return clock_ns(CLOCK_REALTIME);
}

} // namespace visor::engine
