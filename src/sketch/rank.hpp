// What a quantile means everywhere in this room: the nearest rank.
//
// Threads: pure function.
#pragma once

#include <cmath>
#include <cstdint>

namespace visor::sketch {

// Rank, counted from 1, of the q-quantile of n > 0 values: that of the smallest value which at least q * n
// values do not exceed. The product may come out a hair above a whole number (0.07 * 100), hence the slack.
inline uint64_t nearest_rank(uint64_t n, double q) {
    const double rank = std::ceil(q * static_cast<double>(n) - 1e-9);
    if (!(rank > 1.0)) return 1;
    return rank >= static_cast<double>(n) ? n : static_cast<uint64_t>(rank);
}

} // namespace visor::sketch
