#include "sinks/json.hpp"

#include "sinks/test_results.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace visor::sinks {
namespace {
using nlohmann::json;
using test::Results;

json json_of(const Results& results, bool extended = false) {
    return handler_json(results.view(), {extended});
}

TEST(Json, PathsNestAndKeysAreSorted) {
    Results results;
    results.cells->queries += 2;
    const json out = json_of(results);
    EXPECT_EQ(out["wire_packets"]["queries"], 2);
    EXPECT_EQ(out["xact"]["counts"]["total"], 0);
    EXPECT_EQ(out["period"], (json{{"start_ts", 1'700'000'000}, {"length", 60}}));
    const std::string text = dump_json(out, false);
    EXPECT_LT(text.find("\"cardinality\""), text.find("\"period\""));
    EXPECT_LT(text.find("\"period\""), text.find("\"wire_packets\""));
    EXPECT_EQ(text.find('\n'), std::string::npos);
    EXPECT_NE(dump_json(out, true).find("\n    \"period\": {"), std::string::npos);
}

TEST(Json, QuantilesAreAbsentUntilSomethingWasSeen) {
    Results results;
    EXPECT_FALSE(json_of(results)["xact"].contains("out"));
    for (uint64_t us = 1; us <= 100; ++us) results.cells->latency.update(us);
    results.cells->ratio.update(1.5);
    const json out = json_of(results)["xact"];
    const json& quantiles = out["out"]["quantiles_us"];
    EXPECT_TRUE(quantiles["p50"].is_number_unsigned());
    EXPECT_NEAR(quantiles["p50"].get<double>(), 50, 1);
    EXPECT_NEAR(quantiles["p99"].get<double>(), 99, 2);
    EXPECT_EQ(quantiles.size(), 4u);
    EXPECT_TRUE(out["ratio"]["quantiles"]["p50"].is_number_float());
}

TEST(Json, ExtendedAddsKeysAndChangesNone) {
    Results results;
    test::add_name(results.cells->top, "a.test", 5);
    results.cells->latency.update(70);
    results.cells->names.update(sketch::murmur3_128_4("abcd"));
    results.rates[path(&test::Cells::rate).offset] = {1, 2, 3};
    const json plain = json_of(results), more = json_of(results, true);
    EXPECT_FALSE(plain.contains("rates"));
    EXPECT_FALSE(plain["wire_packets"].contains("malformed"));
    EXPECT_EQ(plain["top_names"][0], (json{{"estimate", 5}, {"name", "a.test"}}));
    EXPECT_EQ(plain["cardinality"], (json{{"qname", 1}}));

    EXPECT_EQ(more["rates"]["total"], (json{{"p50", 2}, {"p90", 3}, {"p95", 3}, {"p99", 3}}));
    EXPECT_EQ(more["wire_packets"]["malformed"], 0);
    EXPECT_EQ(more["top_names"][0], (json{{"estimate", 5}, {"name", "a.test"}, {"lower", 5}, {"upper", 5}}));
    EXPECT_EQ(more["top_names_bounds"], (json{{"total", 5}, {"unlisted_max", 0}}));
    EXPECT_EQ(more["cardinality"]["qname_bounds"], (json{{"lower", 1.0}, {"upper", 1.0}}));
    EXPECT_EQ(more["xact"]["out"]["quantiles_us"]["count"], 1);
    EXPECT_EQ(more["xact"]["out"]["quantiles_us"]["max"], 70.0);
    // A consumer that walks the plain result finds each of its keys in the extended one.
    json both = more;
    both.merge_patch(plain);
    EXPECT_EQ(both["wire_packets"], more["wire_packets"]);
    EXPECT_EQ(both["xact"], more["xact"]);
}

TEST(Json, LiveStreamsShowTheirRatesAndOpenOnesTheLastSecond) {
    Results results;
    results.rates[path(&test::Cells::rate).offset] = {1, 9, 2};
    engine::HandlerView view = results.view();
    view.live = true;
    json out = handler_json(view, {});
    EXPECT_EQ(out["rates"]["total"], (json{{"p50", 2}, {"p90", 9}, {"p95", 9}, {"p99", 9}}));
    view.open = true;
    out = handler_json(view, {});
    EXPECT_EQ(out["rates"]["total"], (json{{"live", 2}, {"p50", 2}, {"p90", 9}, {"p95", 9}, {"p99", 9}}));
    results.rates.clear(); // nothing came yet
    out = handler_json(view, {});
    EXPECT_EQ(out["rates"]["sum"], (json{{"live", 0}, {"p50", 0}, {"p90", 0}, {"p95", 0}, {"p99", 0}}));
    view.live = false;
    EXPECT_FALSE(handler_json(view, {}).contains("rates"));
}

TEST(Json, ChartsAddBinsAndSecondsToTheExtended) {
    Results results;
    for (const uint64_t us : {0, 1, 2, 5, 6, 6, 1000}) results.cells->latency.update(us);
    for (const double ratio : {0.2, 1.0, 1.1}) results.cells->ratio.update(ratio);
    results.rates[path(&test::Cells::rate).offset] = {1, 2, 3};
    json charts = handler_json(results.view(), {.charts = true});
    EXPECT_EQ(charts, handler_json(results.view(), {.extended = true, .charts = true}));
    const json bins = charts["xact"]["out"]["quantiles_us"]["bins"];
    EXPECT_EQ(bins, (json{{0, 0, 1}, {0, 1, 1}, {1, 2, 1}, {4, 5, 1}, {5, 6, 2}, {861, 1024, 1}}));
    EXPECT_TRUE(bins[3][1].is_number_unsigned());
    const json ratios = charts["xact"]["ratio"]["quantiles"]["bins"];
    ASSERT_EQ(ratios.size(), 3u);
    EXPECT_EQ(ratios[1], (json{std::pow(2, -0.25), 1.0, 1}));
    EXPECT_EQ(ratios[2], (json{1.0, std::pow(2, 0.25), 1}));
    // The view's 60 seconds end at the last of these.
    EXPECT_EQ(charts["rates"]["total"]["seconds"],
              (json{{"start_ts", 1'700'000'057}, {"values", {1, 2, 3}}}));
    // Without what they add it is the extended result.
    charts["xact"]["out"]["quantiles_us"].erase("bins");
    charts["xact"]["ratio"]["quantiles"].erase("bins");
    for (const char* rate : {"total", "sum"}) charts["rates"][rate].erase("seconds");
    EXPECT_EQ(charts, json_of(results, true));
}

TEST(Json, BinsOfAChartHoldWhatTheCellHolds) {
    Results results;
    uint64_t value = 0;
    for (int i = 0; i < 5000; ++i) results.cells->latency.update(value += value / 50 + 1);
    const json out = handler_json(results.view(), {.charts = true})["xact"]["out"]["quantiles_us"];
    uint64_t sum = 0, upper = 0;
    for (const json& bin : out["bins"]) {
        EXPECT_GE(bin[0], upper); // none overlaps the one before
        EXPECT_LT(bin[0], bin[1]);
        upper = bin[1].is_number_float() ? upper : bin[1].get<uint64_t>();
        sum += bin[2].get<uint64_t>();
    }
    EXPECT_EQ(sum, out["count"]);
    EXPECT_LE(out["bins"].size(), 4u * 64);
}

// A thousand seconds of a rate that grows by one each.
engine::HandlerView growing(Results& results) {
    engine::RateLine& line = results.rates[path(&test::Cells::rate).offset];
    for (uint64_t second = 0; second < 1000; ++second) line.append(engine::RateLine{second});
    engine::HandlerView view = results.view();
    view.length = 1000;
    return view;
}

TEST(Json, ChartsShowTheNewestSecondsOfALongTime) {
    Results results;
    const json seconds = handler_json(growing(results), {.charts = true})["rates"]["total"]["seconds"];
    EXPECT_EQ(seconds["start_ts"], 1'700'000'700);
    EXPECT_EQ(seconds["values"].size(), charted_seconds);
    EXPECT_EQ(seconds["values"].back(), 999);
}

TEST(Json, ReportsShowAllSecondsAsMeansOfSome) {
    Results results;
    const JsonOptions options{.charts = true, .seconds = engine::seconds_max, .step = 300};
    EXPECT_EQ(handler_json(growing(results), options)["rates"]["total"]["seconds"],
              (json{{"start_ts", 1'700'000'000}, {"step", 300}, {"values", {149.5, 449.5, 749.5, 949.5}}}));
}

TEST(Json, HistogramIsCumulativeAndEndsAtInfinity) {
    Results results;
    for (const uint64_t value : {12, 12, 1, 8, 12}) results.cells->histogram.update(value);
    EXPECT_EQ(json_of(results)["xact"]["out"]["histogram_us"]["buckets"],
              (json{{"1", 1}, {"8", 2}, {"12", 5}, {"+Inf", 5}}));
}

TEST(Json, TopListIsAnArrayEvenWhenEmpty) {
    Results results;
    EXPECT_EQ(json_of(results)["top_names"], json::array());
}

TEST(Json, UnseenSideIsAbsent) {
    Results results;
    EXPECT_FALSE(json_of(results).contains("in"));
    results.cells->side[1].total += 3;
    EXPECT_FALSE(json_of(results).contains("in"));
    EXPECT_EQ(json_of(results)["out"]["total"], 3);
}

TEST(Json, WithoutAnyGroupTheObjectIsEmpty) {
    Results results;
    results.plan.config.groups = 0;
    EXPECT_EQ(json_of(results), json::object());
}

TEST(Json, BytesThatAreNoUtf8AreReplaced) {
    Results results;
    test::add_name(results.cells->top, "a\xff\xc3(b\x1b", 1);
    const std::string text = dump_json(json_of(results), false);
    EXPECT_NE(text.find("a\xef\xbf\xbd\xef\xbf\xbd(b\\u001b"), std::string::npos) << text;
    EXPECT_TRUE(json::accept(text));
}

TEST(Json, ForATerminalAllButPrintableAsciiIsEscaped) {
    const json hostile = {{"name", "\x7f\xc2\x9b"
                                   "31m\xe2\x80\xae.evil\xff"}};
    const std::string text = dump_json(hostile, false, true);
    EXPECT_EQ(text, R"({"name":"\u007f\u009b31m\u202e.evil\ufffd"})");
    EXPECT_EQ(json::parse(text), json::parse(dump_json(hostile, false)));
}

TEST(Json, LedgerIsNestedByItsPaths) {
    engine::Ledger ledger;
    ledger.source.received = 7;
    ledger.source.bad_record = 2;
    const json out = ledger_json(ledger);
    EXPECT_EQ(out["tap"]["received"], 7);
    EXPECT_EQ(out["tap"]["malformed"]["bad_record"], 2);
    EXPECT_EQ(out["tap"]["dropped"]["filter"], 0);
}

} // namespace
} // namespace visor::sinks
