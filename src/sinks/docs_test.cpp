#include "sinks/docs.hpp"

#include "sinks/test_results.hpp"

#include <gtest/gtest.h>

namespace visor::sinks {
namespace {

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST(Docs, EveryRowIsALineAndADimensionIsToldOnce) {
    const Schema* const schemas[] = {&test::schema()};
    const std::string text = metrics_markdown(schemas);
    EXPECT_TRUE(has(text, "## test 1.0\n"));
    EXPECT_TRUE(has(text, "| `wire_packets.queries` | `dns_wire_packets_queries` | "
                          "`pktvisor_dns_wire_packets_queries_total` | counter | `1` | counters |  | "
                          "queries |\n"));
    EXPECT_TRUE(has(text, "| `rates.total` | `own_rate` | `pktvisor_dns_rate_messages_per_second` | rate | "
                          "`{message}/s` |  |  | messages a second |\n"));
    EXPECT_TRUE(
        has(text,
            "| `<side>.total` | `dns_total` | `pktvisor_dns_total` | counter | `1` |  |  | on one side |\n"));
    EXPECT_FALSE(has(text, "| `<side>.total` | `dns_total` | `pktvisor_dns_total` | counter | `1` |  |  | on "
                           "one side |\n| `<side>.total`"));
    EXPECT_TRUE(has(text, "for each side seen: `in`, `out`."));
    EXPECT_TRUE(has(text, "`optional` (off unless enabled)"));
    EXPECT_TRUE(has(text, "| --extended |  | messages too short |"));
}

TEST(Docs, BarsInTextDoNotEndACell) {
    const Schema* const schemas[] = {&test::schema()};
    EXPECT_TRUE(has(metrics_markdown(schemas), "| `qname` | names \\| asked |\n"));
    const HandlerClass* const handlers[] = {&test::handler_class};
    const std::string text = options_markdown(window_options, std::span<const InputOptions>{}, handlers);
    EXPECT_TRUE(has(text, "| `limit` | number | 1 to 9 (clamped) | the most \\| the least |\n"));
    EXPECT_TRUE(has(text, "| `names` | list |  | which names |\n"));
    EXPECT_TRUE(has(text, "| `num_periods` | number | 1 to 10 (clamped) |"));
}

} // namespace
} // namespace visor::sinks
