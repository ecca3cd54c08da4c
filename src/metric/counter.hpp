// A plain count. Zero bytes are an empty cell; merge adds. Threads: one owner at a time, like every cell.
#pragma once

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

} // namespace visor
