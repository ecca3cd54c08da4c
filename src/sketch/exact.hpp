// Exact counts of a small numbered domain: response codes, query types, protocols, DSCP.
//
// A count is 16 bits, as near together as can be, with 64 more of it elsewhere, which few ever need. Threads:
// one at a time. Owns: its bytes; all-zero is empty, and pages of values never seen stay untouched, by
// merging and clearing too: they look only where something was counted.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>

namespace visor::sketch {

template <size_t N>
struct ExactCounts {
    static constexpr size_t size = N;

    uint64_t outside; // values the domain does not have

    void add(size_t value, uint64_t weight = 1) {
        if (value < N) [[likely]] {
            const uint64_t before = low_[value], sum = before + weight;
            low_[value] = static_cast<uint16_t>(sum);
            if (((before - 1) | sum) >> 16 != 0) [[unlikely]] // it was 0, or is more than 16 bits
                note(value, sum);
        } else {
            outside += weight;
        }
    }
    void prefetch(size_t value) const { __builtin_prefetch(&low_[value], 1); } // of the domain
    uint64_t at(size_t value) const {
        return low_[value] +
               (carried_[value / group / 64] >> (value / group % 64) & 1 ? high_[value] << 16 : 0);
    }
    // f(value, count) for every value that was counted, in order.
    template <class F>
    void for_each(F&& f) const {
        for_each_group(used_, [&](size_t first, size_t end) {
            for (size_t i = first; i < end; ++i)
                if (const uint64_t n = at(i); n != 0) f(i, n);
        });
    }
    bool empty() const {
        uint64_t any = outside;
        for (const uint64_t bits : used_) any |= bits;
        return any == 0;
    }
    void merge(const ExactCounts& other) {
        other.for_each([&](size_t value, uint64_t n) { add(value, n); });
        outside += other.outside;
    }
    void clear() {
        if (empty()) return;
        for_each_group(used_, [&](size_t first, size_t end) { std::fill(low_ + first, low_ + end, 0); });
        for_each_group(carried_, [&](size_t first, size_t end) { std::fill(high_ + first, high_ + end, 0); });
        std::fill(std::begin(used_), std::end(used_), 0);
        std::fill(std::begin(carried_), std::end(carried_), 0);
        outside = 0;
    }

private:
    static constexpr size_t group = 512;
    using Groups = uint64_t[(N + 64 * group - 1) / (64 * group)]; // a bit for each group of counts

    static void mark(Groups& groups, size_t value, bool yes) {
        groups[value / group / 64] |= uint64_t{yes} << (value / group % 64);
    }
    void note(size_t value, uint64_t sum) {
        mark(used_, value, sum != 0);
        mark(carried_, value, sum >> 16 != 0);
        if (sum >> 16 != 0) high_[value] += sum >> 16;
    }
    template <class F>
    static void for_each_group(const Groups& groups, F&& f) {
        for (size_t word = 0; word < std::size(groups); ++word)
            for (uint64_t bits = groups[word]; bits != 0; bits &= bits - 1) {
                const size_t first = (word * 64 + static_cast<size_t>(std::countr_zero(bits))) * group;
                f(first, std::min(first + group, N));
            }
    }

    Groups used_, carried_; // any count is above 0; any has more than 16 bits
    uint16_t low_[N];
    uint64_t high_[N];
};

static_assert(std::is_trivial_v<ExactCounts<16>>);

} // namespace visor::sketch
