// Exact counts of a small numbered domain: response codes, query types, protocols, DSCP.
//
// Threads: one at a time. Owns: its bytes; all-zero is empty, and pages of values never seen stay untouched,
// by merging and clearing too: they look only where something was counted.
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

    uint64_t outside;                               // values the domain does not have
    uint64_t used[(N + 64 * 512 - 1) / (64 * 512)]; // a bit for each 512 counts, a page: any is above 0
    uint64_t count[N];

    void add(size_t value, uint64_t weight = 1) {
        if (value < N) [[likely]] {
            if (count[value] == 0) [[unlikely]]
                used[value / page / 64] |= uint64_t{weight != 0} << (value / page % 64);
            count[value] += weight;
        } else {
            outside += weight;
        }
    }
    bool empty() const {
        uint64_t any = outside;
        for (const uint64_t bits : used) any |= bits;
        return any == 0;
    }
    void merge(const ExactCounts& other) {
        other.for_each_page([&](size_t first, size_t end) {
            for (size_t i = first; i < end; ++i)
                if (other.count[i] != 0) add(i, other.count[i]);
        });
        outside += other.outside;
    }
    void clear() {
        if (empty()) return;
        for_each_page([&](size_t first, size_t end) { std::fill(count + first, count + end, 0); });
        std::fill(std::begin(used), std::end(used), 0);
        outside = 0;
    }

private:
    static constexpr size_t page = 512;

    template <class F>
    void for_each_page(F&& f) const {
        for (size_t word = 0; word < std::size(used); ++word)
            for (uint64_t bits = used[word]; bits != 0; bits &= bits - 1) {
                const size_t first = (word * 64 + static_cast<size_t>(std::countr_zero(bits))) * page;
                f(first, std::min(first + page, N));
            }
    }
};

static_assert(std::is_trivial_v<ExactCounts<16>>);

} // namespace visor::sketch
