#include "sinks/openapi.hpp"

#include "sinks/json.hpp"
#include "sinks/schema_json.hpp"
#include "sinks/test_results.hpp"

#include <gtest/gtest.h>

namespace visor::sinks {
namespace {
using nlohmann::json;

const HandlerClass* const handlers[] = {&test::handler_class};

json example() {
    const RouteInfo routes[] = {
        {"GET",
         "/api/v1/policies/{name}/metrics/window/{n}",
         "Metrics of the last n minutes.",
         {{"name", RouteParameter::Place::path, "a policy, or __all"},
          {"n", RouteParameter::Place::path, "minutes", RouteParameter::Type::uint},
          {"extended", RouteParameter::Place::query, "bounds too", RouteParameter::Type::boolean}},
         {{200, "metrics", "PolicyMetrics"}, {404, "no such policy", "Error"}, {425, "too early", "Error"}}},
        {"GET",
         "/metrics",
         "All for Prometheus.",
         {{"format", RouteParameter::Place::query, "form", RouteParameter::Type::text, {"modern", "text"}}},
         {{200, "text", "", "text/plain"}, {200, "protobuf", "", "application/vnd.google.protobuf"}}},
        {"POST",
         "/api/v1/taps",
         "Adds a tap.",
         {},
         {{201, "it", "Taps"}},
         "TapDocument",
         {"application/x-yaml", "application/json"},
         true},
        {"DELETE", "/api/v1/server", "Stops.", {}, {{200, "stopping"}}, "", {}, true},
    };
    static constexpr Option options[] = {{"iface", OptionType::text, "where frames come from"}};
    const InputOptions inputs[] = {{"pcap", options}};
    return openapi_json({"5.0.0", routes, handlers, inputs});
}

void expect_references_resolve(const json& document, const json& node) {
    if (node.is_object() && node.contains("$ref")) {
        const std::string target = node["$ref"].get<std::string>().substr(1);
        EXPECT_TRUE(document.contains(json::json_pointer(target))) << target;
    }
    if (!node.is_structured()) return;
    for (const auto& child : node) expect_references_resolve(document, child);
}

TEST(OpenApi, RoutesAreTold) {
    const json api = example();
    EXPECT_EQ(api["openapi"], "3.1.0");
    EXPECT_EQ(api["info"]["version"], "5.0.0");
    const json& window = api["paths"]["/api/v1/policies/{name}/metrics/window/{n}"]["get"];
    EXPECT_EQ(window["parameters"].size(), 3u);
    EXPECT_EQ(window["parameters"][0]["required"], true);
    EXPECT_EQ(window["parameters"][1]["schema"]["type"], "integer");
    EXPECT_FALSE(window["parameters"][2].contains("required"));
    EXPECT_EQ(window["responses"]["425"]["content"]["text/json"]["schema"]["$ref"],
              "#/components/schemas/Error");
    const json& metrics = api["paths"]["/metrics"]["get"];
    EXPECT_EQ(metrics["responses"]["200"]["content"].size(), 2u);
    EXPECT_EQ(metrics["responses"]["200"]["description"], "text; protobuf");
    EXPECT_EQ(metrics["parameters"][0]["schema"]["enum"], (json{"modern", "text"}));
    const json& post = api["paths"]["/api/v1/taps"]["post"];
    EXPECT_EQ(post["requestBody"]["content"].size(), 2u);
    EXPECT_EQ(post["tags"], json{"admin"});
    EXPECT_FALSE(api["paths"]["/api/v1/server"]["delete"].contains("requestBody"));
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
    const json api = example();
    expect_references_resolve(api, api);
}

TEST(OpenApi, EveryMetricAndOptionHasASchema) {
    const json schemas = example()["components"]["schemas"];
    const json& metrics = schemas["test-1.0-metrics"]["properties"];
    EXPECT_EQ(metrics["wire_packets"]["properties"]["queries"]["description"], "queries");
    EXPECT_EQ(metrics["xact"]["properties"]["out"]["properties"]["quantiles_us"]["x-unit"], "us");
    EXPECT_EQ(metrics["in"]["properties"]["top_side"]["$ref"], "#/components/schemas/TopList");
    EXPECT_EQ(schemas["test-1.0-config"]["properties"]["limit"]["type"], (json{"integer", "string"}));
    EXPECT_FALSE(schemas["test-1.0-config"]["properties"]["limit"].contains("maximum")); // it is clamped
    EXPECT_EQ(schemas["test-1.0-config"]["properties"]["topn_percentile_threshold"]["maximum"], 100);
    EXPECT_EQ(schemas["pcap-input-config"]["properties"]["iface"]["type"], "string");
    EXPECT_EQ(schemas["HandlerMetrics"]["properties"]["dns"]["anyOf"][0]["$ref"],
              "#/components/schemas/test-1.0-metrics");
}

// Objects are closed, so a key the program prints and the description lacks is found.
void expect_described(const json& schemas, const json& schema, const json& value, const std::string& where) {
    if (schema.contains("$ref")) {
        const std::string name =
            schema["$ref"].get<std::string>().substr(std::string("#/components/schemas/").size());
        return expect_described(schemas, schemas.at(name), value, where);
    }
    if (!value.is_object() || !schema.contains("properties")) return;
    for (const auto& [key, inner] : value.items()) {
        EXPECT_TRUE(schema["properties"].contains(key)) << where << "." << key;
        if (schema["properties"].contains(key))
            expect_described(schemas, schema["properties"][key], inner,
                             std::string(where).append(".").append(key));
    }
}

TEST(OpenApi, WhatIsPrintedIsDescribed) {
    test::Results results;
    test::Cells& cells = *results.cells;
    test::add_name(cells.top, "a.test", 5);
    cells.latency.update(7);
    cells.ratio.update(1);
    cells.histogram.update(7);
    cells.side[0].total += 1;
    results.rates[path(&test::Cells::rate).offset] = {1};
    engine::HandlerView view = results.view();
    view.live = view.open = true;
    view.periods_left_out = 3;
    const json schemas = example()["components"]["schemas"];
    expect_described(schemas, schemas["test-1.0-metrics"], handler_json(view, {.charts = true}), "");
}

TEST(MetricsSchema, HasEveryRowWithBothNames) {
    const json out = metrics_schema_json(handlers)["handlers"][0];
    EXPECT_EQ(out["handler"], "test");
    EXPECT_EQ(out["key"], "dns");
    EXPECT_EQ(out["groups"][2], (json{{"name", "optional"}, {"default", false}}));
    ASSERT_EQ(out["rows"].size(), test::schema().rows.size());
    EXPECT_EQ(out["rows"][1], (json{{"path", "wire_packets.queries"},
                                    {"kind", "counter"},
                                    {"unit", "1"},
                                    {"help", "queries"},
                                    {"groups", {"counters"}},
                                    {"prometheus",
                                     {{"compatible", "dns_wire_packets_queries"},
                                      {"modern", {"pktvisor_dns_wire_packets_queries_total"}}}}}));
    const json& side = out["rows"].back();
    EXPECT_EQ(side["dimension"], (json{{"label", "side"}, {"value", "out"}}));
    EXPECT_EQ(side["label"], "qname");
    EXPECT_EQ(side["path"], "out.top_side");
}

} // namespace
} // namespace visor::sinks
