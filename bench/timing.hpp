// Measures a loop: repeats it and reports the median and best time per operation.
//
// Threads: one. Owns: nothing. Units: nanoseconds of the steady clock.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>

namespace visor::bench {

// Makes the compiler believe the value is used, and that memory was.
template <class T>
inline void keep(const T& value) {
    asm volatile("" : : "g"(&value) : "memory");
}

struct Timing {
    double median_ns, best_ns;
};

// run() performs `operations` operations; prepare() puts its state back before each run and is not timed.
template <class Prepare, class Run>
Timing measure(uint64_t operations, Prepare&& prepare, Run&& run, unsigned repeats = 7) {
    std::vector<double> ns;
    for (unsigned i = 0; i < repeats; ++i) {
        prepare();
        const auto start = std::chrono::steady_clock::now();
        run();
        const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
        ns.push_back(took.count() / static_cast<double>(operations));
    }
    std::sort(ns.begin(), ns.end());
    return {ns[ns.size() / 2], ns.front()};
}

inline void report(const char* what, const Timing& t) {
    std::printf("%-58s %9.2f ns median %9.2f ns best\n", what, t.median_ns, t.best_ns);
}

} // namespace visor::bench
