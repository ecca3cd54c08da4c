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

inline constexpr int64_t second_ns = 1'000'000'000;

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
    uint64_t total() const {
        uint64_t sum = outside;
        for (const uint64_t n : slot) sum += n;
        return sum;
    }
    bool empty() const {
        uint64_t any = outside;
        for (const uint64_t n : slot) any |= n;
        return any == 0;
    }
    void clear() { *this = {}; }
};

static_assert(std::is_trivial_v<RateSlots>);

// The second of a period a time lies in, as slots are numbered; times before the period are in its first one.
inline uint32_t second_of(int64_t ts_ns, int64_t period_start_ns) {
    const int64_t since = ts_ns - period_start_ns;
    return since < 0 ? 0 : static_cast<uint32_t>(since / second_ns);
}

// The second that events at hand lie in. Events come nearly in order, so what is counted of one second can be
// added to its slots when it is left, not event by event.
class SecondRun {
public:
    explicit SecondRun(int64_t period_start_ns) : start_ns_(period_start_ns) {}

    bool holds(int64_t ts_ns) const {
        return static_cast<uint64_t>(ts_ns) - static_cast<uint64_t>(begin_ns_) < uint64_t{second_ns};
    }
    void enter(int64_t ts_ns) {
        second_ = second_of(ts_ns, start_ns_);
        begin_ns_ = ts_ns < start_ns_ ? ts_ns : start_ns_ + second_ * second_ns;
    }
    uint32_t second() const { return second_; }

private:
    int64_t start_ns_;
    int64_t begin_ns_ = INT64_MIN; // no time there is lies within a second of it
    uint32_t second_ = 0;
};

// Exact quantile of seconds, `quiet` ones and those given, none of which is; reorders them. Nothing to look
// at gives 0.
inline uint64_t quantile_of(std::span<uint64_t> busy, size_t quiet, double q) {
    if (busy.size() + quiet == 0) return 0;
    const uint64_t rank = nearest_rank(busy.size() + quiet, q);
    if (rank <= quiet) return 0;
    const auto at = busy.begin() + static_cast<ptrdiff_t>(rank - quiet - 1);
    std::nth_element(busy.begin(), at, busy.end());
    return *at;
}

} // namespace visor::sketch
