#include "sinks/negotiate.hpp"

#include "sinks/test_results.hpp"

#include <gtest/gtest.h>
#include <random>
#include <string>

namespace visor::sinks {
namespace {
using F = ExpositionFormat;

constexpr std::string_view prometheus_with_native =
    "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited, "
    "application/openmetrics-text;version=1.0.0;q=0.8, application/openmetrics-text;version=0.0.1;q=0.75, "
    "text/plain;version=0.0.4;q=0.5, */*;q=0.1";
constexpr std::string_view prometheus =
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
    "text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

TEST(Negotiate, WithoutAFormatItIsTheCompatibleOne) {
    for (const std::string_view accept : {prometheus_with_native, prometheus, std::string_view("*/*")}) {
        EXPECT_EQ(*choose_exposition("", accept), F::compatible);
        EXPECT_EQ(*choose_exposition("compatible", accept), F::compatible);
    }
    EXPECT_EQ(content_type(F::compatible), "text/plain");
}

TEST(Negotiate, ModernIsWhatThePeerLikesBest) {
    EXPECT_EQ(*choose_exposition("modern", prometheus_with_native), F::protobuf);
    EXPECT_EQ(*choose_exposition("modern", prometheus), F::open_metrics);
    EXPECT_EQ(*choose_exposition("modern", ""), F::text);
    EXPECT_EQ(*choose_exposition("modern", "text/html, */*;q=0.8"), F::text);
    EXPECT_EQ(*choose_exposition("modern", "application/openmetrics-text;q=0.1, text/plain;q=0.2"), F::text);
    EXPECT_EQ(*choose_exposition("modern", "Application/OpenMetrics-Text; Version=\"1.0.0\""),
              F::open_metrics);
}

TEST(Negotiate, WhatCannotBeServedIsPassedOver) {
    EXPECT_EQ(accepted_format("application/openmetrics-text;version=2.0.0, text/plain;q=0.1"), F::text);
    EXPECT_EQ(accepted_format("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;"
                              "encoding=text, application/openmetrics-text;q=0.1"),
              F::open_metrics);
    EXPECT_EQ(accepted_format("application/vnd.google.protobuf, application/openmetrics-text;q=0.1"),
              F::open_metrics);
    EXPECT_EQ(accepted_format("application/openmetrics-text;q=0"), F::text);
    EXPECT_EQ(accepted_format("application/openmetrics-text;q=2"), F::text);
    EXPECT_EQ(accepted_format("application/openmetrics-text;q=nan"), F::text);
    EXPECT_EQ(accepted_format("application/openmetrics-text;q="), F::text);
}

TEST(Negotiate, FormatsAreWhatTheySay) {
    EXPECT_EQ(*choose_exposition("text", prometheus), F::text);
    EXPECT_EQ(*choose_exposition("openmetrics", ""), F::open_metrics);
    EXPECT_EQ(*choose_exposition("protobuf", ""), F::protobuf);
    EXPECT_FALSE(choose_exposition("Modern", ""));
    EXPECT_NE(choose_exposition("xml", "").error().find("openmetrics"), std::string::npos);
}

TEST(Negotiate, EveryFormatIsTheExpositionItNames) {
    test::Results results;
    const Scrape scrape{{{&results.view(), {}}}};
    const auto shows = [&](F format, std::string_view what) {
        return exposition_of(format, scrape).find(what) != std::string::npos;
    };
    EXPECT_TRUE(shows(F::compatible, "\ndns_wire_packets_events{} 0\n"));
    EXPECT_TRUE(shows(F::text, "\npktvisor_dns_wire_packets_events_total{} 0\n"));
    EXPECT_FALSE(shows(F::text, "# EOF"));
    EXPECT_TRUE(shows(F::open_metrics, "\n# EOF\n"));
    EXPECT_TRUE(shows(F::protobuf, "\x0a\x26pktvisor_dns_wire_packets_events_total"));
}

TEST(Negotiate, GarbageIsText) {
    for (const std::string_view accept :
         {",", ";", ",,;;==", "=", ";q", "*", "text", "\xff\xfe", ";q=0.5;q=1", "\""})
        EXPECT_EQ(accepted_format(accept), F::text) << accept;
    std::mt19937 random(1);
    constexpr std::string_view pieces[] = {"application/openmetrics-text",
                                           "text/plain",
                                           ";",
                                           ",",
                                           "q",
                                           "=",
                                           "\"",
                                           "0.5",
                                           "version",
                                           "1.0.0",
                                           " ",
                                           "*/*",
                                           "\x80",
                                           "1e9",
                                           "encoding"};
    for (int i = 0; i < 20'000; ++i) {
        std::string accept;
        for (auto n = random() % 12; n > 0; --n) accept += pieces[random() % std::size(pieces)];
        const ExpositionFormat format = accepted_format(accept);
        EXPECT_TRUE(format == F::text || format == F::open_metrics) << accept;
    }
}

} // namespace
} // namespace visor::sinks
