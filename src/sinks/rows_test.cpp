#include "sinks/rows.hpp"

#include "sinks/test_results.hpp"

#include <gtest/gtest.h>

namespace visor::sinks {
namespace {
using test::Results;

std::vector<std::string> names_of(const TopTable& table) {
    std::vector<std::string> names;
    for (const TopLine& line : table.lines) names.push_back(line.key.name);
    return names;
}

// a:1 b:2 .. j:10
void ten_names(sketch::TopNames& top) {
    for (int i = 1; i <= 10; ++i) test::add_name(top, std::string(1, static_cast<char>('a' + i - 1)), i);
}

TEST(Rows, DisabledAndUnseenAreAbsent) {
    Results results;
    RowReader reader(results.view());
    EXPECT_EQ(reader.find("optional"), nullptr);
    EXPECT_EQ(reader.find("in.total"), nullptr);
    EXPECT_EQ(reader.find("no.such"), nullptr);
    EXPECT_NE(reader.find("wire_packets.queries"), nullptr);
    results.plan.config.groups = test::optional;
    results.cells->side[0].total += 1;
    EXPECT_NE(reader.find("optional"), nullptr);
    EXPECT_NE(reader.find("in.total"), nullptr);
    EXPECT_EQ(reader.find("out.total"), nullptr);
    EXPECT_EQ(reader.find("wire_packets.queries"), nullptr);
}

TEST(Rows, ExtendedOnlyWhenAskedFor) {
    Results results;
    RowReader reader(results.view());
    const auto shown = [&](bool extended) {
        bool found = false;
        reader.for_each(extended,
                        [&](const Row& row) { found |= row.facts.path == "wire_packets.malformed"; });
        return found;
    };
    EXPECT_FALSE(shown(false));
    EXPECT_TRUE(shown(true));
}

TEST(Rows, CellsOfARowAreSummed) {
    Results results;
    results.cells->queries += 3;
    results.cells->replies += 4;
    RowReader reader(results.view());
    EXPECT_EQ(reader.count(*reader.find("both")), 7u);
    EXPECT_EQ(results.cells->queries.value, 3u);
    EXPECT_EQ(results.cells->replies.value, 4u);
}

TEST(Rows, TopIsCutToTheCountConfigured) {
    Results results;
    ten_names(results.cells->top);
    results.plan.window.topn_count = 3;
    RowReader reader(results.view());
    const TopTable table = reader.top(*reader.find("top_names"));
    EXPECT_EQ(names_of(table), (std::vector<std::string>{"j", "i", "h"}));
    EXPECT_EQ(table.lines[0].lower, 10u);
    EXPECT_EQ(table.lines[0].upper, 10u);
    EXPECT_EQ(table.total, 55u);
    EXPECT_TRUE(table.exact);
    EXPECT_EQ(reader.top(*reader.find("top_names"), 1).lines.size(), 1u);
}

TEST(Rows, PercentileKeepsWhatReachesIt) {
    Results results;
    ten_names(results.cells->top);
    RowReader reader(results.view());
    const Row& row = *reader.find("top_names");
    results.plan.window.topn_percentile_threshold = 80;
    EXPECT_EQ(names_of(reader.top(row)), (std::vector<std::string>{"j", "i", "h"}));
    results.plan.window.topn_percentile_threshold = 100;
    EXPECT_EQ(names_of(reader.top(row)), (std::vector<std::string>{"j"}));
    // The percentile is of the whole table, and the count cuts what it leaves.
    results.plan.window.topn_percentile_threshold = 1;
    results.plan.window.topn_count = 2;
    EXPECT_EQ(names_of(reader.top(row)), (std::vector<std::string>{"j", "i"}));
}

TEST(Rows, SecondsOfSeveralCellsAreSummed) {
    Results results;
    RowReader reader(results.view());
    EXPECT_EQ(reader.seconds(*reader.find("rates.sum")).size(), 0u);
    results.rates[path(&test::Cells::rate).offset] = {1, 2, 3};
    results.rates[path(&test::Cells::other_rate).offset] = {10, 20, 30, 40};
    EXPECT_EQ(reader.seconds(*reader.find("rates.sum")), (engine::RateLine{11, 22, 33, 40}));
    EXPECT_EQ(reader.seconds(*reader.find("rates.total")), (engine::RateLine{1, 2, 3}));
}

TEST(Rows, TheLedgerIsOfAllPeriods) {
    Results results;
    const auto events = [](const engine::HandlerView& view) {
        for (const BalanceLine& line : balance_of(view))
            if (line.path == "wire_packets.events") return line.count;
        return uint64_t{0};
    };
    results.cells->events += 5;
    EXPECT_EQ(events(results.view()), 5u);
    visor::test::Bucket<test::Cells> all;
    all->events += 38;
    engine::HandlerView view = results.view();
    view.counters = all.get();
    EXPECT_EQ(events(view), 38u);
    RowReader shown(view);
    EXPECT_EQ(shown.count(*shown.find("wire_packets.events")), 5u);
}

} // namespace
} // namespace visor::sinks
