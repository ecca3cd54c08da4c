// Rates of buckets as events of each second, in a row over periods.
// Threads: pure functions.
#pragma once

#include "engine/bucket.hpp"
#include "engine/plan.hpp"
#include "sketch/rate.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace visor::engine {

// Events of each second, for one rate cell of a handler. At most a day is kept: the latest seconds.
using Seconds = std::vector<uint64_t>;
inline constexpr size_t seconds_max = 86'400;

// By the rate cell's offset.
using RateSeconds = std::map<uint32_t, Seconds>;

inline void keep_latest(Seconds& seconds) {
    if (seconds.size() > seconds_max)
        seconds.erase(seconds.begin(), seconds.end() - static_cast<ptrdiff_t>(seconds_max));
}

// The first so many seconds of each rate of the handler behind those that are there.
inline void append_seconds(RateSeconds& rates, const PlannedHandler& handler, const void* cells,
                           size_t seconds) {
    for (const CellPlace& cell : handler.handler->cells()) {
        if (cell.ops->kind != Kind::rate) continue;
        const auto slots = cell.ops->seconds(static_cast<const std::byte*>(cells) + cell.offset);
        const auto used = slots.first(std::min(slots.size(), seconds));
        Seconds& of = rates[cell.offset];
        of.insert(of.end(), used.begin(), used.end());
    }
}

} // namespace visor::engine
