#include "metric/row.hpp"

#include "metric/test_handlers.hpp"

#include <gtest/gtest.h>

namespace visor {
namespace {
using test::Bucket;

struct Part {
    Counter a, b;
    sketch::TopSmall top; // aligned to 64 bytes
};
struct Cells {
    Counter first, last;
    Part part[2];
};

std::vector<Row> rows_of(bool whole) {
    std::vector<Row> rows = {
        row(path(&Cells::first), {.path = "first", .help = "h"}),
        row(path(&Cells::part, 0, &Part::a), path(&Cells::part, 1, &Part::a), {.path = "a", .help = "h"}),
        row(path(&Cells::part, 0, &Part::b), path(&Cells::part, 1, &Part::b), {.path = "b", .help = "h"}),
        row(path(&Cells::part, 0, &Part::top), path(&Cells::part, 1, &Part::top),
            {.path = "top", .help = "h"}),
    };
    if (whole) rows.push_back(row(path(&Cells::last), {.path = "last", .help = "h"}));
    return rows;
}

TEST(Row, PathsAreOffsets) {
    EXPECT_EQ(path(&Cells::first).offset, offsetof(Cells, first));
    EXPECT_EQ(path(&Cells::last).offset, offsetof(Cells, last));
    EXPECT_EQ(path(&Cells::part, 1, &Part::b).offset,
              offsetof(Cells, part) + sizeof(Part) + offsetof(Part, b));
    EXPECT_EQ(path(&Cells::first).ops->kind, Kind::counter);
    EXPECT_EQ(path(&Cells::part, 0, &Part::top).ops->kind, Kind::top);
}

TEST(Row, JsonPathBeginsWithTheDimension) {
    Row r = row(path(&Cells::first), {.path = "udp.total", .help = "h"});
    EXPECT_EQ(r.json_path(), "udp.total");
    r.dimension = "in";
    EXPECT_EQ(r.json_path(), "in.udp.total");
}

TEST(Row, CellsOfNamesEachOnceInOrder) {
    const Schema one{"k", "t", {}, {}, rows_of(true), sizeof(Cells)};
    const Schema two{"k", "t", {}, {}, rows_of(false), sizeof(Cells)};
    const Schema* const schemas[] = {&one, &two};
    const auto cells = cells_of(schemas);
    ASSERT_EQ(cells.size(), 8u);
    for (size_t i = 1; i < cells.size(); ++i) EXPECT_LT(cells[i - 1].offset, cells[i].offset);
}

TEST(Row, MemberWithoutRowIsFound) {
    constexpr size_t members = test::members<Cells>() - 2 + 2 * test::members<Part>();
    const Schema whole{"k", "t", {}, {}, rows_of(true), sizeof(Cells)};
    const Schema lacking{"k", "t", {}, {}, rows_of(false), sizeof(Cells)};
    const Schema* const good[] = {&whole};
    const Schema* const bad[] = {&lacking};
    EXPECT_EQ(cells_of(good).size(), members);
    EXPECT_EQ(cells_of(bad).size(), members - 1);
}

TEST(Row, MergeAddsEveryCell) {
    const Schema schema{"k", "t", {}, {}, rows_of(true), sizeof(Cells)};
    const Schema* const schemas[] = {&schema};
    const auto cells = cells_of(schemas);
    Bucket<Cells> into, from;
    into->first += 1;
    from->first += 2;
    from->last += 3;
    from->part[0].a += 4;
    from->part[1].b += 5;
    into->part[1].top.add(sketch::keyed_hash_u64(sketch::offline_hash_key, 7), 1, "x", 1);
    from->part[1].top.add(sketch::keyed_hash_u64(sketch::offline_hash_key, 7), 9, "x", 1);
    merge_cells(cells, into.get(), from.get());
    EXPECT_EQ(into->first.value, 3u);
    EXPECT_EQ(into->last.value, 3u);
    EXPECT_EQ(into->part[0].a.value, 4u);
    EXPECT_EQ(into->part[1].b.value, 5u);
    EXPECT_EQ(test::top_text(into->part[1].top), "x=10");
    EXPECT_EQ(test::top_text(into->part[0].top), "");
    EXPECT_EQ(from->first.value, 2u) << "the source stays as it was";
}

TEST(Schema, GroupMasks) {
    static constexpr Group groups[] = {{"a", true}, {"b", false}, {"c", true}};
    const Schema schema{"k", "t", {}, groups, {}, 0};
    EXPECT_EQ(schema.default_groups(), 5u);
    EXPECT_EQ(schema.all_groups(), 7u);
}

} // namespace
} // namespace visor
