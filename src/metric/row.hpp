// Rows: the one declaration of a metric. A row binds cells of a handler's bucket to the metric's name, help,
// unit, group and label; JSON, docs and every other renderer read rows and never a handler.
//
//   row(path(&NetCells::events), {.path = "events", .help = "frames seen, filtered ones included"})
//
// A row may bind several cells (the in, out and unknown counts of a version 1.0 total): they are merged when
// read. Threads: rows are immutable after start-up. Owns: nothing but its strings' literals.
#pragma once

#include "metric/cell.hpp"

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace visor {

using GroupMask = uint32_t;

// A metric group as users name it under metric_groups; its bit is its position in the schema's list.
struct Group {
    std::string_view name;
    bool default_on;
};
constexpr GroupMask group_bit(unsigned position) {
    return 1U << position;
}

// What a top-N key prints as.
struct KeyText {
    std::string name;
    std::string lat, lon; // decimal degrees; empty unless the key is a place that has them
};
using KeyFormat = KeyText (*)(std::string_view key);

struct RowFacts {
    std::string_view path; // JSON nesting; with '_' the Prometheus name
    std::string_view help;
    std::string_view unit = "1"; // UCUM: "1", "By", "us", "{packet}/s"
    GroupMask groups = 0;        // shown when all of these are enabled; 0 = always
    std::string_view label{};    // top-N: the label its key is under
    KeyFormat format = nullptr;  // top-N: how a key is printed
    std::string_view metric{};   // Prometheus name where it is not schema key + path
    std::string_view modern{};   // in the modern one, what stands for the path
    bool extended = false;       // beyond upstream's keys: shown with --extended and in readable formats
};

// Where a row's cells are in a bucket.
struct CellPlace {
    uint32_t offset;
    const CellOps* ops;
};

struct Row {
    RowFacts facts;
    const CellOps* ops = nullptr;
    std::array<uint32_t, 3> offset{};
    uint8_t cells = 0;
    std::string_view dimension{}; // value of the schema's dimension ("in"); empty for rows outside it
    std::array<int32_t, 3> seen{-1, -1,
                                -1}; // offsets of counters: any above 0 means this dimension value was seen

    std::string json_path() const {
        return dimension.empty() ? std::string(facts.path)
                                 : std::string(dimension) + "." + std::string(facts.path);
    }
};

namespace detail {
template <class T>
T& step(T& object) {
    return object;
}
template <class T, class First, class... Rest>
auto& step(T& object, First first, const Rest&... rest) {
    if constexpr (std::is_integral_v<First>)
        return step(object[static_cast<size_t>(first)], rest...);
    else
        return step(object.*first, rest...);
}
template <class C, class M>
C owner_of(M C::*);
} // namespace detail

// The place of a cell, named by member pointers and array indexes from the bucket's struct inwards.
template <class Member, class... Rest>
CellPlace path(Member first, Rest... rest) {
    using Cells = decltype(detail::owner_of(first));
    alignas(64) static std::byte room[sizeof(Cells)]; // never touched: only addresses inside it are taken
    auto& cells = *reinterpret_cast<Cells*>(room);
    auto& cell = detail::step(cells, first, rest...);
    const auto offset = reinterpret_cast<std::byte*>(&cell) - room;
    return {static_cast<uint32_t>(offset), &cell_ops<std::remove_cvref_t<decltype(cell)>>};
}

inline Row row(CellPlace place, const RowFacts& facts) {
    return {facts, place.ops, {place.offset}, 1};
}
inline Row row(CellPlace a, CellPlace b, const RowFacts& facts) {
    return {facts, a.ops, {a.offset, b.offset}, 2};
}
inline Row row(CellPlace a, CellPlace b, CellPlace c, const RowFacts& facts) {
    return {facts, a.ops, {a.offset, b.offset, c.offset}, 3};
}

// One schema: what one version of a handler shows of its bucket.
struct Schema {
    std::string_view key;       // JSON object and metric prefix: "packets"
    std::string_view title;     // for docs: "net 1.0"
    std::string_view dimension; // label of rows that have one: "direction"
    std::span<const Group> groups;
    std::vector<Row> rows;
    size_t cells_size = 0;

    GroupMask default_groups() const {
        GroupMask mask = 0;
        for (unsigned i = 0; i < groups.size(); ++i)
            if (groups[i].default_on) mask |= group_bit(i);
        return mask;
    }
    GroupMask all_groups() const { return (GroupMask{1} << groups.size()) - 1; }
};

// Adds every cell of `from` into `into`; both are buckets of a schema whose rows name all cells exactly once
// or more.
void merge_cells(std::span<const CellPlace> cells, void* into, const void* from);

// Makes all bytes of a bucket zero again, as long as only its cells were written to; takes as long as there
// is something in it.
void clear_cells(std::span<const CellPlace> cells, void* bucket);

// Every distinct cell the schemas name, by offset: what merge_cells needs. Cells named by several rows appear
// once.
std::vector<CellPlace> cells_of(std::span<const Schema* const> schemas);

// Those of a bucket that these schemas name together.
template <const Schema& (*... schemas)()>
std::span<const CellPlace> all_cells() {
    static const Schema* const all[] = {&schemas()...};
    static const auto cells = cells_of(all);
    return cells;
}

} // namespace visor
