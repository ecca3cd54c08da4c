#include "control/rest/objects.hpp"

#include "control/rest/test_rest.hpp"

namespace visor::control {
namespace {

TEST_F(RestTest, ADocumentReadAgainIsTheSamePolicy) {
    settings_.admin = true;
    const std::string tap = "visor: {taps: {t: {input_type: pcap, config: {pcap_source: mock}, tags: {site: "
                            "ams, n: 7, v: true}}}}";
    ASSERT_EQ(ask(request("POST", "/api/v1/taps", tap)).status, 201);
    const std::string policies[] = {
        "{kind: collection, input: {tap: t, input_type: pcap}, handlers: {modules: {n: {type: net}}}}",
        "{kind: collection, description: words, config: {merge_like_handlers: true}, input: {tap: t, "
        "input_type: pcap, "
        "config: {host_spec: '10.0.0.0/8,fd00::/8'}, filter: {bpf: 'port 53'}}, handlers: {"
        "window_config: {num_periods: 3, topn_count: 20}, modules: {"
        "a: {type: dns, require_version: '2.0', config: {public_suffix_list: true, num_periods: 7}, "
        "filter: {only_rcode: [3, SERVFAIL], only_qname_suffix: ['.a \"b', \"it's: #\"], answer_count: 1, "
        "num_periods: 4}, "
        "metric_groups: {disable: [all], enable: [top_ecs, counters]}}, "
        "b: {type: net, filter: {geoloc_notfound: false, recorded_stream: true}, config: {enable: [all]}}}}}",
        "{kind: collection, input: {tap_selector: {all: [{site: ams}, {n: 7}, {v: true}]}, input_type: "
        "pcap}, "
        "handlers: {modules: [{z: {type: dns, filter: {only_rcode: 3}}}, {a: {type: net}}]}}"};
    for (const std::string& written : policies) {
        const auto document = [](const std::string& policy) {
            return "visor: {policies: {p: " + policy + "}}";
        };
        const auto before = agent_.parse(document(written), DocumentKind::policy);
        ASSERT_TRUE(before) << before.error();
        ASSERT_EQ(ask(request("POST", "/api/v1/policies", document(written))).status, 201) << written;
        const json told = json_of(get("/api/v1/policies/p"))["p"]["document"];
        ASSERT_EQ(ask(request("DELETE", "/api/v1/policies/p")).status, 200);
        const auto again = agent_.parse(document(told.dump()), DocumentKind::policy);
        ASSERT_TRUE(again) << again.error() << told;
        EXPECT_TRUE(again->policies == before->policies) << told;
        const json& modules = told["handlers"]["modules"];
        const bool as_written = modules.is_array()
                                    ? modules[0]["z"]["filter"] == json({{"only_rcode", 3}})
                                    : !modules.contains("a") || modules["a"]["filter"].size() == 4;
        EXPECT_TRUE(as_written) << told;
    }
}

} // namespace
} // namespace visor::control
