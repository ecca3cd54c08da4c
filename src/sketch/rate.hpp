// Events of each second of a period; cores and hosts add slot by slot, periods are read one after another.
//
// Threads: one at a time. Owns: its bytes; all-zero is empty. Units: events (or bytes) a second, indexed by
// the second since the period began.
#pragma once

#include "sketch/rank.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace visor::sketch {

struct RateSlots {
    static constexpr uint32_t size = 64;

    uint64_t slot[size];
    uint64_t outside; // events of seconds past the last slot: a period that silence made too long

    void add(uint32_t second, uint64_t n) {
        if (second < size) [[likely]] {
            slot[second] += n;
        } else {
            outside += n;
        }
    }
    void merge(const RateSlots& other) {
        for (uint32_t i = 0; i < size; ++i) slot[i] += other.slot[i];
        outside += other.outside;
    }
    bool empty() const {
        uint64_t any = outside;
        for (const uint64_t n : slot) any |= n;
        return any == 0;
    }
    void clear() { *this = {}; }
};

static_assert(std::is_trivial_v<RateSlots>);

// Exact quantile of the seconds given, quiet ones included; reorders them. Nothing to look at gives 0.
inline uint64_t quantile_of(std::span<uint64_t> seconds, double q) {
    if (seconds.empty()) return 0;
    const auto at = seconds.begin() + static_cast<ptrdiff_t>(nearest_rank(seconds.size(), q) - 1);
    std::nth_element(seconds.begin(), at, seconds.end());
    return *at;
}

} // namespace visor::sketch
