// Whole documents: their sections, notices and places.
#include "control/document_parts.hpp"
#include "control/test_document.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <regex>

namespace visor::control {
namespace {

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

TEST(Document, TroubleWithATapHasItsPlace) {
    const auto document = parse("visor:\n  taps:\n    t: {input_type: pcap}\n    t2: {input_type: pcap}\n");
    ASSERT_TRUE(document);
    const auto placed = [&](const std::string& text) {
        return with_place({{text}, RefusalKind::unavailable}, *document, "a.yaml");
    };
    EXPECT_EQ(placed(not_opened(document->taps[1]) + "why").text,
              "a.yaml:4:5: unable to instantiate tap 't2': why");
    EXPECT_EQ(placed("unable to instantiate tap 'other': why").text,
              "a.yaml: unable to instantiate tap 'other': why");
    EXPECT_EQ(placed("too many inputs").text, "a.yaml: too many inputs");
    EXPECT_EQ(placed("too many inputs").kind, RefusalKind::unavailable);
    TapConfig moved = document->taps[0];
    moved.line = 10;
    EXPECT_EQ(moved, document->taps[0]); // no reason to open it anew
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
