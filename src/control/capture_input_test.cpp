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

TEST(CaptureInput, IsTheTapsUnlessThePolicySaysOtherwise) {
    auto d = document({tap("t", "udp", "10.0.0.0/8")}, {policy("p", "t")});
    auto input = capture_input(d, "c", {});
    ASSERT_TRUE(input) << input.error();
    EXPECT_EQ(input->bpf, "udp");
    EXPECT_EQ(input->host_spec, "10.0.0.0/8");
    d.policies[0].input_config.set_text("bpf", "tcp");
    EXPECT_EQ(capture_input(d, "c", {})->bpf, "tcp");
    d.policies[0].input_filter.set_text("bpf", "port 53");
    EXPECT_EQ(capture_input(d, "c", {})->bpf, "port 53");
}

TEST(CaptureInput, OfATapNobodyDefinedIsThePolicys) {
    auto d = document({}, {policy("p", "anywhere")});
    EXPECT_EQ(capture_input(d, "c", {})->bpf, "");
    d.policies[0].input_filter.set_text("bpf", "port 53");
    EXPECT_EQ(capture_input(d, "c", {})->bpf, "port 53");
}

TEST(CaptureInput, HostsAddUpAndEqualOnesOnce) {
    const auto d =
        document({tap("a", "", "10.0.0.0/8"), tap("b", "", "10.0.0.0/8"), tap("c", "", "fd00::/8")},
                 {policy("p", "a"), policy("q", "b"), policy("r", "c")});
    const auto input = capture_input(d, "c", {"", "192.0.2.0/24", {}});
    ASSERT_TRUE(input);
    EXPECT_EQ(input->host_spec, "192.0.2.0/24,10.0.0.0/8,fd00::/8");
    ASSERT_EQ(input->notices.size(), 1U);
    EXPECT_NE(input->notices[0].find("different host addresses"), std::string::npos);
}

TEST(CaptureInput, LargestLimitOfConnectionsCounts) {
    const auto limit = [](uint64_t a, uint64_t b) { // 0 = says nothing
        auto d = document({tap("a", "", ""), tap("b", "", "")}, {policy("p", "a"), policy("q", "b")});
        if (a) d.taps[0].config.set_uint("tcp_packet_reassembly_cache_limit", a);
        if (b) d.policies[1].input_config.set_uint("tcp_packet_reassembly_cache_limit", b);
        const auto input = capture_input(d, "c", {});
        EXPECT_TRUE(input);
        EXPECT_EQ(input->notices.size(), a == b ? 0U : 1U);
        return input->tcp_connections;
    };
    EXPECT_EQ(limit(0, 0), 0U);
    EXPECT_EQ(limit(10, 10), 10U);
    EXPECT_EQ(limit(10, 30), 30U);
    EXPECT_EQ(limit(10, 0), 0U) << "who says nothing keeps the usual table";
    EXPECT_EQ(limit(0, 60'000), 60'000U);
}

TEST(CaptureInput, DifferentFiltersNeedTheCommandLine) {
    const auto d = document({tap("a", "udp", ""), tap("b", "", "")}, {policy("p", "a"), policy("q", "b")});
    const auto refused = capture_input(d, "c.yaml", {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), "c.yaml: policies 'p' and 'q' have different capture filters ('udp', none), "
                               "but a file is read with one: give it with -b");
    const auto chosen = capture_input(d, "c.yaml", {"tcp", "", {}});
    ASSERT_TRUE(chosen);
    EXPECT_EQ(chosen->bpf, "tcp");
    EXPECT_EQ(chosen->notices.size(), 1U);
}

TEST(CaptureInput, WrongHostsAndOtherInputsAreErrors) {
    auto d = document({tap("a", "", "10.0.0.1")}, {policy("p", "a")});
    const auto bad_hosts = capture_input(d, "c.yaml", {});
    ASSERT_FALSE(bad_hosts);
    EXPECT_EQ(bad_hosts.error(), "c.yaml: invalid CIDR: 10.0.0.1");
    d.policies[0].input_type = "dnstap";
    EXPECT_EQ(capture_input(d, "c.yaml", {}).error(),
              "c.yaml: policy 'p' is for input type 'dnstap', but a capture file holds pcap");
}

} // namespace
} // namespace visor::control
