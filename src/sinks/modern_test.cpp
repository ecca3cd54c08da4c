#include "sinks/modern.hpp"

#include "sinks/names.hpp"
#include "sinks/test_results.hpp"

#include <gtest/gtest.h>

namespace visor::sinks {
namespace {
using test::Results;

#define EXPECT_HAS(text, what) EXPECT_NE((text).find(what), std::string::npos) << (text)
#define EXPECT_HAS_NOT(text, what) EXPECT_EQ((text).find(what), std::string::npos) << (text)

std::string text_of(const Results& results, Labels labels = {}) {
    return modern_exposition({{{&results.view(), std::move(labels)}}}, ModernForm::text);
}

std::string name_of(std::string_view key, std::string_view path, std::string_view unit, CellPlace place) {
    const Schema schema{key, "t", "", {}, {row(place, {.path = path, .help = "h", .unit = unit})}, 0};
    return modern_families(schema, schema.rows[0]).front();
}

TEST(ModernNames, SayEachThingOnce) {
    using C = test::Cells;
    const CellPlace counter = path(&C::events), rate = path(&C::rate), latency = path(&C::latency),
                    top = path(&C::top), histogram = path(&C::histogram);
    EXPECT_EQ(name_of("packets", "total", "1", counter), "pktvisor_packets_total");
    EXPECT_EQ(name_of("net", "total_packets", "1", counter), "pktvisor_net_packets_total");
    EXPECT_EQ(name_of("flow", "in_bytes", "By", counter), "pktvisor_flow_in_bytes_total");
    EXPECT_EQ(name_of("packets", "top_geoLoc", "1", top), "pktvisor_packets_top_geo_loc");
    EXPECT_EQ(name_of("packets", "top_ASN", "1", top), "pktvisor_packets_top_asn");
    EXPECT_EQ(name_of("dns", "xact.in.quantiles_us", "us", latency), "pktvisor_dns_xact_in_seconds");
    EXPECT_EQ(name_of("dns", "xact_time_us", "us", latency), "pktvisor_dns_xact_seconds");
    EXPECT_EQ(name_of("dns", "xact_histogram_us", "us", histogram), "pktvisor_dns_xact_seconds");
    EXPECT_EQ(name_of("packets", "rates.pps_in", "{packet}/s", rate),
              "pktvisor_packets_rate_in_packets_per_second");
    EXPECT_EQ(name_of("packets", "rates.bytes_total", "By/s", rate),
              "pktvisor_packets_rate_bytes_per_second");
    EXPECT_EQ(name_of("a-b", "c", "1", counter), "pktvisor_a_b_c_total");
}

TEST(Modern, CountersAreThoseSinceTheStartAndListsThoseOfTheMinute) {
    Results minute, life;
    minute.cells->queries += 2;
    life.cells->queries += 200;
    minute.cells->peers.set(3); // now; there were more
    life.cells->peers.set(9);
    test::add_name(minute.cells->top, "now.test", 1);
    test::add_name(life.cells->top, "ever.test", 100);
    Scrape scrape{{{&minute.view(), {{"policy", "p"}}, &life.view()}}, {}, 1'600'000'000.5};
    const std::string text = modern_exposition(scrape, ModernForm::text);
    EXPECT_HAS(text, "# TYPE pktvisor_dns_wire_packets_queries_total counter\n"
                     "pktvisor_dns_wire_packets_queries_total{policy=\"p\"} 200\n");
    EXPECT_HAS(text, "# TYPE pktvisor_dns_peers gauge\npktvisor_dns_peers{policy=\"p\"} 3\n");
    EXPECT_HAS(text, "pktvisor_dns_top_names{policy=\"p\",qname=\"now.test\"} 1\n");
    EXPECT_HAS_NOT(text, "ever.test");
    EXPECT_HAS_NOT(text, "_created");
    EXPECT_HAS(modern_exposition(scrape, ModernForm::open_metrics),
               "pktvisor_dns_wire_packets_queries_created{policy=\"p\"} 1600000000.5\n");
    scrape.sources[0].start_time = 1'600'000'060; // the policy came later
    EXPECT_HAS(modern_exposition(scrape, ModernForm::open_metrics),
               "pktvisor_dns_wire_packets_queries_created{policy=\"p\"} 1600000060\n");
}

TEST(Modern, EstimatesHaveTheirBounds) {
    Results results;
    for (uint64_t i = 0; i < 100'000; ++i) {
        const std::string name = std::to_string(i % 20'000);
        results.cells->names.update(
            sketch::murmur3_128_4(name.substr(0, 4).append(4, 'x').substr(0, 4).c_str()));
        test::add_name(results.cells->top, name + (i % 2 ? "" : ".heavy"), i % 20'000 == 7 ? 1000 : 1);
    }
    const std::string text = text_of(results);
    const auto value = [&](const std::string& name) {
        const size_t at = text.find("\n" + name + "{");
        EXPECT_NE(at, std::string::npos) << name;
        return std::stod(text.substr(text.find("} ", at) + 2));
    };
    EXPECT_LT(value("pktvisor_dns_cardinality_qname_lower"), value("pktvisor_dns_cardinality_qname"));
    EXPECT_GT(value("pktvisor_dns_cardinality_qname_upper"), value("pktvisor_dns_cardinality_qname"));
    EXPECT_HAS(text, "pktvisor_dns_top_names{qname=\"7\"} ");
    EXPECT_LE(value("pktvisor_dns_top_names"), 5000);
    EXPECT_GE(value("pktvisor_dns_top_names_upper"), 5000);
    EXPECT_EQ(value("pktvisor_dns_top_names_all"), 99'995 + 5000);
    EXPECT_GE(value("pktvisor_dns_top_names_unlisted_upper"), 1);
}

TEST(Modern, TimesAreSecondsInBucketsThatAreEdgesOfBins) {
    Results results;
    for (const uint64_t us : {0, 16, 17, 1'000, 1'024, 1'025, 100'000'000}) results.cells->latency.update(us);
    const std::string text = text_of(results);
    EXPECT_HAS(text, "# TYPE pktvisor_dns_xact_out_seconds histogram\n");
    EXPECT_HAS(text, "pktvisor_dns_xact_out_seconds_bucket{le=\"1.6e-05\"} 2\n");
    EXPECT_HAS(text, "pktvisor_dns_xact_out_seconds_bucket{le=\"3.2e-05\"} 3\n");
    EXPECT_HAS(text, "pktvisor_dns_xact_out_seconds_bucket{le=\"0.001024\"} 5\n");
    EXPECT_HAS(text, "pktvisor_dns_xact_out_seconds_bucket{le=\"0.002048\"} 6\n");
    EXPECT_HAS(text, "pktvisor_dns_xact_out_seconds_bucket{le=\"33.554432\"} 6\n"
                     "pktvisor_dns_xact_out_seconds_bucket{le=\"+Inf\"} 7\n"
                     "pktvisor_dns_xact_out_seconds_sum{} 100.003082\n"
                     "pktvisor_dns_xact_out_seconds_count{} 7\n");
}

// Both rows of the test's handler are the time of a reply: one in fine bins, one in upstream's.
TEST(Modern, WhatIsShownInFinerBinsIsNotShownInCoarserOnes) {
    Results results;
    results.cells->latency.update(5000);
    for (const uint64_t us : {9, 10, 11, 99, 100, 101}) results.cells->histogram.update(us);
    EXPECT_HAS(text_of(results), "pktvisor_dns_xact_out_seconds_count{} 1\n");
}

TEST(Modern, UpstreamsBinsAloneAreShownInThree) {
    Results results;
    static const Schema only = [] {
        Schema schema = test::schema();
        std::erase_if(schema.rows, [](const Row& row) { return row.ops->kind != Kind::histogram; });
        return schema;
    }();
    static const HandlerClass alone{
        "test", "1.0", []() -> const Schema& { return only; }, test::cell_places, {}, test::make_filler};
    results.plan.handler = &alone;
    for (const uint64_t us : {9, 10, 11, 22, 99, 100, 101, 2'000'000'000})
        results.cells->histogram.update(us);
    const std::string text = text_of(results);
    EXPECT_HAS(text, "pktvisor_dns_xact_out_seconds_bucket{le=\"2e-06\"} 0\n"
                     "pktvisor_dns_xact_out_seconds_bucket{le=\"4e-06\"} 0\n"
                     "pktvisor_dns_xact_out_seconds_bucket{le=\"1e-05\"} 2\n"
                     "pktvisor_dns_xact_out_seconds_bucket{le=\"2.1e-05\"} 3\n"
                     "pktvisor_dns_xact_out_seconds_bucket{le=\"4.6e-05\"} 4\n"
                     "pktvisor_dns_xact_out_seconds_bucket{le=\"1e-04\"} 6\n"
                     "pktvisor_dns_xact_out_seconds_bucket{le=\"0.000215\"} 7\n");
    EXPECT_HAS(text, "pktvisor_dns_xact_out_seconds_bucket{le=\"100\"} 7\n"
                     "pktvisor_dns_xact_out_seconds_bucket{le=\"+Inf\"} 8\n");
}

TEST(Modern, RatesHaveTheMinutesQuantilesAndTheSumOfAll) {
    Results results;
    results.rates[path(&test::Cells::rate).offset] = {1, 2, 9, 0};
    for (uint32_t second = 0; second < 70; ++second) results.cells->rate.add(second, 3);
    EXPECT_HAS(text_of(results), "# TYPE pktvisor_dns_rate_messages_per_second summary\n"
                                 "pktvisor_dns_rate_messages_per_second{quantile=\"0.5\"} 1\n");
    EXPECT_HAS(text_of(results), "pktvisor_dns_rate_messages_per_second_sum{} 210\n"
                                 "pktvisor_dns_rate_messages_per_second_count{} 60\n");
}

TEST(Modern, OpenMetricsHasUnitsAndAnEnd) {
    Results results;
    const std::string text = modern_exposition({{{&results.view(), {}}}}, ModernForm::open_metrics);
    EXPECT_HAS(
        text,
        "# TYPE pktvisor_dns_xact_out_seconds histogram\n# UNIT pktvisor_dns_xact_out_seconds seconds\n");
    EXPECT_HAS(text, "# UNIT pktvisor_dns_top_all_bytes bytes\n");
    EXPECT_TRUE(text.ends_with("\n# EOF\n"));
    EXPECT_EQ(modern_exposition({}, ModernForm::open_metrics), "# EOF\n");
}

TEST(Modern, FiguresOfNoHandlerStandBesideThem) {
    Scrape scrape;
    scrape.plain = {{"tap.received", "frames", true, 5, {{"tap", "\xff"}}}, {"up", "always", false, 1}};
    EXPECT_EQ(modern_exposition(scrape, ModernForm::text),
              "# HELP pktvisor_tap_received_total frames\n# TYPE pktvisor_tap_received_total counter\n"
              "pktvisor_tap_received_total{tap=\"\xef\xbf\xbd\"} 5\n"
              "# HELP pktvisor_up always\n# TYPE pktvisor_up gauge\npktvisor_up{} 1\n");
}

} // namespace
} // namespace visor::sinks
