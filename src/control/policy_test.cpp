#include "control/policy.hpp"

#include "control/document_parts.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <regex>

namespace visor::control {
namespace {

constexpr Option dns_options[] = {
    {"exclude_noerror", OptionType::boolean, ""}, {"only_qtype", OptionType::list, ""},
    {"answer_count", OptionType::uint, ""},       {"geoloc_notfound", OptionType::boolean, ""},
    {"asn_notfound", OptionType::boolean, ""},
};
constexpr Group dns_groups[] = {
    {"counters", true}, {"cardinality", true}, {"histograms", false}, {"top_ecs", false}};
constexpr Option pcap_options[] = {
    {"iface", OptionType::text, ""},
    {"bpf", OptionType::text, ""},
    {"host_spec", OptionType::text, ""},
    {"pcap_source", OptionType::text, ""},
};
constexpr Option flow_options[] = {{"port", OptionType::uint, ""}};
const HandlerInfo handlers[] = {{"dns", "1.0", dns_options, dns_groups},
                                {"dns", "2.0", dns_options, dns_groups},
                                {"dhcp", "1.0", {}, {}}};
const InputInfo inputs[] = {{"pcap", pcap_options}, {"flow", flow_options}, {"mock", {}, true}};

Known known() {
    Known k;
    k.handlers = handlers;
    k.inputs = inputs;
    return k;
}

std::string indented(std::string_view text, const std::string& by) {
    std::string out;
    for (size_t at = 0; at < text.size();) {
        const size_t end =
            text.find('\n', at) == std::string_view::npos ? text.size() : text.find('\n', at) + 1;
        (out += by) += text.substr(at, end - at);
        at = end;
    }
    return out + "\n";
}

const std::string taps =
    "taps:\n  anycast: {input_type: pcap, config: {iface: eth0, bpf: udp}, tags: {virtual: true, vhost: 1}}\n"
    "  second: {input_type: pcap, tags: {virtual: true, vhost: 2, site: ams}}\n"
    "  flows: {input_type: sflow, tags: {virtual: false}}\n";
std::string with_policy(const std::string& policy) {
    return "version: \"1.0\"\nvisor:\n" +
           indented(taps + "policies:\n  p1:\n" + indented(policy, "    "), "  ");
}
std::string with_input(const std::string& input) {
    return with_policy("kind: collection\ninput: " + input + "\nhandlers: {modules: {d: {type: dns}}}");
}
std::string with_handlers(const std::string& body) {
    return with_policy("kind: collection\ninput: {tap: anycast, input_type: pcap}\nhandlers: " + body);
}
std::string with_module(const std::string& body) {
    return with_handlers("{modules: {d: " + body + "}}");
}

Result<Document, Refusal> parse(const std::string& yaml, const Known& k = known()) {
    return parse_document(yaml, "", DocumentKind::file, k);
}
// What is wrong, without where.
std::string text_of(const Result<Document, Refusal>& document) {
    if (document) return {};
    const std::string& error = document.error();
    const size_t at = error.find_first_not_of("0123456789:");
    return at && at != error.npos && error[at] == ' ' ? error.substr(at + 1) : error;
}
std::string fault(const std::string& yaml) {
    return text_of(parse(yaml));
}
PolicyConfig policy(const std::string& yaml, const Known& k = known()) {
    const auto document = parse(yaml, k);
    EXPECT_TRUE(document) << document.error() << "\n" << yaml;
    return document && document->policies.size() == 1 ? document->policies[0] : PolicyConfig{};
}

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

TEST(Document, ShapeAndVersion) {
    EXPECT_EQ(fault(""), "empty data");
    EXPECT_EQ(fault("text"), "invalid schema; a map with the key 'visor' is expected");
    EXPECT_EQ(fault("other: {}"), "invalid schema; a map with the key 'visor' is expected");
    EXPECT_EQ(fault("visor: text"), "invalid schema; a map with the key 'visor' is expected");
    EXPECT_EQ(fault("version: \"2.0\"\nvisor: {}"), "unsupported version; the version is \"1.0\"");
    EXPECT_EQ(fault("version: 1.0\nvisor: {}"), "");
    const auto bare = parse("visor: {}");
    ASSERT_TRUE(bare);
    EXPECT_EQ(bare->notices.size(), 1U);
    EXPECT_EQ(fault("visor: {taps: text}"), "no taps found in schema");
    EXPECT_EQ(fault("visor: {policies:}"), "");
}

TEST(Document, NoticesOfKeysThatAreIgnored) {
    Known k = known();
    TapConfig tagged{"tagged", "pcap", {}, {}};
    tagged.tags.set_uint("a", 1);
    k.taps = {&tagged, 1};
    const auto document = parse_document(R"(version: "1.0"
extra: 1
visor:
  config: {odd: 1}
  polices: {}
  taps:
    t: {input_type: pcap, tgas: {a: 1}}
  policies:
    p:
      kind: collection
      description: text
      handelrs: {}
      input: {tap_selector: {any: [a: 1], al: []}, input_type: pcap, fitler: {bpf: tcp}}
      handlers:
        window_cfg: {num_periods: 2}
        modules: {d: {type: dns, fitler: {nope: 1}, "m\ngroup": {}}}
)",
                                         "a.yaml", DocumentKind::file, k);
    ASSERT_TRUE(document) << document.error();
    std::vector<std::string> notices = document->notices;
    std::sort(notices.begin(), notices.end());
    const std::string module =
        " is ignored; the keys here are: type, require_version, config, filter, metric_groups";
    const std::string tap = " is ignored; the keys here are: input_type, config, tags";
    ASSERT_EQ(notices.size(), 10U);
    EXPECT_EQ(notices[0],
              "a.yaml:12:7: key 'handelrs' is ignored; the keys here are: kind, description, config, "
              "input, handlers");
    EXPECT_EQ(notices[1], "a.yaml:13:43: key 'al' is ignored; the keys here are: any, all");
    EXPECT_EQ(notices[2],
              "a.yaml:13:70: key 'fitler' is ignored; the keys here are: tap, tap_selector, input_type, "
              "config, filter");
    EXPECT_EQ(notices[3],
              "a.yaml:15:9: key 'window_cfg' is ignored; the keys here are: window_config, modules");
    EXPECT_EQ(notices[4], "a.yaml:16:34: key 'fitler'" + module);
    EXPECT_EQ(notices[5], "a.yaml:16:53: key 'm\\x0agroup'" + module);
    EXPECT_EQ(notices[6], "a.yaml:2:1: key 'extra' is ignored; the keys here are: version, visor");
    EXPECT_TRUE(notices[7].starts_with("a.yaml:4:12: key 'odd' is ignored; the keys here are: periods, "))
        << notices[7];
    EXPECT_EQ(notices[8], "a.yaml:5:3: key 'polices' is ignored; the keys here are: config, taps, "
                          "global_handler_config, policies");
    EXPECT_EQ(notices[9], "a.yaml:7:27: key 'tgas'" + tap);
}

TEST(Document, WhatOnlyTheAgentNeeds) {
    Known k = known();
    const auto refused = [&](const std::string& input) { return text_of(parse(with_input(input), k)); };
    const std::string missing = ": no interface is given: set iface to a name, an address or auto";
    EXPECT_EQ(refused("{tap: second, input_type: pcap}"), "");
    k.live = true;
    EXPECT_EQ(refused("{tap: anycast, input_type: pcap}"), "");
    EXPECT_EQ(refused("{tap: flows, input_type: flow}"), "");
    EXPECT_EQ(refused("{tap: second, input_type: pcap}"), "unable to instantiate tap 'second'" + missing);
    EXPECT_EQ(refused("{tap: second, input_type: pcap, config: {iface: lo}}"), "");
    EXPECT_EQ(refused("{tap: second, input_type: pcap, config: {pcap_source: mock}}"), "");
    EXPECT_EQ(refused("{tap_selector: {any: [vhost: 1, vhost: 2]}, input_type: pcap}"),
              "unable to instantiate tap 'second'" + missing);
    EXPECT_EQ(fault("visor: {policies: {__all: {}}}"), "policy name '__all' is reserved");
}

TEST(Document, NoticesOfPoliciesThatSeeNothing) {
    const auto notices = [](const std::string& options, const std::string& modules) {
        const auto document = parse("version: \"1.0\"\nvisor:\n  config: {" + options +
                                    "}\n  taps: {t: {input_type: mock}}\n  policies:\n    p: {kind: "
                                    "collection, input: {tap: t, input_type: mock}, handlers: {modules:\n" +
                                    modules + "}}\n");
        EXPECT_TRUE(document) << document.error();
        return document->notices;
    };
    using Notices = std::vector<std::string>;
    for (const char* none : {"{}", "[]"})
        EXPECT_EQ(notices("", none), Notices{"7:1: policy 'p' has no handler modules: it does nothing"});
    EXPECT_EQ(notices("", "{d: {type: dns}}"), Notices{});
    const std::string filters = "{d: {type: dns, filter: {geoloc_notfound: true, asn_notfound: true}}}";
    const Notices city{"7:26: geoloc_notfound lets nothing through without a city database: set geo_city"};
    EXPECT_EQ(notices("geo_asn: /a", filters), city);
    EXPECT_EQ(notices("default_geo_asn: /a", filters), city);
    EXPECT_EQ(notices("geo_city: /c", filters),
              Notices{"7:49: asn_notfound lets nothing through without an ASN database: set geo_asn"});
    EXPECT_EQ(notices("geo_city: /c, geo_asn: /a", filters), Notices{});
    EXPECT_EQ(notices("", "{d: {type: dns, filter: {geoloc_notfound: false}}}"), Notices{});
}

TEST(Document, PatternsOfNamesTakeTheNamesThatAreTaken) {
    for (const Named what : {Named::tap, Named::policy, Named::module}) {
        const std::regex pattern(name_pattern(what), std::regex::ECMAScript);
        for (const std::string name :
             {"a", "_a-1", "A.b", "1a", ".a", "-a", "a b", "a\n", "a/b", "\xc3\xa9", "", "a]", "a^"}) {
            bool taken = true;
            try {
                check_name({name, 1, 1, {}}, what);
            } catch (const ConfigFault&) {
                taken = false;
            }
            EXPECT_EQ(std::regex_match(name, pattern), taken) << name << ' ' << name_pattern(what);
        }
        EXPECT_TRUE(std::regex_match(std::string(128, 'a'), pattern));
        EXPECT_FALSE(std::regex_match(std::string(129, 'a'), pattern));
    }
}

TEST(Document, Taps) {
    const auto document = parse("version: \"1.0\"\nvisor:\n" + indented(taps, "  "));
    ASSERT_TRUE(document) << document.error();
    ASSERT_EQ(document->taps.size(), 3U);
    EXPECT_EQ(document->taps[0].config.get_text("iface"), "eth0");
    EXPECT_EQ(document->taps[0].tags.get_uint("vhost"), 1U);
    EXPECT_TRUE(document->taps[0].tags.get_bool("virtual"));
    EXPECT_TRUE(document->notices.empty());
    const auto tap = [](const std::string& text) { return fault("visor: {taps: {" + text + "}}"); };
    const std::string may_be =
        "' is none; a name is up to 128 letters, digits, _ and -, beginning with a letter or _";
    EXPECT_EQ(tap("\"\": {input_type: pcap}"), "expecting tap identifier");
    EXPECT_EQ(tap("1x: {input_type: pcap}"), "expecting tap identifier: '1x" + may_be);
    EXPECT_EQ(tap("a b: {input_type: pcap}"), "expecting tap identifier: 'a b" + may_be);
    EXPECT_EQ(tap("_a-1: {input_type: pcap}"), "");
    EXPECT_EQ(tap("t: text"), "expecting tap configuration map");
    EXPECT_EQ(tap("t: {config: {}}"), "missing or invalid tap type key 'input_type'");
    EXPECT_EQ(tap("t: {input_type: nope}"), "Tap 't' requires input stream type 'nope' which is not available"
                                            "; the input types are: pcap, flow, mock");
    EXPECT_EQ(tap("t: {input_type: pcap, config: text}"), "tap configuration is not a map");
    EXPECT_EQ(tap("t: {input_type: pcap, tags: [a]}"), "tap tags is not a map");
    EXPECT_EQ(tap("t: {input_type: pcap, tags: {a: [b]}}"), "tag key 'a' must have scalar value");
    EXPECT_EQ(tap("t: {input_type: mock, config: {anything: 1}}"), "");
    EXPECT_EQ(tap("t: {input_type: mock, config: {a: null, b: [[1], 2], c: {d: }, e: 1}}"), "");
    EXPECT_EQ(tap("t: {input_type: pcap, config: {iface: null}}"), "invalid value for key: iface");
    EXPECT_EQ(tap("t: {input_type: pcap, config: {nope: 1}}"),
              "nope is an invalid/unsupported config or filter. The valid configs/filters are: iface, bpf, "
              "host_spec, pcap_source");
    Known k = known();
    const TapConfig present[] = {{"t", "pcap", {}, {}}};
    k.taps = present;
    EXPECT_EQ(text_of(parse("visor: {taps: {t: {input_type: pcap}}}", k)), "module name 't' already exists");
    const auto filtered = parse("version: \"1.0\"\nvisor: {taps: {t: {input_type: pcap, filter: {}}}}");
    ASSERT_TRUE(filtered);
    EXPECT_EQ(filtered->notices.size(), 1U);
}

TEST(Document, TapsKnownBeforeServePolicies) {
    Known k = known();
    const TapConfig present[] = {{"default", "pcap", {}, {}}};
    const std::string yaml =
        "visor: {policies: {p1: {kind: collection, input: {tap: default, input_type: pcap}, "
        "handlers: {modules: {d: {type: dns}}}}}}";
    EXPECT_EQ(text_of(parse(yaml, k)), "tap 'default' does not exist; there are no taps");
    k.taps = present;
    EXPECT_TRUE(parse(yaml, k));
}

TEST(Document, GlobalHandlerConfig) {
    EXPECT_EQ(fault("visor: {global_handler_config: text}"),
              "expecting global_handler_config configuration map");
    EXPECT_EQ(fault("visor: {global_handler_config: {dns: text}}"),
              "expecting global_handler_config configuration map");
    const auto document =
        parse("version: \"1.0\"\nvisor: {global_handler_config: {nope: {a: 1}, dns: {answer_count: 1}}}");
    ASSERT_TRUE(document) << document.error();
    EXPECT_EQ(document->notices.size(), 1U);
}

TEST(Document, ProcessOptions) {
    const auto document = parse(
        "version: \"1.0\"\nvisor: {config: {verbose: true, port: 10853, periods: 99, geo_city: /x, odd: 1}}");
    ASSERT_TRUE(document) << document.error();
    EXPECT_TRUE(document->options.get_bool("verbose"));
    EXPECT_EQ(document->options.get_uint("port"), 10853U);
    EXPECT_EQ(document->options.get_uint("periods"), 10U);
    EXPECT_FALSE(document->options.has("odd"));
    EXPECT_EQ(document->notices.size(), 1U);
    EXPECT_EQ(fault("visor: {config: {verbose: 1}}"),
              "wrong type for key: verbose; it is to be true or false");
}

TEST(Document, FromTheNetworkOneSectionOneEntry) {
    const auto post = [](const std::string& yaml, DocumentKind kind) {
        return text_of(parse_document(yaml, "", kind, known()));
    };
    EXPECT_EQ(post("", DocumentKind::tap), "empty data");
    EXPECT_EQ(post("visor: {policies: {}}", DocumentKind::tap), "no taps found in schema");
    EXPECT_EQ(post("visor: {taps: {}}", DocumentKind::policy), "no policies found in schema");
    EXPECT_EQ(post("visor: {taps: {a: {input_type: pcap}, b: {input_type: pcap}}}", DocumentKind::tap),
              "only a single tap expected but got 2");
    EXPECT_EQ(post("visor: {policies: {a: {}, b: {}, c: {}}}", DocumentKind::policy),
              "only a single policy expected but got 3");
    EXPECT_EQ(post("visor: {taps: {a: {input_type: pcap}}}", DocumentKind::tap), "");
}

TEST(Document, FaultsSayWhere) {
    const auto document = parse_document("visor:\n  taps:\n    t:\n      input_type: nope\n", "agent.yaml",
                                         DocumentKind::file, known());
    ASSERT_FALSE(document);
    EXPECT_EQ(document.error(),
              "agent.yaml:4:19: Tap 't' requires input stream type 'nope' which is not available"
              "; the input types are: pcap, flow, mock");
    const auto option =
        parse_document("visor:\n  taps:\n    t:\n      input_type: pcap\n      config:\n        nope: 1\n",
                       "agent.yaml", DocumentKind::file, known());
    ASSERT_FALSE(option);
    EXPECT_TRUE(option.error().starts_with("agent.yaml:6:9: nope is an invalid")) << option.error();
    EXPECT_EQ(read_document("/nonexistent/a.yaml", known()).error(), "cannot read /nonexistent/a.yaml");
}

} // namespace
} // namespace visor::control
