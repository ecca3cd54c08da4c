// What can be done with any cell without knowing its type: merge it, empty it, and read it as its kind.
//
// A cell is a plain struct that all-zero bytes make empty: a counter or a sketch. Its C++ type decides its
// kind, and the kind decides how every renderer prints it. Threads: functions over cells the caller owns.
#pragma once

#include "metric/counter.hpp"
#include "sketch/best.hpp"
#include "sketch/cardinality.hpp"
#include "sketch/exact.hpp"
#include "sketch/histogram.hpp"
#include "sketch/rate.hpp"
#include "sketch/topk.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace visor {

enum class Kind : uint8_t { counter, cardinality, top, quantiles, histogram, rate };

struct CardinalityRead {
    double estimate, lower, upper; // 95 %
};

struct TopRead {
    std::vector<sketch::TopItem> items; // heaviest first
    uint64_t total = 0;                 // weight of everything that was added
    uint64_t max_error = 0;             // most that a key not listed can weigh
    bool exact = true;                  // every key is there: every interval is a point
};

// Values a quantiles cell holds together: what they are taken for, and what none of them exceeds.
struct ValueBin {
    double middle, upper;
    uint64_t count;
};

// Functions a kind does not have are null.
struct CellOps {
    Kind kind;
    bool integral; // quantiles: values are whole numbers
    bool gauge;    // counter: how many there are, not how many there were
    uint32_t size, align;
    void (*merge)(void* into, const void* from);
    bool (*empty)(const void*);               // all its bytes are zero; cheap, and looks at little of it
    void (*clear)(void*);                     // makes it so, touching only what is not
    uint64_t (*count)(const void*) = nullptr; // counter: its value; quantiles and histogram: how many
                                              // values; rate: events of all its seconds
    CardinalityRead (*cardinality)(const void*) = nullptr;
    TopRead (*top)(const void*, size_t n) = nullptr;
    double (*quantile)(const void*, double q) = nullptr;
    std::vector<ValueBin> (*values)(const void*) = nullptr; // quantiles: what is in use, by rising value
    double (*sum)(const void*) = nullptr;                   // quantiles, histogram
    double (*min)(const void*) = nullptr;
    double (*max)(const void*) = nullptr;
    std::vector<std::pair<uint64_t, uint64_t>> (*bins)(const void*) = nullptr; // bound, cumulative count
    std::span<const uint64_t> (*seconds)(const void*) = nullptr;
};

// The key bytes under which an exact domain's value stands in a top list.
inline std::string exact_key(uint32_t value) {
    const char bytes[2] = {static_cast<char>(value >> 8), static_cast<char>(value)};
    return {bytes, sizeof bytes};
}

namespace detail {

template <class T>
struct IsExact : std::false_type {};
template <size_t N>
struct IsExact<sketch::ExactCounts<N>> : std::true_type {};

template <class T>
const T& as(const void* cell) {
    return *static_cast<const T*>(cell);
}

template <class T>
TopRead read_top(const void* cell, size_t n) {
    const T& top = as<T>(cell);
    if (top.empty()) return {}; // its table is not there yet, and reading it would make it
    return {top.top(n), top.total(), top.exact() ? 0 : top.max_error(), top.exact()};
}

template <class T>
TopRead read_exact(const void* cell, size_t n) {
    struct Count {
        uint64_t count;
        uint32_t value;
    };
    const auto before = [](const Count& a, const Count& b) {
        return a.count != b.count ? a.count > b.count : a.value < b.value;
    };
    sketch::Best<Count, decltype(before)> best(n, before);
    TopRead read;
    as<T>(cell).for_each([&](size_t value, uint64_t count) {
        read.total += count;
        const Count counted{count, static_cast<uint32_t>(value)};
        if (best.wanted(counted)) best.put(Count(counted));
    });
    for (const Count& c : best.take())
        read.items.push_back({exact_key(c.value), c.value, c.count, c.count}); // the hash is the value itself
    return read;
}

template <class T>
constexpr CellOps make_cell_ops() {
    CellOps ops{};
    ops.size = sizeof(T);
    ops.align = alignof(T);
    ops.merge = [](void* into, const void* from) { static_cast<T*>(into)->merge(as<T>(from)); };
    ops.empty = [](const void* c) { return as<T>(c).empty(); };
    ops.clear = [](void* c) { static_cast<T*>(c)->clear(); };
    if constexpr (std::is_same_v<T, Counter> || std::is_same_v<T, Gauge>) {
        ops.kind = Kind::counter;
        ops.gauge = std::is_same_v<T, Gauge>;
        ops.count = [](const void* c) { return as<T>(c).value; };
    } else if constexpr (std::is_same_v<T, sketch::Cardinality>) {
        ops.kind = Kind::cardinality;
        ops.cardinality = [](const void* c) {
            const auto bounds = as<T>(c).bounds();
            return CardinalityRead{as<T>(c).estimate(), bounds.lower, bounds.upper};
        };
    } else if constexpr (std::is_same_v<T, sketch::RateSlots>) {
        ops.kind = Kind::rate;
        ops.count = [](const void* c) { return as<T>(c).total(); };
        ops.seconds = [](const void* c) { return std::span<const uint64_t>(as<T>(c).slot); };
    } else if constexpr (std::is_same_v<T, sketch::DecadeHistogram>) {
        ops.kind = Kind::histogram;
        ops.count = [](const void* c) { return as<T>(c).count(); };
        ops.sum = [](const void* c) { return static_cast<double>(as<T>(c).sum()); };
        ops.bins = [](const void* c) {
            std::vector<std::pair<uint64_t, uint64_t>> bins;
            as<T>(c).for_each_nonempty([&](uint64_t bound, uint64_t n) { bins.emplace_back(bound, n); });
            return bins;
        };
    } else if constexpr (IsExact<T>::value) {
        ops.kind = Kind::top;
        ops.top = read_exact<T>;
    } else if constexpr (requires(const T& t) { t.top(size_t{1}); }) {
        ops.kind = Kind::top;
        ops.top = read_top<T>;
    } else {
        ops.kind = Kind::quantiles;
        ops.integral = std::is_integral_v<decltype(std::declval<const T&>().max())>;
        ops.count = [](const void* c) { return as<T>(c).count(); };
        ops.quantile = [](const void* c, double q) { return as<T>(c).quantile(q); };
        ops.values = [](const void* c) {
            std::vector<ValueBin> bins;
            as<T>(c).for_each_value([&](double middle, double upper, uint64_t n) {
                bins.push_back({middle, upper, n});
            });
            return bins;
        };
        ops.sum = [](const void* c) { return static_cast<double>(as<T>(c).sum()); };
        ops.min = [](const void* c) { return static_cast<double>(as<T>(c).min()); };
        ops.max = [](const void* c) { return static_cast<double>(as<T>(c).max()); };
    }
    return ops;
}

} // namespace detail

template <class T>
inline constexpr CellOps cell_ops = detail::make_cell_ops<T>();

} // namespace visor
