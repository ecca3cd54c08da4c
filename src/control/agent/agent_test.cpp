#include "control/agent/agent.hpp"

#include "control/plan.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

namespace visor::control {
namespace {

std::string text_of(const Trouble& trouble) {
    return trouble ? trouble->text : std::string();
}

// An agent whose taps make up their own frames.
class AgentTest : public ::testing::Test {
protected:
    AgentTest() : agent_({}, [](engine::TapEvent, const std::string&) {}) {
        for (const char* name : {"a", "b"}) EXPECT_FALSE(add_tap(name));
    }
    Trouble add(const std::string& yaml, DocumentKind kind) {
        const auto document = agent_.parse(yaml, kind);
        if (!document) return document.reason();
        return agent_.add(*document);
    }
    static std::string tap_yaml(const std::string& name, const std::string& config) {
        return "visor: {taps: {" + name + ": {input_type: pcap, config: {" + config +
               "}, tags: {here: true}}}}";
    }
    static std::string policy_yaml(const std::string& name, const std::string& input,
                                   const std::string& modules = "n: {type: net}") {
        return "visor: {policies: {" + name + ": {kind: collection, input: {" + input +
               ", input_type: pcap}, handlers: {modules: {" + modules + "}}}}}";
    }
    Trouble add_tap(const std::string& name, const std::string& config = "pcap_source: mock") {
        return add(tap_yaml(name, config), DocumentKind::tap);
    }
    Trouble add_policy(const std::string& name, const std::string& input = "tap: a") {
        return add(policy_yaml(name, input), DocumentKind::policy);
    }
    std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& policy : agent_.policies())
            if (!policy->resources) names.push_back(policy->config.name);
        return names;
    }
    size_t streams() const { return agent_.streams().size(); }
    using Names = std::vector<std::string>;
    Agent agent_;
};

TEST_F(AgentTest, PoliciesWithTheSameInputShareAStream) {
    ASSERT_FALSE(add_policy("p"));
    ASSERT_FALSE(add_policy("q"));
    EXPECT_EQ(streams(), 1u);
    EXPECT_EQ(agent_.policies().size(), 3u); // one of the stream's own
    EXPECT_EQ(agent_.policy("p")->taps[0].stream, agent_.policy("q")->taps[0].stream);
    ASSERT_FALSE(add_policy("r", "tap: a, config: {host_spec: 10.0.0.0/8}"));
    EXPECT_EQ(streams(), 2u);
    EXPECT_EQ(agent_.policies().size(), 5u);
    for (const char* name : {"p", "q", "r"}) EXPECT_FALSE(agent_.remove_policy(name));
    EXPECT_EQ(streams(), 0u);
    EXPECT_TRUE(agent_.policies().empty());
}

TEST_F(AgentTest, AStreamGoesOnWithoutItsOwnPolicy) {
    ASSERT_FALSE(add_policy("p"));
    const std::string own = agent_.policy("p")->taps[0].stream->name + "-resources";
    ASSERT_TRUE(agent_.policy(own));
    EXPECT_FALSE(agent_.remove_policy(own));
    EXPECT_EQ(names(), Names{"p"});
    EXPECT_EQ(streams(), 1u);
    EXPECT_FALSE(agent_.remove_policy("p"));
    EXPECT_EQ(streams(), 0u);
}

TEST_F(AgentTest, ReservedNames) {
    EXPECT_EQ(text_of(add_policy("__all")), "1:20: policy name '__all' is reserved");
    ASSERT_FALSE(add_policy("p"));
    const std::string own = agent_.policy("p")->taps[0].stream->name + "-resources";
    EXPECT_EQ(text_of(add_policy("'" + own + "'")), "1:20: policy with name '" + own + "' already defined");
    ASSERT_FALSE(agent_.remove_policy("p"));
    EXPECT_EQ(text_of(add_policy("'" + own + "'")), "policy name '" + own + "' is reserved");
    ASSERT_FALSE(add_policy("'" + own + "'", "tap: b"));
    const auto trouble = add_policy("p");
    ASSERT_TRUE(trouble);
    EXPECT_NE(trouble->text.find("already defined"), std::string::npos) << trouble->text;
    EXPECT_EQ(names(), Names{own});
    EXPECT_EQ(streams(), 1u); // nothing stays open that nobody uses
}

