// Histograms whose bins are fixed for ever, so that they merge by addition: exponential (times, ratios), by
// the byte (packet sizes) and by the decade (the legacy printed form).
//
// ExpHistogram has 32 bins per doubling: value error of a quantile at most 1.1 %. Bin i is
// (2^((i-1)/32), 2^(i/32)], that is schema 5 of Prometheus native histograms; exact count, sum, minimum,
// maximum. Threads: one at a time. Owns: its bytes; all-zero is empty, and only the bins in use are ever
// touched, by a merge too. Units: those of the values, e.g. microseconds.
#pragma once

#include "sketch/histogram_bins.hpp"
#include "sketch/rank.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace visor::sketch {

namespace detail {

// Exact minimum and maximum that start from zero bytes: the minimum is kept as the largest complement. Takes
// unsigned values, or the bits of doubles that are not negative, which order alike.
struct Extremes {
    uint64_t largest, largest_complement;

    void update(uint64_t v) {
        largest = std::max(largest, v);
        largest_complement = std::max(largest_complement, ~v);
    }
    void merge(const Extremes& other) {
        largest = std::max(largest, other.largest);
        largest_complement = std::max(largest_complement, other.largest_complement);
    }
    uint64_t smallest() const { return ~largest_complement; }
};

// The bin in [first, last] that holds the given rank; last when the ranks run out.
inline uint32_t bin_of_rank(const uint64_t* bins, uint32_t first, uint32_t last, uint64_t rank) {
    uint64_t seen = 0;
    for (uint32_t i = first; i < last; ++i) {
        seen += bins[i];
        if (seen >= rank) return i;
    }
    return last;
}

} // namespace detail

// Values of 2^min_exponent and less share the lowest bin and those above 2^max_exponent the highest; zero,
// and whatever is not a positive number, has a bin of its own.
template <class Value, int min_exponent, int max_exponent>
struct ExpHistogram {
    static_assert(std::is_same_v<Value, uint64_t> || std::is_same_v<Value, double>);
    static constexpr int first_index = min_exponent * 32;
    static constexpr int last_index = max_exponent * 32;
    static constexpr uint32_t bin_count = static_cast<uint32_t>(last_index - first_index) + 1;

    void update(Value value, uint32_t n = 1) {
        if constexpr (std::is_same_v<Value, double>) {
            if (!(value > 0.0)) value = 0.0;
            const auto fixed =
                static_cast<uint64_t>(static_cast<int64_t>(std::min(value, 0x1p30) * sum_scale));
            sum_ += static_cast<unsigned __int128>(fixed) * n;
        } else {
            sum_ += value * n;
        }
        count_ += n;
        extremes_.update(std::bit_cast<uint64_t>(value));
        if (value > Value{0}) [[likely]] {
            bins_[bin_of(value)] += n;
        } else {
            zeros_ += n;
        }
    }

    uint64_t count() const { return count_; }
    bool empty() const { return count_ == 0; }
    uint64_t zeros() const { return zeros_; }
    // Doubles are summed in fixed point, 30 bits before the point and 32 after it, so that the order of
    // merging cannot show.
    Value sum() const {
        if constexpr (std::is_same_v<Value, double>) {
            return static_cast<double>(sum_) / sum_scale;
        } else {
            return sum_;
        }
    }
    Value min() const { return count_ ? std::bit_cast<Value>(extremes_.smallest()) : Value{0}; }
    Value max() const { return std::bit_cast<Value>(extremes_.largest); }

    void merge(const ExpHistogram& other) {
        if (other.count_ == 0) return;
        sum_ += other.sum_;
        count_ += other.count_;
        zeros_ += other.zeros_;
        extremes_.merge(other.extremes_);
        if (other.count_ == other.zeros_) return;
        const uint32_t last = other.last_bin();
        for (uint32_t i = other.first_bin(); i <= last; ++i)
            if (other.bins_[i] != 0) bins_[i] += other.bins_[i];
    }

    void clear() {
        if (empty()) return;
        if (count_ != zeros_) std::fill(bins_ + first_bin(), bins_ + last_bin() + 1, 0);
        sum_ = 0;
        count_ = zeros_ = 0;
        extremes_ = {};
    }

    // 0 when empty. Within 1.1 % of the value at that rank, never outside [min, max]; integers below 46 are
    // exact.
    double quantile(double q) const {
        if (count_ == 0) return 0.0;
        const uint64_t rank = nearest_rank(count_, q);
        if (rank <= zeros_) return 0.0;
        const uint32_t bin = detail::bin_of_rank(bins_, first_bin(), last_bin(), rank - zeros_);
        const int index = static_cast<int>(bin) + first_index;
        const double middle =
            std::is_same_v<Value, double> ? exp_bin_middle(index) : exp_bin_middle_integer(index);
        return std::clamp(middle, static_cast<double>(min()), static_cast<double>(max()));
    }

    // f(index, count) of every bin in use, by rising index; the bin's upper edge is exp_bin_upper(index).
    template <class F>
    void for_each_nonempty(F&& f) const {
        if (count_ == zeros_) return;
        const uint32_t last = last_bin();
        for (uint32_t i = first_bin(); i <= last; ++i)
            if (bins_[i] != 0) f(static_cast<int>(i) + first_index, bins_[i]);
    }
    // f(middle, upper, count) of every bin in use, by rising value: what its values are taken for, and what
    // none of them exceeds. Zeros first.
    template <class F>
    void for_each_value(F&& f) const {
        if (zeros_) f(0.0, 0.0, zeros_);
        for_each_nonempty([&](int index, uint64_t n) {
            f(std::is_same_v<Value, double> ? exp_bin_middle(index) : exp_bin_middle_integer(index),
              exp_bin_upper(index), n);
        });
    }

private:
    static constexpr double sum_scale = 0x1p32;

