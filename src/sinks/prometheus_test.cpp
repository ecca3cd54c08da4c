#include "sinks/prometheus.hpp"

#include "sinks/test_results.hpp"

#include <gtest/gtest.h>
#include <set>

namespace visor::sinks {
namespace {
using test::Results;

std::string text_of(const Results& results, Labels labels = {}) {
    return prometheus_text({{&results.view(), std::move(labels)}});
}

size_t count_of(std::string_view text, std::string_view what) {
    size_t n = 0;
    for (size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1)) ++n;
    return n;
}

#define EXPECT_HAS(text, what) EXPECT_NE((text).find(what), std::string::npos) << (text)
#define EXPECT_HAS_NOT(text, what) EXPECT_EQ((text).find(what), std::string::npos) << (text)

TEST(Prometheus, CountersAreGaugesWithHelpTypeAndBraces) {
    Results results;
    results.cells->queries += 3;
    const std::string text = text_of(results);
    EXPECT_HAS(text, "# HELP dns_wire_packets_queries queries\n# TYPE dns_wire_packets_queries gauge\n"
                     "dns_wire_packets_queries{} 3\n");
    EXPECT_HAS(text, "\ndns_both{} 3\n"); // a row of two cells
    EXPECT_HAS_NOT(text, "malformed");    // beyond upstream's keys
    EXPECT_HAS_NOT(text, "dns_optional"); // its group is off
}

TEST(Prometheus, InstanceIsFirstAndTheRestSorted) {
    Results results;
    test::add_name(results.cells->top, "a.test", 5);
    const std::string text = text_of(results, {{"tap", "eth"}, {"policy", "p"}, {"instance", "me"}});
    EXPECT_HAS(text, "dns_wire_packets_events{instance=\"me\",policy=\"p\",tap=\"eth\"} 0\n");
    EXPECT_HAS(
        text, "dns_top_names{instance=\"me\",name=\"a.test\",policy=\"p\",qname=\"a.test\",tap=\"eth\"} 5\n");
}

TEST(Prometheus, EmptyCellsShowNoQuantilesNorItems) {
    Results results;
    const std::string text = text_of(results);
    for (const char* name : {"quantile", "_bucket", "dns_top_names", "own_rate", "_sum{", "_count{"})
        EXPECT_HAS_NOT(text, name);
    EXPECT_HAS(text, "dns_cardinality_qname{} 0\n");
}

TEST(Prometheus, QuantilesAreASummaryWithItsTrueSum) {
    Results results;
    for (uint64_t us : {10, 20, 30, 40}) results.cells->latency.update(us);
    results.cells->ratio.update(1.5);
    const std::string text = text_of(results, {{"policy", "p"}});
    EXPECT_HAS(text, "# TYPE dns_xact_out_quantiles_us summary\n"
                     "dns_xact_out_quantiles_us{policy=\"p\",quantile=\"0.5\"} 20\n"
                     "dns_xact_out_quantiles_us{policy=\"p\",quantile=\"0.9\"} 40\n"
                     "dns_xact_out_quantiles_us{policy=\"p\",quantile=\"0.95\"} 40\n"
                     "dns_xact_out_quantiles_us{policy=\"p\",quantile=\"0.99\"} 40\n"
                     "dns_xact_out_quantiles_us_sum{policy=\"p\"} 100\n"
                     "dns_xact_out_quantiles_us_count{policy=\"p\"} 4\n");
    EXPECT_HAS(text, "dns_xact_ratio_quantiles{policy=\"p\",quantile=\"0.5\"} 1.5\n");
}

TEST(Prometheus, RatesAreASummaryOverSeconds) {
    Results results;
    results.rates[path(&test::Cells::rate).offset] = {1, 2, 9, 0};
    const std::string text = text_of(results);
    EXPECT_HAS(text, "own_rate{quantile=\"0.5\"} 1\n");
    EXPECT_HAS(text, "own_rate{quantile=\"0.99\"} 9\nown_rate_sum{} 12\nown_rate_count{} 4\n");
}

TEST(Prometheus, HistogramEndsAtInfinity) {
    Results results;
    for (const uint64_t value : {12, 12, 1, 8, 12}) results.cells->histogram.update(value);
    EXPECT_HAS(text_of(results), "# TYPE dns_xact_out_histogram_us histogram\n"
                                 "dns_xact_out_histogram_us_bucket{le=\"1\"} 1\n"
                                 "dns_xact_out_histogram_us_bucket{le=\"8\"} 2\n"
                                 "dns_xact_out_histogram_us_bucket{le=\"12\"} 5\n"
                                 "dns_xact_out_histogram_us_bucket{le=\"+Inf\"} 5\n"
                                 "dns_xact_out_histogram_us_sum{} 45\n"
                                 "dns_xact_out_histogram_us_count{} 5\n");
}

TEST(Prometheus, AFamilyIsToldOnceForAllHandlersAndSides) {
    Results a, b;
    for (Results* results : {&a, &b}) {
        results->cells->side[0].total += 1;
        results->cells->side[1].total += 2;
        results->cells->latency.update(7);
        test::add_name(results->cells->top, "x.test", 1);
    }
    const std::string text =
        prometheus_text({{&a.view(), {{"policy", "p"}}}, {&b.view(), {{"policy", "q"}}}});
    EXPECT_HAS(text, "# TYPE dns_total gauge\n"
                     "dns_total{policy=\"p\",side=\"in\"} 1\ndns_total{policy=\"p\",side=\"out\"} 2\n"
                     "dns_total{policy=\"q\",side=\"in\"} 1\ndns_total{policy=\"q\",side=\"out\"} 2\n");
    std::set<std::string> heads;
    for (size_t at = text.find("# TYPE "); at != std::string::npos; at = text.find("# TYPE ", at + 1))
        EXPECT_TRUE(heads.insert(text.substr(at, text.find(' ', at + 7) - at)).second);
    EXPECT_EQ(count_of(text, "# HELP"), heads.size());
    EXPECT_EQ(heads.size(), 10u);
}

TEST(Prometheus, HandlersWithTheSameLabelsAreToldApart) {
    Results a, b;
    a.plan.name = "one";
    b.plan.name = "two";
    const std::string text =
        prometheus_text({{&a.view(), {{"policy", "p"}}}, {&b.view(), {{"policy", "p"}}}});
    EXPECT_HAS(text, "dns_wire_packets_events{handler=\"one\",policy=\"p\"} 0\n"
                     "dns_wire_packets_events{handler=\"two\",policy=\"p\"} 0\n");
}

TEST(Prometheus, HostileKeysStayInTheirLabel) {
    Results results;
    test::add_name(results.cells->top, "a\"} 1\nforged{x=\"\\", 5);
    test::add_name(results.cells->top, std::string_view("nul\0!", 5), 4);
    test::add_name(results.cells->top, "\xff\xc3(\xed\xa0\x80\xf4\x90\x80\x80", 3);
    const std::string text = text_of(results, {{"policy", "p\xff\"\n\\"}});
    EXPECT_HAS(text, R"(name="a\"} 1\nforged{x=\"\\",)");
    EXPECT_HAS(text, R"(qname="a\"} 1\nforged{x=\"\\"} 5)");
    EXPECT_HAS(text, "name=\"nul\xef\xbf\xbd!\"");
    EXPECT_HAS(text, "policy=\"p\xef\xbf\xbd\\\"\\n\\\\\"");
    EXPECT_EQ(count_of(text, "\xff"), 0u);
    EXPECT_EQ(text.find('\0'), std::string::npos);
    EXPECT_HAS_NOT(text, "\nforged");
}

TEST(Prometheus, KeysThatPrintTheSameAreOneSeries) {
    Results results;
    test::add_name(results.cells->top, "a\xfe", 5);
    test::add_name(results.cells->top, "a\xff", 4);
    const std::string text = text_of(results);
    EXPECT_EQ(count_of(text, "\ndns_top_names{"), 1u);
    EXPECT_HAS(text, "} 9\n");
}

TEST(Prometheus, NothingOfAHandlerWhoseGroupsAreOff) {
    Results results;
    results.plan.config.groups = 0;
    EXPECT_EQ(text_of(results), "");
    EXPECT_EQ(prometheus_text({}), "");
}

} // namespace
} // namespace visor::sinks
