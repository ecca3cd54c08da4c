// Exact counts of a small numbered domain: response codes, query types, protocols, DSCP.
//
// Threads: one at a time. Owns: its bytes; all-zero is empty, and pages of values never seen stay untouched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace visor::sketch {

template <size_t N>
struct ExactCounts {
    static constexpr size_t size = N;

    uint64_t count[N];
    uint64_t outside; // values the domain does not have

    void add(size_t value, uint64_t weight = 1) {
        if (value < N) [[likely]] {
            count[value] += weight;
        } else {
            outside += weight;
        }
    }
    void merge(const ExactCounts& other) {
        for (size_t i = 0; i < N; ++i)
            if (other.count[i] != 0)
                count[i] += other.count[i]; // adding zeros would make every page resident
        outside += other.outside;
    }
};

static_assert(std::is_trivial_v<ExactCounts<16>>);

} // namespace visor::sketch