    static uint32_t bin_of(Value value) {
        const int index = exp_bin_index(value);
        return static_cast<uint32_t>(std::clamp(index, first_index, last_index) - first_index);
    }
    // With zeros among the values the smallest positive one is unknown; the search then begins at the bottom.
    uint32_t first_bin() const { return zeros_ ? 0 : bin_of(min()); }
    uint32_t last_bin() const { return bin_of(max()); }

    std::conditional_t<std::is_same_v<Value, double>, unsigned __int128, uint64_t> sum_;
    uint64_t count_;
    uint64_t zeros_;
    detail::Extremes extremes_;
    uint64_t bins_[bin_count];
};

using LatencyHistogram = ExpHistogram<uint64_t, 0, 64>; // every 64-bit value; microseconds by custom
using RatioHistogram = ExpHistogram<double, -16, 20>;   // reply size over query size is within 2^-13 .. 2^13

// Packet sizes: one bin a byte to 2047, then 128 bins per doubling (0.4 % of the value).
struct SizeHistogram {
    static constexpr uint32_t linear = 2048;
    static constexpr uint32_t bin_count = linear + 21 * 128; // to 2^32

    void update(uint32_t size, uint64_t n = 1) {
        count_ += n;
        sum_ += size * n;
        extremes_.update(size);
        bins_[bin_of(size)] += n;
    }
    // For many sizes at once: each in its bin, and once for all of them what they are together.
    struct Several {
        uint64_t count = 0, sum = 0;
        uint64_t bins = 0; // a bit for each 32 of the linear ones: some size is among them
        uint32_t smallest = UINT32_MAX, largest = 0; // of the sizes above
    };
    void put(Several& sizes, uint32_t size) {
        ++sizes.count;
        sizes.sum += size;
        ++bins_[bin_of(size)];
        if (size < linear) [[likely]] {
            sizes.bins |= uint64_t{1} << (size / 32);
        } else {
            sizes.smallest = std::min(sizes.smallest, size);
            sizes.largest = std::max(sizes.largest, size);
        }
    }
    void settle(const Several& sizes);

    uint64_t count() const { return count_; }
    bool empty() const { return count_ == 0; }
    uint64_t sum() const { return sum_; }
    uint64_t min() const { return count_ ? extremes_.smallest() : 0; }
    uint64_t max() const { return extremes_.largest; }
    void merge(const SizeHistogram& other);
    void clear();
    double quantile(double q) const; // 0 when empty; exact to 2047

    // As ExpHistogram's: f(middle, upper, count).
    template <class F>
    void for_each_value(F&& f) const {
        if (count_ == 0) return;
        const uint32_t last = bin_of(static_cast<uint32_t>(max()));
        for (uint32_t i = bin_of(static_cast<uint32_t>(min())); i <= last; ++i) {
            if (bins_[i] == 0) continue;
            const Range range = range_of(i);
            f((range.low + range.high) / 2.0, range.high, bins_[i]);
        }
    }

private:
    struct Range {
        double low, high; // both are in it
    };
    static Range range_of(uint32_t bin);
    static uint32_t bin_of(uint32_t size) {
        if (size < linear) [[likely]]
            return size;
        const uint32_t octave = 31u - static_cast<uint32_t>(std::countl_zero(size)); // 11..31
        return linear + (octave - 11) * 128 + ((size >> (octave - 7)) & 127);
    }

    uint64_t count_;
    uint64_t sum_;
    detail::Extremes extremes_;
    uint64_t bins_[bin_count];
};

// The legacy histogram of integers: 18 bounds a decade, truncated to integers, each once; a value belongs to
// the first bound that is not below it.
struct DecadeHistogram {
    static constexpr uint32_t bin_count = decade_bounds.count;

    void update(uint64_t value, uint32_t n = 1) {
        const uint32_t bin = decade_bin(value);
        sum_ += value * n;
        if (bin < bin_count) [[likely]] {
            bins_[bin] += n;
        } else {
            above_ += n;
        }
    }
    uint64_t count() const;
    uint64_t sum() const { return sum_; }
    bool empty() const { return count() == 0; }
    void merge(const DecadeHistogram& other);
    void clear() {
        if (!empty()) *this = {};
    }

    // f(bound, cumulative) of every bin in use, by rising bound. Values above 10^18 have no bound: only
    // count() knows them, as the "+Inf" line.
    template <class F>
    void for_each_nonempty(F&& f) const {
        uint64_t cumulative = 0;
        for (uint32_t i = 0; i < bin_count; ++i) {
            if (bins_[i] == 0) continue;
            cumulative += bins_[i];
            f(decade_bounds.bound[i], cumulative);
        }
    }

private:
    uint64_t bins_[bin_count];
    uint64_t above_;
    uint64_t sum_;
};

static_assert(std::is_trivial_v<LatencyHistogram> && std::is_trivial_v<RatioHistogram>);
static_assert(std::is_trivial_v<SizeHistogram> && std::is_trivial_v<DecadeHistogram>);

} // namespace visor::sketch
