// A plain count, and a plain level. Zero bytes are an empty cell; counts merge by addition, levels to the
// highest. Threads: one owner at a time, like every cell.
#pragma once

#include <algorithm>
#include <cstdint>

namespace visor {

struct Counter {
    uint64_t value;

    void operator++(int) { ++value; }
    void operator+=(uint64_t n) { value += n; }
    void merge(const Counter& other) { value += other.value; }
    bool empty() const { return value == 0; }
    void clear() { value = 0; }
};

// How many there are of something, as last told. Workers, periods and hosts tell of the same things, so what
// they tell is not added up.
struct Gauge {
    uint64_t value;

    void set(uint64_t n) { value = n; }
    void merge(const Gauge& other) { value = std::max(value, other.value); }
    bool empty() const { return value == 0; }
    void clear() { value = 0; }
};

} // namespace visor
