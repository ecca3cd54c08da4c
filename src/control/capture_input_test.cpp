#include "control/capture_input.hpp"

#include <gtest/gtest.h>

namespace visor::control {
namespace {

TapConfig tap(const std::string& name, const std::string& bpf, const std::string& hosts) {
    TapConfig tap{name, "pcap", {}, {}};
    if (!bpf.empty()) tap.config.set_text("bpf", bpf);
    if (!hosts.empty()) tap.config.set_text("host_spec", hosts);
    return tap;
}

PolicyConfig policy(const std::string& name, const std::string& on) {
    PolicyConfig policy;
    policy.name = name;
    policy.tap = on;
    policy.taps = {on};
    policy.input_type = "pcap";
    return policy;
}

Document document(std::vector<TapConfig> taps, std::vector<PolicyConfig> policies) {
    return {{}, std::move(taps), std::move(policies), {}};
}

// "bpf|hosts|connections: p-t q-t" of every reading.
std::vector<std::string> passes(const Document& document, const CaptureInput& command_line) {
    const auto made = capture_passes(document, "c.yaml", command_line);
    if (!made) return {"error: " + made.error()};
    std::vector<std::string> told;
    for (const CapturePass& pass : *made) {
        std::string text = pass.input.bpf + "|" + pass.input.host_spec + "|" +
                           std::to_string(pass.input.tcp_connections) + ":";
        for (const PolicyOnTap& policy : pass.policies) text += " " + policy.policy->name + "-" + policy.tap;
        told.push_back(text);
    }
    return told;
}
std::vector<std::string> passes(const Document& document) {
    return passes(document, {});
}
using Passes = std::vector<std::string>;

TEST(CaptureInput, IsTheTapsUnlessThePolicySaysOtherwise) {
    auto d = document({tap("t", "udp", "10.0.0.0/8")}, {policy("p", "t")});
    EXPECT_EQ(passes(d), Passes{"udp|10.0.0.0/8|0: p-t"});
    d.policies[0].input_config.set_text("bpf", "tcp");
    d.policies[0].input_config.set_text("host_spec", "192.0.2.0/24");
    EXPECT_EQ(passes(d), Passes{"tcp|192.0.2.0/24|0: p-t"});
    d.policies[0].input_filter.set_text("bpf", "port 53");
    d.policies[0].input_config.set_uint("tcp_packet_reassembly_cache_limit", 7);
    EXPECT_EQ(passes(d), Passes{"port 53|192.0.2.0/24|7: p-t"});
}

TEST(CaptureInput, PoliciesThatAgreeShareAReading) {
    const auto d = document({tap("a", "udp", "10.0.0.0/8"), tap("b", "udp", "10.0.0.0/8"), tap("c", "", "")},
                            {policy("p", "a"), policy("q", "b"), policy("r", "a"), policy("s", "c")});
    EXPECT_EQ(passes(d), (Passes{"udp|10.0.0.0/8|0: p-a q-b r-a", "||0: s-c"}));
}

TEST(CaptureInput, EachDifferenceTakesAReading) {
    const auto two = [](const TapConfig& a, const TapConfig& b) {
        return passes(document({a, b}, {policy("p", "a"), policy("q", "b")}));
    };
    EXPECT_EQ(two(tap("a", "udp", ""), tap("b", "tcp", "")), (Passes{"udp||0: p-a", "tcp||0: q-b"}));
    EXPECT_EQ(two(tap("a", "", "10.0.0.0/8"), tap("b", "", "fd00::/8")),
              (Passes{"|10.0.0.0/8|0: p-a", "|fd00::/8|0: q-b"}));
    TapConfig limited = tap("a", "", "");
    limited.config.set_uint("tcp_packet_reassembly_cache_limit", 10);
    EXPECT_EQ(two(limited, tap("b", "", "")), (Passes{"||10: p-a", "||0: q-b"}));
}

TEST(CaptureInput, APolicyOnSeveralTapsIsServedOnEach) {
    auto d = document({tap("a", "", "10.0.0.0/8"), tap("b", "", ""), tap("c", "", "10.0.0.0/8")},
                      {policy("p", "a")});
    d.policies[0].taps = {"a", "b", "c"};
    EXPECT_EQ(passes(d), (Passes{"|10.0.0.0/8|0: p-a p-c", "||0: p-b"}));
}

TEST(CaptureInput, CommandLineNarrowsFiltersAndReplacesHosts) {
    const auto d = document({tap("a", "udp or tcp", "10.0.0.0/8"), tap("b", "", "fd00::/8")},
                            {policy("p", "a"), policy("q", "b")});
    EXPECT_EQ(passes(d, {"port 53 or port 67", "192.0.2.0/24", {}}),
              (Passes{"(port 53 or port 67) and (udp or tcp)|192.0.2.0/24|0: p-a",
                      "port 53 or port 67|192.0.2.0/24|0: q-b"}));
    EXPECT_EQ(passes(d, {"", "192.0.2.0/24", {}}),
              (Passes{"udp or tcp|192.0.2.0/24|0: p-a", "|192.0.2.0/24|0: q-b"}));
    EXPECT_EQ(passes(d, {"udp or tcp", "", {}}),
              (Passes{"udp or tcp|10.0.0.0/8|0: p-a", "udp or tcp|fd00::/8|0: q-b"}));
}

TEST(CaptureInput, OtherInputsAreErrors) {
    auto d = document({tap("a", "", "")}, {policy("p", "a")});
    d.policies[0].input_type = "dnstap";
    EXPECT_EQ(passes(d),
              Passes{"error: c.yaml: policy 'p' is for input type 'dnstap', but a capture file holds pcap"});
}

} // namespace
} // namespace visor::control
