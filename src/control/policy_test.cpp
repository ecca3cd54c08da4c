#include "control/policy.hpp"

#include "control/test_document.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace visor::control {
namespace {

TEST(Policy, WholePolicy) {
    const PolicyConfig p = policy(with_policy(R"(
kind: collection
description: text
config: {merge_like_handlers: true}
input:
  tap: anycast
  input_type: pcap
  config: {bpf: port 53}
  filter: {bpf: tcp}
handlers:
  window_config: {num_periods: 3, deep_sample_rate: 200}
  modules:
    default_dns:
      type: dns
      require_version: "2.0"
      config: {exclude_noerror: true}
      filter: {only_qtype: [A, 28]}
      metric_groups: {disable: [cardinality], enable: [histograms]}
    leases: {type: dhcp}
)"));
    EXPECT_EQ(p.name, "p1");
    EXPECT_EQ(p.tap, "anycast");
    EXPECT_EQ(p.taps, std::vector<std::string>{"anycast"});
    EXPECT_EQ(p.input_type, "pcap");
    EXPECT_TRUE(p.merge_like_handlers);
    EXPECT_FALSE(p.sequence);
    EXPECT_EQ(p.input_filter.get_text("bpf"), "tcp");
    EXPECT_EQ(p.window, (WindowSettings{3, 100, 10, 0}));
    ASSERT_EQ(p.modules.size(), 2U);
    const ModuleConfig& dns = p.modules[0];
    EXPECT_EQ(dns.instance + " " + dns.type + " " + dns.version, "default_dns dns 2.0");
    EXPECT_TRUE(dns.values.get_bool("exclude_noerror"));
    EXPECT_EQ(dns.values.get_list("only_qtype")[1], "28");
    EXPECT_EQ(dns.groups, group_bit(0) | group_bit(2));
    EXPECT_EQ(dns.window, p.window);
    EXPECT_EQ(p.modules[1].version, "1.0");
    EXPECT_EQ(p.modules[1].groups, 0U);
    const auto document = parse(with_input("{tap: anycast, input_type: pcap, config: {bpf: port 53}}"));
    const OptionValues effective = effective_input(document->taps[0], document->policies[0]);
    EXPECT_EQ(effective.get_text("bpf"), "port 53");
    EXPECT_EQ(effective.get_text("iface"), "eth0");
}

TEST(Policy, PrecedenceOfHandlerValues) {
    const auto yaml = [](const std::string& global, const std::string& rest) {
        return "visor:\n  taps: {t: {input_type: pcap}}\n  global_handler_config: {dns: {" + global +
               "}}\n  policies: {p1: {kind: collection, input: {tap: t, input_type: pcap}, handlers: {" +
               rest + "}}}\n";
    };
    const auto count = [&](const std::string& text) {
        return policy(text).modules[0].values.get_uint("answer_count");
    };
    EXPECT_EQ(count(yaml("answer_count: 1", "modules: {d: {type: dns}}")), 1U);
    EXPECT_EQ(count(yaml("answer_count: 1", "modules: {d: {type: dns, config: {answer_count: 2}}}")), 2U);
    EXPECT_EQ(count(yaml("answer_count: 1",
                         "modules: {d: {type: dns, config: {answer_count: 2}, filter: {answer_count: 4}}}")),
              4U);
    const auto topn = [&](const std::string& text) { return policy(text).modules[0].window.topn_count; };
    EXPECT_EQ(topn(yaml("topn_count: 3", "modules: {d: {type: dns, config: {topn_count: 4}}}")), 4U);
    EXPECT_EQ(
        topn(yaml("topn_count: 3",
                  "window_config: {topn_count: 5}, modules: {d: {type: dns, config: {topn_count: 4}}}")),
        5U);
    EXPECT_EQ(
        topn(yaml("topn_count: 3",
                  "window_config: {topn_count: 5}, modules: {d: {type: dns, filter: {topn_count: 6}}}")),
        6U);
    EXPECT_EQ(topn(yaml("topn_count: 3", "modules: {d: {type: dns}}")), 3U);
}

TEST(Policy, WindowDefaults) {
    Known k = known();
    k.window.periods = 8;
    k.window.deep_sample_rate = 20;
    const std::string modules = "modules: {d: {type: dns}}";
    EXPECT_EQ(policy(with_handlers("{" + modules + "}"), k).window, (WindowSettings{8, 20, 10, 0}));
    // A window_config leaves nothing to the command line.
    EXPECT_EQ(policy(with_handlers("{window_config: {topn_count: 3}, " + modules + "}"), k).window,
              (WindowSettings{5, 100, 3, 0}));
    EXPECT_EQ(policy(with_handlers("{window_config: {num_periods: 99}, " + modules + "}"), k).window.periods,
              10U);
}

TEST(Policy, ProcessOptionsAreTheDefaultsOfItsWindow) {
    const std::string rest =
        "  taps: {t: {input_type: pcap}}\n  policies: {p: {kind: collection, input: {tap: t, "
        "input_type: pcap}, handlers: {modules: {d: {type: dns}}";
    const auto window = [&](const std::string& config, const std::string& more, const Known& k) {
        return policy("version: \"1.0\"\nvisor:\n  config: {" + config + "}\n" + rest + more + "}}}\n", k)
            .window;
    };
    Known k = known();
    k.window.periods = 8;
    EXPECT_EQ(window("periods: 2, max_deep_sample: 30", "", k), (WindowSettings{2, 30, 10, 0}));
    EXPECT_EQ(window("max_deep_sample: 30", "", k), (WindowSettings{8, 30, 10, 0}));
    EXPECT_EQ(window("periods: 2", ", window_config: {topn_count: 3}", k), (WindowSettings{5, 100, 3, 0}));
    k.given.set_uint("periods", 8);
    EXPECT_EQ(window("periods: 2, max_deep_sample: 30", "", k), (WindowSettings{8, 30, 10, 0}));
    k.given.set_uint("max_deep_sample", 70);
    EXPECT_EQ(window("periods: 2, max_deep_sample: 30", "", k), (WindowSettings{8, 70, 10, 0}));
}

TEST(Policy, SequenceKeepsItsOrder) {
    const PolicyConfig p = policy(with_handlers("{modules: [{z: {type: dns}}, {a: {type: dhcp}}]}"));
    EXPECT_TRUE(p.sequence);
    ASSERT_EQ(p.modules.size(), 2U);
    EXPECT_EQ(p.modules[0].instance, "z");
    EXPECT_EQ(p.modules[1].instance, "a");
    EXPECT_EQ(fault(with_handlers("{modules: [{a: {type: dns}}, {a: {type: dns}}]}")),
              "handler module 'a' is given twice");
}

TEST(Policy, Selectors) {
    const auto chosen = [](const std::string& selector) {
        return policy(with_input("{tap_selector: " + selector + ", input_type: pcap}")).taps;
    };
    using Names = std::vector<std::string>;
    EXPECT_EQ(chosen("{any: [virtual: true]}"), (Names{"anycast", "second"}));
    EXPECT_EQ(chosen("{any: [vhost: 1, site: ams]}"), (Names{"anycast", "second"}));
    EXPECT_EQ(chosen("{all: [virtual: true, vhost: 2]}"), Names{"second"});
    EXPECT_EQ(chosen("{all: [site: ams]}"), Names{"second"});
    const auto refused = [](const std::string& selector) {
        return fault(with_input("{tap_selector: " + selector + ", input_type: pcap}"));
    };
    const char* no_match =
        "no tap match found for specified 'input.tap_selector' tags; the tags are: virtual: true, "
        "vhost: 1, vhost: 2, site: ams, virtual: false";
    EXPECT_EQ(refused("{any: [vhost: 9]}"), no_match);
    EXPECT_EQ(refused("{all: [virtual: true, vhost: 9]}"), no_match);
    EXPECT_EQ(refused("{any: []}"), no_match);
    EXPECT_EQ(refused("{all: []}"), no_match);
    EXPECT_EQ(refused("{any: [vhost: one]}"),
              "Tap [anycast]: tag and selector value types are different for key 'vhost'");
    EXPECT_EQ(refused("{any: [{vhost: 1, site: ams}]}"),
              "selector tag must contain only one key/value pair per sequence index");
    EXPECT_EQ(refused("{any: [vhost: [1]]}"), "tag key 'vhost' must have scalar value");
    EXPECT_EQ(
        refused("{any: [virtual: false]}"),
        "input_type for policy specified tap 'flows' doesn't match tap's defined input type: pcap/sflow");
    for (const char* bad : {"text", "{}", "{any: [a: 1], all: [a: 1]}", "{any: {a: 1}}"})
        EXPECT_FALSE(refused(bad).empty()) << bad;
}

TEST(Policy, FaultsOfThePolicy) {
    EXPECT_EQ(fault("visor: {policies: {p1: text}}"), "expecting policy configuration map");
    EXPECT_EQ(fault("visor: {policies: {\"\": {kind: collection}}}"), "expecting policy identifier");
    const auto policy = [&](const std::string& name) {
        return fault("visor: {policies: {\"" + name + "\": {kind: collection}}}");
    };
    const std::string may_be =
        "' is none; a name is up to 128 letters, digits, _, - and ., beginning with a letter, a digit or _";
    for (const char* good : {"default", "_", "Default-Resources_2", "10g.uplink", "9"})
        EXPECT_EQ(policy(good), "missing or invalid policy input stream configuration at key 'input'")
            << good;
    EXPECT_EQ(policy("two words"), "expecting policy identifier: 'two words" + may_be);
    EXPECT_EQ(policy("a\\nforged"), "expecting policy identifier: 'a\\x0aforged" + may_be);
    for (const char* bad : {".", "..", "-p", "a/b", "a%20b", "a\\\"b", "\xc3\xbc", "p?x", "p#x", "{p}"})
        EXPECT_EQ(policy(bad).find("expecting policy identifier: '"), 0u) << bad;
    EXPECT_EQ(policy(std::string(128, 'p')), policy("p"));
    EXPECT_LT(policy(std::string(10000, 'p')).size(), 250u);
    EXPECT_EQ(policy(std::string(129, 'p')).find("expecting policy identifier: 'ppp"), 0u);
    EXPECT_EQ(fault(with_policy("input: {}")), "missing or invalid policy kind at key 'kind'");
    EXPECT_EQ(fault(with_policy("kind: [collection]")), "missing or invalid policy kind at key 'kind'");
    EXPECT_EQ(fault(with_policy("kind: other")), "unknown policy kind: other; the kind is collection");
    EXPECT_EQ(fault(with_policy("kind: collection")),
              "missing or invalid policy input stream configuration at key 'input'");
    EXPECT_EQ(fault(with_input("{input_type: pcap}")), "missing key 'input.tap' or key 'input.tap_selector'");
    EXPECT_EQ(fault(with_input("{input_type: pcap, tap: a, tap_selector: {}}")),
              "input can have only key 'input.tap' or key 'input.tap_selector'");
    EXPECT_EQ(fault(with_input("{tap: anycast}")), "missing or invalid input_type at key 'input.input_type'");
    EXPECT_EQ(fault(with_input("{tap: nope, input_type: pcap}")),
              "tap 'nope' does not exist; the taps are: anycast, second, flows");
    EXPECT_EQ(
        fault(with_input("{tap: anycast, input_type: flow}")),
        "input_type for policy specified tap 'anycast' doesn't match tap's defined input type: flow/pcap");
    EXPECT_EQ(fault(with_input("{tap: flows, input_type: flow}")), ""); // sflow is its older name
    EXPECT_EQ(fault(with_input("{tap: anycast, input_type: pcap, config: {nope: 1}}")),
              "nope is an invalid/unsupported config or filter. The valid configs/filters are: iface, bpf, "
              "host_spec, pcap_source");
    EXPECT_EQ(fault(with_input("{tap: anycast, input_type: pcap, filter: {bpf: 1}}")),
              "wrong type for key: bpf; it is to be text, which is no number, true or false");
    EXPECT_EQ(fault(with_policy("kind: collection\nconfig: text\ninput: {tap: anycast, input_type: "
                                "pcap}\nhandlers: {modules: {d: {type: dns}}}")),
              "policy configuration is not a map");
    EXPECT_EQ(fault(with_policy("kind: collection\ninput: {tap: anycast, input_type: pcap}")),
              "missing or invalid handler configuration at key 'handlers'");
    Known k = known();
    const std::string taken[] = {"p1"};
    k.policies = taken;
    EXPECT_EQ(text_of(parse(with_module("{type: dns}"), k)), "policy with name 'p1' already defined");
}

TEST(Policy, FaultsOfHandlers) {
    EXPECT_EQ(fault(with_handlers("{}")), "missing or invalid handler modules at key 'modules'");
    EXPECT_EQ(fault(with_handlers("{modules: text}")), "missing or invalid handler modules at key 'modules'");
    EXPECT_EQ(fault(with_handlers("{modules: [text]}")), "expecting handler module identifier");
    EXPECT_EQ(fault(with_handlers("{modules: {\"\": {type: dns}}}")), "expecting handler module identifier");
    for (const char* modules : {"{a b: {type: dns}}", "[{\"a\\tb\": {type: dns}}]"})
        EXPECT_EQ(fault(with_handlers("{modules: " + std::string(modules) + "}"))
                      .find("expecting handler module identifier: 'a"),
                  0u)
            << modules;
    EXPECT_EQ(fault(with_module("text")), "expecting Handler configuration map");
    EXPECT_EQ(fault(with_module("{}")), "missing or invalid stream handler type at key 'type'");
    EXPECT_EQ(fault(with_module("{type: nope}")),
              "Policy 'p1' requires stream handler type 'nope' and version '1.0' which is not available"
              "; the handlers are: dns 1.0, dns 2.0, dhcp 1.0");
    EXPECT_EQ(fault(with_module("{type: dns, require_version: \"9.0\"}")),
              "Policy 'p1' requires stream handler type 'dns' and version '9.0' which is not available"
              "; the handlers are: dns 1.0, dns 2.0, dhcp 1.0");
    EXPECT_EQ(fault(with_module("{type: dns, config: text}")), "stream handler configuration is not a map");
    EXPECT_EQ(fault(with_module("{type: dns, filter: [a]}")),
              "stream handler filter configuration is not a map");
    EXPECT_EQ(fault(with_module("{type: dns, metric_groups: [a]}")),
              "stream handler metric groups is not a map");
    EXPECT_EQ(fault(with_module("{type: dns, metric_groups: {}}")),
              "stream handler metric groups should contain enable and/or disable tags");
    EXPECT_EQ(fault(with_module("{type: dns, metric_groups: {enable: [nope]}}")),
              "nope is an invalid/unsupported metric group. The valid groups are: all, cardinality, "
              "counters, histograms, top_ecs");
    EXPECT_EQ(fault(with_module("{type: dns, metric_groups: {enable: all}}")),
              "wrong type for key: enable; it is to be a list");
    EXPECT_EQ(fault(with_module("{type: dns, config: {only_qtype: A}}")),
              "wrong type for key: only_qtype; it is to be a list");
    EXPECT_EQ(fault(with_module("{type: dns, filter: {only_qtype: [[A]]}}")),
              "invalid value for sequence in key: only_qtype");
    EXPECT_EQ(
        fault(with_module("{type: dhcp, filter: {nope: 1}}")),
        "nope is an invalid/unsupported config or filter. The valid configs/filters are: recorded_stream, "
        "num_periods, deep_sample_rate, topn_count, topn_percentile_threshold, enable, disable");
    EXPECT_EQ(
        fault(with_handlers("{window_config: {topn_percentile_threshold: 101}, modules: {d: {type: dns}}}")),
        "threshold must be between 0 and 100");
    EXPECT_EQ(fault(with_handlers("{window_config: text, modules: {d: {type: dns}}}")),
              "window_config is not a map");
}

TEST(Policy, FaultsOfGroupsPointAtTheirList) {
    const std::string text = with_module("{type: dns, metric_groups: {enable: [all], disable: [nope]}}");
    const auto document = parse_document(text, "c", DocumentKind::file, known());
    ASSERT_FALSE(document);
    const size_t at = text.find("disable");
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(at), '\n');
    const size_t column = at - text.rfind('\n', at);
    EXPECT_TRUE(document.error().starts_with("c:" + std::to_string(line) + ":" + std::to_string(column) +
                                             ": nope is"))
        << document.error();
}

TEST(Policy, GroupsDisableThenEnable) {
    const auto groups = [](const std::string& body) {
        return policy(with_module("{type: dns, metric_groups: {" + body + "}}")).modules[0].groups;
    };
    EXPECT_EQ(policy(with_module("{type: dns}")).modules[0].groups, 0b0011U);
    EXPECT_EQ(groups("enable: [counters], disable: [counters]"), 0b0011U);
    EXPECT_EQ(groups("disable: [all]"), 0U);
    EXPECT_EQ(groups("disable: [all], enable: [top_ecs]"), 0b1000U);
    EXPECT_EQ(groups("enable: [all]"), 0b1111U);
    EXPECT_EQ(groups("disable: [counters], enable: [histograms]"), 0b0110U);
    EXPECT_EQ(groups("disable: [all, never_looked_at]"), 0U); // a list stops at "all"
    const std::string one[] = {"x"};
    EXPECT_EQ(resolve_groups({}, {{}, one}).error(),
              "x is an invalid/unsupported metric group. The valid groups are: all");
}

} // namespace
} // namespace visor::control
