#include "client/agent_source.hpp"

#include "client/lists.hpp"
#include "client/test_answers.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace visor::client {
namespace {

struct Asked {
    explicit Asked(const std::string& name)
        : agent(new test::RecordedAgent(name)), source(std::unique_ptr<Transport>(agent)) {}
    long times(std::string_view part) const {
        return std::count_if(agent->asked.begin(), agent->asked.end(),
                             [&](const std::string& path) { return path.find(part) != std::string::npos; });
    }
    test::RecordedAgent* agent; // the source's
    AgentSource source;
};

const Handler* handler(const Picture& picture, std::string_view instance) {
    for (const Handler& h : picture.handlers)
        if (h.instance == instance) return &h;
    return nullptr;
}

const Metric& metric(const Picture& picture, std::string_view instance, std::string_view path) {
    const Handler* h = handler(picture, instance);
    const Metric* found = h ? h->find(path) : nullptr;
    EXPECT_TRUE(found) << instance << " " << path;
    static const Metric none;
    return found ? *found : none;
}

TEST(AgentSource, ReadsThisVersionByItsSchema) {
    Asked asked("agent_5.0");
    const auto picture = asked.source.look("default", 2);
    ASSERT_TRUE(picture) << picture.error();
    EXPECT_EQ(picture->version, "5.0.0");
    EXPECT_EQ(picture->tap, "eth");
    EXPECT_EQ(picture->minutes, 2U);
    EXPECT_EQ(picture->agent, "http://agent:10853");
    ASSERT_EQ(picture->handlers.size(), 2U);
    EXPECT_EQ(picture->handlers[0].title, "dns 1.0"); // two versions share the key
    EXPECT_EQ(picture->handlers[1].title, "dns 2.0");
    EXPECT_EQ(picture->handlers[0].start_ts, 1'700'000'000);
    EXPECT_EQ(picture->handlers[0].length_s, 90);

    const Metric& names = metric(*picture, "default-eth-dns", "cardinality.qname");
    EXPECT_EQ(names.kind, Kind::cardinality);
    EXPECT_EQ(names.value, 30);
    EXPECT_EQ(names.upper, 31.0);
    const Metric& times = metric(*picture, "default-eth-dns", "xact.in.quantiles_us");
    EXPECT_EQ(times.unit, "us");
    EXPECT_EQ(times.quantiles.p[3], 400);
    EXPECT_EQ(times.quantiles.max, 444);
    ASSERT_EQ(times.quantiles.bins.size(), 3U);
    EXPECT_EQ(times.quantiles.bins[1].count, 15);
    const Metric& rate = metric(*picture, "default-eth-dns", "rates.total");
    EXPECT_EQ(rate.rate.live, 3);
    EXPECT_EQ(rate.rate.first_second, 1'700'000'087);
    EXPECT_EQ(rate.rate.seconds, (std::vector<double>{1, 2, 3}));
    const Metric& top = metric(*picture, "default-eth-dns", "top_qname2");
    EXPECT_EQ(top.label, "qname");
    EXPECT_EQ(top.top.total, 40);
    EXPECT_EQ(top.top.unlisted_max, 2);
    EXPECT_EQ(top.top.items[0].upper, 27);
    EXPECT_EQ(top.top.items[1].name, "<b>\"x\"</b>\x1b[31m\xe2\x80\xae.evil"); // as it came

    EXPECT_TRUE(metric(*picture, "default-eth-dns2", "peers").gauge);
    const Metric& histogram = metric(*picture, "default-eth-dns2", "in.xact_histogram_us");
    ASSERT_EQ(histogram.quantiles.bins.size(), 3U);
    EXPECT_EQ(histogram.quantiles.bins[1].lower, 100);
    EXPECT_EQ(histogram.quantiles.bins[1].count, 3);
    EXPECT_TRUE(std::isinf(histogram.quantiles.bins[2].upper));
    EXPECT_EQ(histogram.quantiles.count, 5);
    EXPECT_EQ(picture->handlers[1].metrics.size(), 4U); // the kind nobody knows is left out

    ASSERT_EQ(picture->ledger.size(), 4U);
    EXPECT_EQ(picture->ledger[2].path, "tap.dropped.ring");
    EXPECT_EQ(picture->ledger[2].count, 3);
    EXPECT_EQ(picture->ledger[2].stream, "eth-1");
}

TEST(AgentSource, AsksForSchemaAndTapOnlyOnce) {
    Asked asked("agent_5.0");
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(asked.source.look("default", 1));
    EXPECT_EQ(asked.times("/schema"), 1);
    EXPECT_EQ(asked.times("/bucket/0?extended=1&charts=1"), 3);
    EXPECT_EQ(std::count(asked.agent->asked.begin(), asked.agent->asked.end(), "/api/v1/policies/default"),
              1);
}

TEST(AgentSource, AsksAnewWhenTheAgentWasAway) {
    Asked asked("agent_5.0");
    ASSERT_TRUE(asked.source.look("default", 1));
    asked.agent->silent = true;
    EXPECT_EQ(asked.source.look("default", 1).error(), "no agent answers");
    asked.agent->silent = false;
    ASSERT_TRUE(asked.source.look("default", 1));
    EXPECT_EQ(asked.times("/schema"), 2);
}

TEST(AgentSource, AsksAnewWhenAnotherWasStarted) {
    Asked asked("agent_5.0");
    ASSERT_TRUE(asked.source.look("default", 1));
    asked.agent->answers["/api/v1/metrics/app"].body = R"({"app":{"up_time_min":0.1,"version":"5.0.0"}})";
    ASSERT_TRUE(asked.source.look("default", 1));
    EXPECT_EQ(asked.times("/schema"), 2);
}

TEST(AgentSource, ReadsVersion4ByItsShape) {
    Asked asked("agent_4.5");
    const auto picture = asked.source.look("default", 2);
    ASSERT_TRUE(picture) << picture.error();
    EXPECT_EQ(picture->tap, "eth");
    EXPECT_TRUE(picture->ledger.empty());
    const char* dns = "default-default-dns";
    const char* net = "default-default-net";
    ASSERT_TRUE(handler(*picture, dns));
    EXPECT_EQ(handler(*picture, dns)->title, "dns");
    EXPECT_EQ(metric(*picture, dns, "wire_packets.total").kind, Kind::counter);
    EXPECT_EQ(metric(*picture, dns, "cardinality.qname").kind, Kind::cardinality);
    EXPECT_EQ(metric(*picture, dns, "rates.total").kind, Kind::rate);
    EXPECT_EQ(metric(*picture, dns, "xact.in.quantiles_us").kind, Kind::quantiles);
    EXPECT_EQ(metric(*picture, dns, "xact.in.quantiles_us").unit, "us");
    EXPECT_EQ(metric(*picture, dns, "xact.in.top_slow").kind, Kind::top); // though it is empty
    EXPECT_EQ(metric(*picture, dns, "xact.out.histogram_us").kind, Kind::histogram);
    const Metric& top = metric(*picture, dns, "top_qname2");
    ASSERT_EQ(top.top.items.size(), 2U);
    EXPECT_EQ(top.top.items[0].lower, 120);
    EXPECT_FALSE(top.top.total);
    EXPECT_EQ(metric(*picture, net, "payload_size").unit, "By");
    EXPECT_EQ(metric(*picture, net, "rates.bytes_total").unit, "By/s");
    EXPECT_EQ(metric(*picture, net, "protocol.tcp.syn").value, 4);
    EXPECT_EQ(metric(*picture, net, "top_geoLoc").top.items[0].lat, "60.0");
    EXPECT_EQ(metric(*picture, "default-default-pcap_stats", "os_drops").value, 3);
    for (const Handler& h : picture->handlers) EXPECT_FALSE(h.find("period.length"));
}

TEST(AgentSource, FollowsThePeriodError) {
    Asked four("agent_4.5");
    const auto picture = four.source.look("default", 10);
    ASSERT_TRUE(picture) << picture.error();
    EXPECT_EQ(picture->minutes, 3U);
    EXPECT_EQ(four.times("/window/10"), 1);
    EXPECT_EQ(four.times("/window/3"), 1);

    Asked three("agent_3.3"); // "has not yet accumulated": the one minute there is
    const auto young = three.source.look("default", 4);
    ASSERT_TRUE(young) << young.error();
    EXPECT_EQ(young->minutes, 1U);
    EXPECT_EQ(young->tap, "default-default");
}

TEST(AgentSource, AnAgentThatNeverHasThePeriodEndsTheSearch) {
    Asked asked("agent_4.5");
    for (auto& [path, answer] : asked.agent->answers)
        if (path.find("/default/metrics/") != std::string::npos)
            answer = {425, R"({"error":"invalid metrics period, specify [2, 9]"})", {}};
    const auto picture = asked.source.look("default", 10);
    ASSERT_FALSE(picture);
    EXPECT_EQ(picture.error(), "http://agent:10853: invalid metrics period, specify [2, 9]");
    EXPECT_LE(asked.times("/default/metrics/"), 10);
}

TEST(AgentSource, ReadsVersion3ThatKnowsNoPolicies) {
    Asked asked("agent_3.2");
    EXPECT_EQ(*asked.source.policies(), (std::vector<std::string>{"default"}));
    const auto window = asked.source.look("default", 5); // refused with 500: it keeps two
    ASSERT_TRUE(window) << window.error();
    EXPECT_EQ(window->minutes, 2U);
    const auto live = asked.source.look("default", 1);
    ASSERT_TRUE(live) << live.error();
    ASSERT_EQ(live->handlers.size(), 3U); // the hoisted period is none
    EXPECT_EQ(live->handlers[0].key, "dns");
    EXPECT_EQ(metric(*live, "packets", "total").value, 301);
    EXPECT_EQ(asked.times("/api/v1/policies/"), 0);
    EXPECT_NE(asked.source.look("other", 1).error().find("knows no policies"), std::string::npos);
}

TEST(AgentSource, TellsWhichPoliciesThereAre) {
    Asked asked("agent_4.5");
    EXPECT_EQ(asked.source.look("nope", 5).error(),
              "http://agent:10853 has no policy 'nope'; it has: default, default-5f3a-resources");
}

TEST(AgentSource, WhateverAnswersElseIsAnError) {
    for (const char* body : {"", "<html>", "[]", "{}", "{\"app\":1}", "null", "\"app\"", "{\"app\":{"}) {
        Asked asked("agent_5.0");
        asked.agent->answers["/api/v1/metrics/app"].body = body;
        const auto picture = asked.source.look("default", 1);
        ASSERT_FALSE(picture) << body;
        EXPECT_FALSE(picture.error().empty());
    }
}

TEST(AgentSource, TellsOfPoliciesAndTaps) {
    Asked asked("agent_5.0");
    const auto infos = asked.source.policy_infos();
    ASSERT_TRUE(infos);
    ASSERT_EQ(infos->size(), 1U);
    EXPECT_EQ(infos->front().taps, (std::vector<std::string>{"eth"}));
    EXPECT_EQ(infos->front().handlers.front().version, "1.0");
    EXPECT_EQ(infos->front().inputs.front().up, false);
    EXPECT_EQ(infos->front().inputs.front().interfaces, "eth0");
    const auto taps = asked.source.taps();
    ASSERT_TRUE(taps);
    EXPECT_EQ(taps->front().config, R"({"iface":"eth0"})");
    EXPECT_TRUE(Asked("agent_3.3").source.taps()->empty()); // null
}

std::vector<std::string> found(const Picture& picture, std::string_view name) {
    std::vector<std::string> names;
    for (const NamedList& list : find_lists(picture, name)) names.push_back(list.name);
    return names;
}

TEST(FindLists, ByHandlerAndEndOfPath) {
    using Names = std::vector<std::string>;
    const auto four = Asked("agent_4.5").source.look("default", 2);
    EXPECT_EQ(found(*four, "dns.qname2"), Names{"dns.qname2"});
    EXPECT_EQ(found(*four, "dns.top_qname2"), Names{"dns.qname2"});
    EXPECT_EQ(found(*four, "top_qname2"), Names{"dns.qname2"});
    EXPECT_EQ(found(*four, "default-default-dns.qname2"), Names{"dns.qname2"});
    EXPECT_EQ(found(*four, "PACKETS.asn"), Names{"packets.ASN"});
    EXPECT_EQ(found(*four, "slow"), (Names{"dns.xact.in.slow", "dns.xact.out.slow"}));
    EXPECT_EQ(found(*four, "dns.in.slow"), Names{"dns.xact.in.slow"});
    EXPECT_EQ(found(*four, "packets.qname2"), Names{});
    EXPECT_EQ(found(*four, ""), Names{});
    EXPECT_EQ(found(*four, "name2"), Names{});
    const auto five = Asked("agent_5.0").source.look("default", 2);
    EXPECT_EQ(found(*five, "qname2"), Names{"dns.qname2"}); // exactly that, before what begins so
    EXPECT_EQ(found(*five, "dns 2.0.qname2"), Names{"dns.in.qname2_xacts"});
}

} // namespace
} // namespace visor::client