// Whatever the names in its text say.
TEST_F(AgentTest, RefusalsAreOfAKind) {
    const auto kind = [](const Trouble& trouble) { return trouble.value().kind; };
    ASSERT_FALSE(add_policy("already"));
    EXPECT_EQ(kind(add_policy("already")), RefusalKind::conflict);
    EXPECT_EQ(kind(add_policy("p", "tap: already")), RefusalKind::invalid);
    EXPECT_EQ(kind(add_policy("__all")), RefusalKind::invalid);
    EXPECT_EQ(kind(add_policy("p", "tap_selector: {any: [{already: true}]}")), RefusalKind::no_match);
    EXPECT_EQ(kind(add_tap("a")), RefusalKind::conflict);
    ASSERT_FALSE(add_tap("already", "pcap_source: libpcap, iface: already"));
    EXPECT_EQ(kind(add_policy("p", "tap: already")), RefusalKind::unavailable);
    EXPECT_EQ(kind(agent_.remove_tap("a")), RefusalKind::conflict);
    EXPECT_EQ(kind(agent_.remove_tap("nope")), RefusalKind::not_found);
    EXPECT_EQ(kind(agent_.remove_policy("nope")), RefusalKind::not_found);
}

TEST_F(AgentTest, WhatFailsHalfwayLeavesNothing) {
    ASSERT_FALSE(add_tap("c", "pcap_source: libpcap, iface: no-such-interface"));
    const auto trouble = add_policy("p", "tap_selector: {any: [{here: true}]}");
    ASSERT_TRUE(trouble);
    EXPECT_EQ(trouble->text.find("unable to instantiate tap 'c': "), 0u) << trouble->text;
    EXPECT_TRUE(agent_.policies().empty());
    EXPECT_EQ(streams(), 0u);
}

