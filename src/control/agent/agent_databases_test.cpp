// Databases that are replaced under policies that run.
#include "control/agent/agent.hpp"
#include "control/plan.hpp"
#include "engine/clock.hpp"
#include "metric/keys.hpp"
#include "taps/mock/mock.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <thread>

namespace visor::control {
namespace {

// Every address is in this place, and in the network 64496 of this name; but for 10.0.0.128 and above.
std::shared_ptr<const Databases> databases_of(const std::string& place) {
    auto made = std::make_shared<Databases>();
    GeoBuilder city, asn;
    city.v4_from(0, city.place(place, 1, 2));
    city.v4_from(0x0a000080, 0);
    asn.v4_from(0, asn.place("64496/" + place, NAN, NAN));
    made->city = city.build();
    made->asn = asn.build();
    return made;
}

// The mock input: queries and replies between 10.0.0.x and the host 192.168.0.1.
class AgentDatabases : public ::testing::Test {
protected:
    AgentDatabases() : agent_(settings(), [](engine::TapEvent, const std::string&) {}) {
        add("visor: {taps: {a: {input_type: mock, config: {host_spec: 192.168.0.1/32}}}}", DocumentKind::tap);
    }
    static AgentSettings settings() {
        AgentSettings settings;
        settings.databases = databases_of("EU/Old");
        return settings;
    }
    void add(const std::string& yaml, DocumentKind kind) {
        const auto document = agent_.parse(yaml, kind);
        ASSERT_TRUE(document) << document.error();
        ASSERT_FALSE(agent_.add(*document));
    }
    void add_policy(const std::string& name, const std::string& module) {
        add("visor: {policies: {" + name +
                ": {kind: collection, input: {tap: a, input_type: mock}, handlers: {modules: {m: {" + module +
                "}}}}}}",
            DocumentKind::policy);
    }
    engine::LiveView view(const std::string& name) {
        const auto policy = agent_.policy(name);
        agent_.refresh({&policy, 1});
        return policy->taps[0].live->results().period(0, engine::wall_clock_ns());
    }
    static const Row& row_of(const engine::LiveView& view, std::string_view path) {
        for (const Row& row : view.handlers[0].plan->handler->schema().rows)
            if (row.json_path() == path) return row;
        ADD_FAILURE() << path;
        return view.handlers[0].plan->handler->schema().rows[0];
    }
    static uint64_t count(const engine::LiveView& view, std::string_view path) {
        const Row& row = row_of(view, path);
        return row.ops->count(static_cast<const std::byte*>(view.handlers[0].cells) + row.offset[0]);
    }
    // What a top list of packets from the network shows, by its key.
    static std::map<std::string, uint64_t> top(const engine::LiveView& view, std::string_view path) {
        const Row& row = row_of(view, path);
        std::map<std::string, uint64_t> lines;
        const void* cell = static_cast<const std::byte*>(view.handlers[0].cells) + row.offset[0];
        for (const auto& item : row.ops->top(cell, 10).items)
            lines[row.facts.format(item.key).name] = item.lower;
        return lines;
    }
    template <class F>
    static bool until(F&& holds) {
        for (int i = 0; i < 200; ++i) {
            if (holds()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
        return false;
    }
    Agent agent_;
};

TEST_F(AgentDatabases, PoliciesGoOnWithThem) {
    constexpr std::string_view geo = "in.top_geo_loc_packets", asn = "in.top_asn_packets";
    add_policy("p", "type: net, require_version: '2.0'");
    ASSERT_TRUE(until([&] { return top(view("p"), geo).contains("EU/Old"); }));
    const auto before = agent_.policy("p");
    const int64_t start_s = view("p").handlers[0].start_ts;
    const uint64_t old_packets = count(view("p"), "observed_packets");
    ASSERT_FALSE(agent_.replace_databases(databases_of("EU/New")));
    EXPECT_EQ(agent_.policy("p"), before);
    ASSERT_TRUE(until([&] { return top(view("p"), geo).contains("EU/New"); }));
    const auto policy = agent_.policy("p");
    const auto now = view("p");
    EXPECT_EQ(now.handlers[0].start_ts, start_s);
    EXPECT_GE(count(now, "observed_packets"), old_packets);
    const auto places = top(now, geo), networks = top(now, asn);
    EXPECT_GE(places.at("EU/Old"), 1u); // what was counted with the old one stays
    EXPECT_GE(networks.at("64496/EU/New"), 1u);
    uint64_t of_places = 0;
    for (const auto& [place, packets] : places) of_places += packets;
    EXPECT_EQ(of_places, count(now, "in.total_packets"));
    // Every frame that the input counts, and none twice.
    ASSERT_TRUE(until([&] {
        const uint64_t seen = count(view("p"), "observed_packets");
        return seen > count(now, "observed_packets") &&
               seen == agent_.streams().begin()->second.counts.at(0).frames.frames;
    }));
    // From now on nothing is in the old place.
    const uint64_t old_place = top(view("p"), geo).at("EU/Old"), then = count(view("p"), "observed_packets");
    ASSERT_TRUE(until([&] { return count(view("p"), "observed_packets") >= then + 10; }));
    EXPECT_EQ(top(view("p"), geo).at("EU/Old"), old_place);
}

TEST_F(AgentDatabases, FiltersAskTheNewOnes) {
    add_policy("net", "type: net, require_version: '2.0', filter: {only_geoloc_prefix: ['EU/New']}");
    add_policy("asn", "type: net, require_version: '2.0', filter: {only_asn_number: [64496]}");
    add_policy("none", "type: net, require_version: '2.0', filter: {geoloc_notfound: true}");
    const auto passed = [&](const std::string& name) {
        const auto now = view(name);
        return count(now, "observed_packets") - count(now, "filtered_packets");
    };
    ASSERT_TRUE(until([&] { return passed("asn") > 2 && passed("none") > 0; }));
    EXPECT_EQ(passed("net"), 0u);
    ASSERT_FALSE(agent_.replace_databases(databases_of("EU/New")));
    EXPECT_TRUE(until([&] { return passed("net") > 2; }));
    ASSERT_FALSE(agent_.replace_databases(std::make_shared<const Databases>())); // none: nothing passes
    const auto frames = [&](const std::string& name) { return count(view(name), "observed_packets"); };
    std::this_thread::sleep_for(std::chrono::milliseconds(1500)); // what is shown is a second old at most
    const uint64_t net = passed("net"), asn = passed("asn"), none = passed("none"), seen = frames("net");
    ASSERT_TRUE(until([&] { return frames("net") > seen + 10; }));
    EXPECT_EQ(passed("net"), net);
    EXPECT_EQ(passed("asn"), asn);
    EXPECT_EQ(passed("none"), none);
}

TEST_F(AgentDatabases, ThoseThatWereReplacedGo) {
    add_policy("p", "type: net");
    add_policy("dns", "type: dns, require_version: '2.0'");
    add_policy("names", "type: dns, metric_groups: {disable: [top_ecs]}"); // asks for no places
    auto databases = databases_of("EU/One");
    std::weak_ptr<const Databases> watched = databases;
    ASSERT_FALSE(agent_.replace_databases(std::move(databases)));
    EXPECT_FALSE(watched.expired());
    const auto reader = agent_.policy("p"); // results are read without them
    ASSERT_FALSE(agent_.replace_databases(databases_of("EU/Two")));
    EXPECT_TRUE(until([&] { return watched.expired(); }));
}

// A policy that comes later uses what there is then.
TEST_F(AgentDatabases, PoliciesThatComeUseTheLatest) {
    ASSERT_FALSE(agent_.replace_databases(databases_of("EU/New")));
    add_policy("p", "type: net, require_version: '2.0'");
    ASSERT_TRUE(until([&] { return !top(view("p"), "in.top_geo_loc_packets").empty(); }));
    EXPECT_FALSE(top(view("p"), "in.top_geo_loc_packets").contains("EU/Old"));
}

// Workers let go of a policy some time after it was told to go.
TEST(LivePolicyTest, WhatHandlersWereLentStaysUntilWorkersLetGo) {
    auto stream = std::make_unique<engine::LiveStream>(taps::open_mock({}), engine::DecodeSettings{},
                                                       engine::WorkerSettings{}); // its workers do not run
    auto databases = std::make_shared<const Databases>();
    const std::weak_ptr<const Databases> watched = databases;
    auto policy = stream->attach(std::make_shared<engine::PlannedPolicy>(default_plan({}).policies[0]),
                                 databases->services(), 0, databases);
    databases = nullptr;
    ASSERT_TRUE(policy);
    stream->detach(**policy);
    *policy = nullptr;
    EXPECT_FALSE(watched.expired());
    stream.reset();
    EXPECT_TRUE(watched.expired());
}

} // namespace
} // namespace visor::control