TEST_F(AgentTest, TheMockInputTakesAnyKey) {
    const auto tap = [](const std::string& name, const std::string& config) {
        return "visor: {taps: {" + name + ": {input_type: mock, config: {" + config + "}}}}";
    };
    const auto policy = [](const std::string& name, const std::string& on, const std::string& type = "mock") {
        return "visor: {policies: {" + name + ": {kind: collection, input: {tap: " + on +
               ", input_type: " + type + "}, handlers: {modules: {n: {type: net}}}}}}";
    };
    ASSERT_FALSE(add(tap("m", "sample: text, bpf: 'not a filter(', iface: nowhere0"), DocumentKind::tap));
    EXPECT_EQ(text_of(add(tap("n", "host_spec: 1.2.3.4"), DocumentKind::tap)),
              "1:47: " + PrefixSet::parse("1.2.3.4").error());
    ASSERT_FALSE(add(policy("p", "m"), DocumentKind::policy));
    const auto streams = agent_.streams();
    ASSERT_EQ(streams.size(), 1u);
    EXPECT_EQ(streams.begin()->second.source, "mock");
    EXPECT_EQ(streams.begin()->second.stream->input_type, "mock");
    const auto received = [&] { return agent_.streams().begin()->second.counts.at(0).frames.frames; };
    for (int i = 0; i < 100 && received() == 0; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_GT(received(), 0u);

    ASSERT_FALSE(add(tap("failing", "except_on_start: true"), DocumentKind::tap));
    const auto trouble = add(policy("q", "failing"), DocumentKind::policy);
    ASSERT_TRUE(trouble);
    EXPECT_EQ(trouble->kind, RefusalKind::unavailable);
    EXPECT_EQ(trouble->text,
              "unable to instantiate tap 'failing': the mock input is not to start: except_on_start is set");
}

// The tap is made anew under policies that were read when it was another.
TEST_F(AgentTest, ATapKeepsTheTypeItsPoliciesWant) {
    ASSERT_FALSE(add_policy("p"));
    const auto mock =
        agent_.parse_in_place_of("a", "visor: {taps: {a: {input_type: mock}}}", DocumentKind::tap);
    ASSERT_TRUE(mock);
    EXPECT_EQ(text_of(agent_.replace_tap("a", *mock)),
              "input_type for policy specified tap 'a' doesn't match tap's defined input type: pcap/mock");
    EXPECT_EQ(agent_.taps().front().input_type, "pcap");
    ASSERT_FALSE(agent_.remove_policy("p"));
    EXPECT_FALSE(agent_.replace_tap("a", *mock));
}

// Both were read before either was added.
TEST_F(AgentTest, OneOfTwoOfTheSameName) {
    const auto policy = agent_.parse(policy_yaml("p", "tap: a"), DocumentKind::policy);
    const auto tap = agent_.parse(tap_yaml("c", "pcap_source: mock"), DocumentKind::tap);
    ASSERT_TRUE(policy && tap);
    EXPECT_FALSE(agent_.add(*policy));
    EXPECT_EQ(text_of(agent_.add(*policy)), "policy with name 'p' already defined");
    EXPECT_FALSE(agent_.add(*tap));
    EXPECT_EQ(text_of(agent_.add(*tap)), "module name 'c' already exists");
    EXPECT_EQ(agent_.taps().size(), 3u);
    EXPECT_FALSE(agent_.remove_policy("p"));
    EXPECT_EQ(streams(), 0u);
    EXPECT_TRUE(agent_.policies().empty());
}

TEST_F(AgentTest, PoliciesOfStreamsAreNotReplaced) {
    ASSERT_FALSE(add_policy("p"));
    const std::string own = agent_.policy("p")->taps[0].stream->name + "-resources";
    const auto document =
        agent_.parse_in_place_of(own, policy_yaml("'" + own + "'", "tap: b"), DocumentKind::policy);
    ASSERT_TRUE(document);
    EXPECT_EQ(text_of(agent_.replace_policy(own, *document)), "policy name '" + own + "' is reserved");
    EXPECT_FALSE(agent_.remove_policy(own));
    EXPECT_EQ(text_of(agent_.add(*document)),
              "policy name '" + own + "' is reserved"); // its stream is still open
    ASSERT_FALSE(agent_.remove_policy("p"));
    Document both = *document; // a stream of the same document opens with this name
    both.policies.push_back(both.policies[0]);
    both.policies[1].name = "p";
    both.policies[1].tap = both.policies[1].taps[0] = "a";
    EXPECT_TRUE(agent_.add(both));
    EXPECT_EQ(streams(), 0u);
    EXPECT_TRUE(agent_.policies().empty());
}

TEST_F(AgentTest, AReplacementThatFailsChangesNothing) {
    ASSERT_FALSE(add_policy("p"));
    const auto before = agent_.policy("p");
    const auto broken = agent_.parse_in_place_of(
        "p", policy_yaml("p", "tap: a, config: {pcap_source: libpcap, iface: no-such-interface}"),
        DocumentKind::policy);
    ASSERT_TRUE(broken);
    EXPECT_TRUE(agent_.replace_policy("p", *broken));
    EXPECT_EQ(agent_.policy("p"), before);
    EXPECT_EQ(streams(), 1u);
    const auto good =
        agent_.parse_in_place_of("p", policy_yaml("p", "tap: b", "d: {type: dns}"), DocumentKind::policy);
    ASSERT_TRUE(good);
    EXPECT_FALSE(agent_.replace_policy("p", *good));
    EXPECT_EQ(agent_.policy("p")->taps[0].stream->tap, "b");
    EXPECT_EQ(streams(), 1u); // the other one is closed
    EXPECT_EQ(text_of(agent_.replace_policy("q", *good)), "policy does not exists");
}

TEST_F(AgentTest, TapsInUseStay) {
    ASSERT_FALSE(add_policy("p", "tap_selector: {all: [{here: true}]}"));
    EXPECT_EQ(agent_.policy("p")->taps.size(), 2u);
    EXPECT_EQ(text_of(agent_.remove_tap("a")), "tap 'a' is already in use by policies: p");
    EXPECT_EQ(text_of(agent_.remove_tap("nope")), "tap does not exists");
    ASSERT_FALSE(agent_.remove_policy("p"));
    EXPECT_FALSE(agent_.remove_tap("a"));
    EXPECT_EQ(agent_.taps().size(), 1u);
}

TEST_F(AgentTest, ATapDefinedAnewTakesItsPoliciesAlong) {
    ASSERT_FALSE(add_policy("p"));
    ASSERT_FALSE(add_policy("q", "tap: b"));
    const auto p = agent_.policy("p"), q = agent_.policy("q");
    const auto document = agent_.parse_in_place_of(
        "a", tap_yaml("a", "pcap_source: mock, host_spec: 10.0.0.0/8"), DocumentKind::tap);
    ASSERT_TRUE(document);
    EXPECT_FALSE(agent_.replace_tap("a", *document));
    EXPECT_NE(agent_.policy("p"), p);
    EXPECT_EQ(agent_.policy("p")->taps[0].stream->config.get_text("host_spec"), "10.0.0.0/8");
    EXPECT_EQ(agent_.policy("q"), q);
}

TEST_F(AgentTest, HostsThatNobodyChecked) {
    TapConfig tap{"c", "pcap", {}, {}};
    tap.config.set_text("pcap_source", "mock");
    tap.config.set_text("host_spec", "10.0.0.0/8,nonsense");
    auto document = agent_.parse(policy_yaml("p", "tap: a"), DocumentKind::policy);
    ASSERT_TRUE(document);
    document->taps = {tap};
    document->policies[0].tap = "c";
    document->policies[0].taps = {"c"};
    EXPECT_EQ(text_of(agent_.add(*document)),
              "unable to instantiate tap 'c': " + PrefixSet::parse("nonsense").error());
    EXPECT_EQ(streams(), 0u);
    EXPECT_EQ(agent_.taps().size(), 2u);
}

TEST_F(AgentTest, WhoAsksForPlaces) {
    const auto asks = [&](const std::string& module) {
        const auto document =
            agent_.parse(policy_yaml("p", "tap: a", "m: {" + module + "}"), DocumentKind::policy);
        EXPECT_TRUE(document) << document.error();
        return document && uses_places(document->policies[0]);
    };
    EXPECT_TRUE(asks("type: net"));
    EXPECT_FALSE(asks("type: net, metric_groups: {disable: [top_geo]}"));
    EXPECT_TRUE(asks("type: net, metric_groups: {disable: [all]}, filter: {only_asn_number: [1]}"));
    EXPECT_TRUE(asks("type: dns, require_version: '2.0', metric_groups: {enable: [all]}"));
    EXPECT_FALSE(asks("type: dns, require_version: '2.0', metric_groups: {disable: [all]}"));
    EXPECT_TRUE(asks("type: dns, metric_groups: {disable: [all]}, filter: {geoloc_notfound: true}"));
    EXPECT_FALSE(asks("type: dhcp"));
    EXPECT_FALSE(asks("type: pcap"));
}

TEST_F(AgentTest, NoMoreStreamsThanTheLimit) {
    Document many, more;
    for (size_t i = 0; i <= Agent::streams_max; ++i) {
        const auto document =
            agent_.parse(policy_yaml("p" + std::to_string(i),
                                     "tap: a, config: {host_spec: 10.0.0." + std::to_string(i) + "/32}",
                                     "d: {type: dhcp}"),
                         DocumentKind::policy);
        ASSERT_TRUE(document);
        (i < Agent::streams_max ? many : more).policies.push_back(document->policies[0]);
    }
    ASSERT_FALSE(agent_.add(many));
    EXPECT_EQ(streams(), Agent::streams_max);
    const auto trouble = agent_.add(more);
    ASSERT_TRUE(trouble);
    EXPECT_EQ(trouble->kind, RefusalKind::too_many);
    EXPECT_NE(trouble->text.find("the limit is 32"), std::string::npos) << trouble->text;
    EXPECT_EQ(streams(), Agent::streams_max);
    Document changed = many; // all of them may change at once
    for (auto& policy : changed.policies)
        policy.input_config.set_text("host_spec", policy.name.substr(1) + ".0.0.0/8");
    EXPECT_FALSE(agent_.reload(many, changed));
    EXPECT_EQ(streams(), Agent::streams_max);
}

TEST_F(AgentTest, AllPoliciesOfAFullStreamMayChange) {
    const auto document =
        agent_.parse(policy_yaml("p", "tap: a", "d: {type: input_resources}"), DocumentKind::policy);
    ASSERT_TRUE(document) << document.error();
    Document full;
    for (size_t i = 0; i < Agent::policies_max; ++i) {
        full.policies.push_back(document->policies[0]);
        full.policies.back().name = "p" + std::to_string(i);
    }
    ASSERT_FALSE(agent_.add(full));
    const auto trouble = agent_.add(*document);
    ASSERT_TRUE(trouble);
    EXPECT_NE(trouble->text.find("the limit is 255"), std::string::npos) << trouble->text;
    Document changed = full;
    for (auto& policy : changed.policies) policy.merge_like_handlers = true;
    EXPECT_FALSE(agent_.reload(full, changed));
    EXPECT_EQ(agent_.policies().size(), Agent::policies_max + 1);
    EXPECT_EQ(streams(), 1u);
}

TEST_F(AgentTest, PoliciesMoveAlongWithATapThatAFileChanges) {
    const auto parsed = [&](const std::string& config) {
        return *agent_.parse(tap_yaml("c", "pcap_source: mock" + config), DocumentKind::tap);
    };
    const Document first = parsed(""), second = parsed(", host_spec: 10.0.0.0/8");
    ASSERT_FALSE(agent_.reload({}, first));
    ASSERT_FALSE(add_policy("p", "tap: c"));
    ASSERT_FALSE(add_policy("q", "tap: a"));
    const auto q = agent_.policy("q");
    ASSERT_FALSE(agent_.reload(first, second));
    EXPECT_EQ(agent_.policy("p")->taps[0].stream->config.get_text("host_spec"), "10.0.0.0/8");
    EXPECT_EQ(agent_.policy("q"), q);
    EXPECT_TRUE(agent_.reload(second, {})); // the tap is in use
}

TEST_F(AgentTest, ErrorsOfDocumentsSayWhere) {
    EXPECT_EQ(text_of(add_policy("p", "tap: nope")), "1:55: tap 'nope' does not exist; the taps are: a, b");
    const auto filter = add_policy("p", "tap: a, filter: {bpf: 'bad bpf('}");
    ASSERT_TRUE(filter);
    EXPECT_NE(filter->text.find("filter 'bad bpf(': "), std::string::npos) << filter->text;
    EXPECT_FALSE(add_policy("p", "tap: a, filter: {bpf: 'udp port 53 and inbound'}"));
    const auto handler = add(policy_yaml("q", "tap: a", "n: {type: nope}"), DocumentKind::policy);
    ASSERT_TRUE(handler);
    EXPECT_NE(handler->text.find("not available; the handlers are: net 1.0, net 2.0, dns 1.0"),
              std::string::npos)
        << handler->text;
    const auto input = add("visor: {taps: {t: {input_type: nope}}}", DocumentKind::tap);
    ASSERT_TRUE(input);
    EXPECT_TRUE(input->text.ends_with("which is not available; the input types are: pcap, mock"))
        << input->text;
}

TEST_F(AgentTest, HandlerModulesAreLimited) {
    const auto with = [&](size_t modules) {
        std::string text;
        for (size_t i = 0; i < modules; ++i) text += "d" + std::to_string(i) + ": {type: dhcp},";
        return agent_.parse(policy_yaml("p", "tap: a", text), DocumentKind::policy);
    };
    EXPECT_TRUE(with(modules_max));
    const auto more = with(modules_max + 1);
    ASSERT_FALSE(more);
    EXPECT_NE(more.error().find("too many handler modules: the limit is 64"), std::string::npos)
        << more.error();
}

TEST_F(AgentTest, ReloadKeepsWhatIsTheSame) {
    const auto read = [&](const std::string& policies, const Document* in_place_of) {
        const std::string yaml = "visor: {policies: {" + policies + "}}";
        const auto known = in_place_of ? agent_.parse_in_place_of("q", yaml, DocumentKind::policy)
                                       : agent_.parse(yaml, DocumentKind::policy);
        EXPECT_TRUE(known) << known.error();
        return *known;
    };
    ASSERT_FALSE(add_policy("p"));
    const std::string q = "q: {kind: collection, input: {tap: b, input_type: pcap}, handlers: {modules: ";
    const Document first = read(q + "{n: {type: net}}}}", nullptr);
    ASSERT_FALSE(agent_.reload({}, first));
    EXPECT_EQ(names(), (Names{"p", "q"}));
    const auto before = agent_.policy("q"), other = agent_.policy("p");
    ASSERT_FALSE(agent_.reload(first, first));
    EXPECT_EQ(agent_.policy("q"), before);
    const Document second = read(q + "{n: {type: dns}}}}", &first);
    ASSERT_FALSE(agent_.reload(first, second));
    EXPECT_NE(agent_.policy("q"), before);
    EXPECT_EQ(agent_.policy("p"), other);    // came otherwise
    ASSERT_FALSE(agent_.remove_policy("q")); // gone meanwhile, and changed
    ASSERT_FALSE(agent_.reload(second, first));
    EXPECT_EQ(streams(), 2u);
    ASSERT_FALSE(agent_.reload(first, {}));
    EXPECT_EQ(names(), Names{"p"});
    EXPECT_EQ(streams(), 1u);
}

TEST_F(AgentTest, ReadersAndChangesTakeTurns) {
    std::atomic<bool> done = false;
    std::vector<std::thread> readers;
    readers.reserve(2);
    for (int i = 0; i < 2; ++i)
        readers.emplace_back([&] {
            while (!done) {
                for (const auto& policy : agent_.policies()) {
                    agent_.refresh({&policy, 1});
                    for (const auto& on_tap : policy->taps)
                        EXPECT_GE(on_tap.live->results().period(0, engine::wall_clock_ns()).handlers.size(),
                                  1u);
                }
                for (const auto& [name, state] : agent_.streams()) EXPECT_GE(state.counts.size(), 1u);
            }
        });
    for (int i = 0; i < 100; ++i) {
        EXPECT_FALSE(add_policy("p"));
        EXPECT_FALSE(add_policy("q", "tap: b"));
        EXPECT_FALSE(agent_.remove_policy("p"));
        EXPECT_FALSE(agent_.remove_policy("q"));
    }
    done = true;
    for (std::thread& reader : readers) reader.join();
    EXPECT_EQ(streams(), 0u);
}

} // namespace
} // namespace visor::control
