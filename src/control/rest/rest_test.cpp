#include "control/rest/replies.hpp"
#include "control/rest/routes.hpp"
#include "control/rest/test_rest.hpp"

#include <set>
#include <sstream>

namespace visor::control {
namespace {

TEST_F(RestTest, WithoutAdminNothingChangesAnything) {
    with_policy();
    for (const Route& route : all_routes()) {
        if (!route.info.admin) continue;
        std::string path(route.info.path);
        if (const size_t at = path.find("{name}"); at != std::string::npos) path.replace(at, 6, "p");
        const auto reply = ask(request(std::string(route.info.method), path, policy_yaml));
        EXPECT_EQ(reply.status, 404) << path;
        EXPECT_EQ(reply.text(), "") << path;
    }
    EXPECT_EQ(stops_, 0);
    EXPECT_EQ(agent_.policies().size(), 2u);
    EXPECT_EQ(json_of(get("/api/v1/openapi.json"))["paths"]["/api/v1/taps"].size(), 1u); // GET alone
}

// Of one event: its name and what it says.
std::pair<std::string, json> event_of(const std::string& text) {
    std::istringstream lines(text);
    std::string name, line;
    json data;
    while (std::getline(lines, line)) {
        if (line.starts_with("event: ")) name = line.substr(7);
        if (line.starts_with("data: ")) data = json::parse(line.substr(6));
    }
    return {name, data};
}

TEST_F(RestTest, LiveIsMadeOnceForAllItsReaders) {
    with_policy();
    EXPECT_EQ(get("/api/v1/policies/nope/metrics/live").status, 404);
    const auto one = get("/api/v1/policies/p/metrics/live"), other = get("/api/v1/policies/p/metrics/live");
    ASSERT_TRUE(one.pieces && other.pieces);
    EXPECT_EQ(one.content_type, "text/event-stream");
    EXPECT_EQ(*one.pieces->next().piece, "retry: 2000\n\n");
    const auto first = one.pieces->next();
    ASSERT_TRUE(first.piece);
    const auto [name, data] = event_of(*first.piece);
    EXPECT_EQ(name, "metrics");
    EXPECT_TRUE(data["p"].contains("ledger"));
    EXPECT_NE(first.piece->find("\"seconds\":{\"start_ts\":"), std::string::npos) << data;
    other.pieces->next();
    EXPECT_EQ(other.pieces->next().piece, first.piece); // the same text, not one like it
    const auto second = one.pieces->next();
    EXPECT_FALSE(second.piece || second.last);
    EXPECT_GT(second.wait.count(), 0);
    EXPECT_LE(second.wait, std::chrono::seconds(1));
}

TEST_F(RestTest, LiveFeedSkipsWhatASlowReaderMissed) {
    with_policy();
    LiveFeed feed(agent_, "p");
    auto now = LiveFeed::Clock::now();
    auto look = feed.look(0, now);
    ASSERT_TRUE(look.event);
    EXPECT_EQ(look.number, 1u);
    for (int i = 0; i < 6; ++i) { // a question and an event a second
        look = feed.look(look.number, now);
        now = look.again;
    }
    EXPECT_LT(now - LiveFeed::Clock::now(), std::chrono::seconds(4));
    look = feed.look(1, now);
    ASSERT_TRUE(look.event);
    EXPECT_GE(look.number, 3u);
    EXPECT_EQ(event_of(*look.event).first, "metrics");
    ASSERT_FALSE(agent_.remove_policy("p"));
    now = look.again;
    auto end = feed.look(look.number, now);
    EXPECT_TRUE(end.gone);
    EXPECT_EQ(event_of(*end.event).first, "gone");
    EXPECT_TRUE(feed.look(1, now).gone); // to whoever comes later, too
}

TEST_F(RestTest, WhoMayChangeSomething) {
    settings_.admin = true;
    settings_.token = "secret";
    auto change = request("POST", "/api/v1/taps", tap_yaml);
    EXPECT_EQ(ask(change).status, 401);
    EXPECT_EQ(*ask(change).header("WWW-Authenticate"), "Bearer");
    change.headers.emplace_back("Authorization", "Bearer secret");
    change.host = "evil.example";
    EXPECT_EQ(ask(change).status, 403);
    change.host = "localhost:10853";
    change.headers.emplace_back("Origin", "http://evil.example");
    EXPECT_EQ(ask(change).status, 403);
    change.headers.back().second = "http://localhost:10853";
    EXPECT_EQ(ask(change).status, 201);
    EXPECT_EQ(ask(change).status, 409);
    auto stop = request("DELETE", "/api/v1/server");
    EXPECT_EQ(ask(stop).status, 401);
    EXPECT_EQ(stops_, 0);
    stop.headers.emplace_back("Authorization", "Bearer secret");
    EXPECT_EQ(ask(stop).status, 200);
    EXPECT_EQ(stops_, 1);
}

TEST_F(RestTest, ATrialAnswersAsTheChangeWouldAndChangesNothing) {
    settings_.admin = true;
    const auto change = [&](const char* method, const char* path, const std::string& body, bool trial) {
        auto asked = request(method, path, body);
        if (trial) asked.query = {{"dry_run", "1"}};
        return ask(asked);
    };
    const std::string other_tap =
        "visor: {taps: {t: {input_type: pcap, config: {pcap_source: mock, host_spec: 10.0.0.0/8}}}}";
    const std::string other = "visor: {policies: {p: {kind: collection, input: {tap: t, input_type: pcap}, "
                              "handlers: {modules: {d: {type: dns}}}}}}";
    const std::string wrong = "visor: {policies: {q: {kind: collection, input: {tap: t, input_type: pcap}, "
                              "handlers: {modules: {d: {type: dsn}}}}}}";
    const std::string absent = "visor: {taps: {u: {input_type: pcap, config: {iface: nosuchinterface0}}}}";
    // Each step is tried, and tried again: what the trial says is what is said when it is done.
    const struct {
        const char *method, *path;
        const std::string& body;
        int status;
    } steps[] = {
        {"POST", "/api/v1/taps", tap_yaml, 201},        {"POST", "/api/v1/taps", tap_yaml, 409},
        {"POST", "/api/v1/policies", wrong, 400},       {"PUT", "/api/v1/policies/p", policy_yaml, 404},
        {"POST", "/api/v1/policies", policy_yaml, 201}, {"POST", "/api/v1/policies", policy_yaml, 409},
        {"PUT", "/api/v1/taps/t", other_tap, 200},      {"PUT", "/api/v1/policies/p", other, 200},
        {"PUT", "/api/v1/policies/p", wrong, 400},      {"POST", "/api/v1/taps", absent, 201}};
    for (const auto& step : steps) {
        const auto show = [&] {
            std::string all(get("/api/v1/taps").text());
            for (const auto& policy : agent_.policies())
                all += policy->config.name + std::to_string(reinterpret_cast<uintptr_t>(policy.get()));
            for (const auto& [name, stream] : agent_.streams())
                all += name + std::to_string(stream.consumers);
            return all;
        };
        const std::string before = show();
        const auto tried = change(step.method, step.path, step.body, true);
        EXPECT_EQ(tried.status, step.status == 201 ? 200 : step.status) << step.path << tried.text();
        EXPECT_EQ(show(), before);
        const auto done = change(step.method, step.path, step.body, false);
        EXPECT_EQ(done.status, step.status) << done.text();
        if (step.status >= 400) {
            EXPECT_EQ(tried.text(), done.text());
            continue;
        }
        const json would = json_of(tried), is = json_of(done);
        ASSERT_EQ(would.size(), 1u);
        EXPECT_EQ(would.begin().key(), is.begin().key());
        if (std::string_view(step.path).find("taps") != std::string_view::npos) {
            EXPECT_EQ(would, is);
            continue;
        }
        EXPECT_EQ(would["p"]["taps"], is["p"]["taps"]);
        for (const auto& [name, module] : is["p"]["modules"].items())
            EXPECT_EQ(would["p"]["modules"][name]["module"]["config"], module["module"]["config"]) << name;
    }
    // What only starting it can find.
    const std::string on_absent =
        "visor: {policies: {q: {kind: collection, input: {tap: u, input_type: pcap}, "
        "handlers: {modules: {d: {type: dns}}}}}}";
    const auto tried = change("POST", "/api/v1/policies", on_absent, true);
    EXPECT_EQ(tried.status, 500);
    EXPECT_EQ(tried.text(), change("POST", "/api/v1/policies", on_absent, false).text());
    auto asked = request("POST", "/api/v1/taps", tap_yaml);
    asked.query = {{"dry_run", "perhaps"}};
    EXPECT_EQ(json_of(ask(asked))["error"], "dry_run is true or false");
    asked.body = "visor: {taps: {bare: {input_type: pcap, config: {pcap_source: mock}}}}";
    asked.query = {{"dry_run", ""}}; // "?dry_run" is meant as much
    EXPECT_EQ(ask(asked).status, 200);
    EXPECT_EQ(get("/api/v1/taps/bare").status, 404);
}

TEST_F(RestTest, ATrialRemovesAndStopsNothing) {
    settings_.admin = true;
    ASSERT_EQ(ask(request("POST", "/api/v1/taps", tap_yaml)).status, 201);
    ASSERT_EQ(ask(request("POST", "/api/v1/policies", policy_yaml)).status, 201);
    const auto tried = [&](const char* path) {
        auto asked = request("DELETE", path);
        asked.query = {{"dry_run", "1"}};
        return ask(asked).status;
    };
    EXPECT_EQ(tried("/api/v1/taps/t"), 409);
    EXPECT_EQ(tried("/api/v1/policies/p"), 200);
    EXPECT_EQ(tried("/api/v1/policies/nope"), 404);
    EXPECT_EQ(tried("/api/v1/server"), 200);
    EXPECT_TRUE(agent_.policy("p"));
    EXPECT_EQ(stops_, 0);
    ASSERT_EQ(ask(request("DELETE", "/api/v1/policies/p")).status, 200);
    EXPECT_EQ(tried("/api/v1/taps/t"), 200);
    EXPECT_EQ(agent_.taps().size(), 1u);
}

TEST_F(RestTest, ClientCertificates) {
    settings_.admin = settings_.client_certificate_needed = true;
    auto change = request("POST", "/api/v1/taps", tap_yaml);
    EXPECT_EQ(ask(change).status, 403);
    change.client_certificate = true;
    EXPECT_EQ(ask(change).status, 201);
}

TEST_F(RestTest, ContentTypes) {
    settings_.admin = true;
    const auto post = [&](const std::string& type) {
        auto change = request("POST", "/api/v1/taps", "nonsense: 1");
        change.headers = {{"content-type", type}};
        return json_of(ask(change))["error"].get<std::string>();
    };
    for (const char* good : {"application/x-yaml", "application/json", "APPLICATION/YAML; charset=utf-8",
                             "text/yaml", "application/x-yaml ;a=b"})
        EXPECT_EQ(post(good), "1:1: invalid schema; a map with the key 'visor' is expected") << good;
    for (const char* bad : {"text/plain", "application/x-yamlx", "yaml", ";", "application/"})
        EXPECT_EQ(post(bad), "Content-Type not supported") << bad;
    auto without = request("POST", "/api/v1/taps");
    EXPECT_EQ(json_of(ask(without))["error"], "must include Content-Type header");
}

TEST_F(RestTest, StatusFollowsFromTheKind) {
    const std::pair<RefusalKind, int> statuses[] = {
        {RefusalKind::invalid, 400},  {RefusalKind::too_many, 400}, {RefusalKind::not_found, 404},
        {RefusalKind::conflict, 409}, {RefusalKind::no_match, 422}, {RefusalKind::unavailable, 500}};
    for (const auto& [kind, status] : statuses) {
        const auto reply = refusal_reply({{"policy does not exists already"}, kind});
        EXPECT_EQ(reply.status, status);
        EXPECT_EQ(json_of(reply), (json{{"error", "policy does not exists already"}}));
    }
    EXPECT_EQ(json_of(error_reply(400, "\xff\"\n")), (json{{"error", "\xef\xbf\xbd\"\n"}}));
}

// Words of other refusals in what the client wrote.
TEST_F(RestTest, NamesDoNotChooseTheStatus) {
    settings_.admin = true;
    const auto with_input = [](const std::string& input) {
        std::string yaml = policy_yaml;
        return yaml.replace(yaml.find("tap: t"), 6, input).replace(yaml.find("{p:"), 3, "{q:");
    };
    with_policy();
    const auto post = [&](const std::string& yaml) {
        return ask(request("POST", "/api/v1/policies", yaml)).status;
    };
    EXPECT_EQ(post(with_input("tap: already")), 400);
    EXPECT_EQ(post(with_input("tap: does not exists")), 400);
    EXPECT_EQ(post(with_input("tap: t, filter: {already: 1}")), 400);
    EXPECT_EQ(post(with_input("tap: t, config: {pcap_source: libpcap, iface: already}")), 500);
    EXPECT_EQ(post(with_input("tap_selector: {any: [{already: 1}]}")), 422);
    EXPECT_EQ(post(policy_yaml), 409);
}

TEST_F(RestTest, NoPolicyNamedDefault) {
    with_policy();
    for (const char* path : {"/api/v1/metrics/bucket/0", "/api/v1/metrics/window/99"}) {
        EXPECT_EQ(get(path).status, 404);
        EXPECT_EQ(json_of(get(path)), (json{{"error", "policy does not exist"}}));
    }
    EXPECT_EQ(get("/metrics").status, 404);
    EXPECT_NE(get("/metrics").text().find("/api/v1/policies/NAME/metrics/prometheus"), std::string::npos);
    EXPECT_EQ(json_of(get("/api/v1/policies/p/metrics/bucket/0"))["p"].size(), 1u);
}

TEST_F(RestTest, QueriesThatCannotBeMeantAreRefused) {
    with_policy();
    auto asked = request("GET", "/api/v1/policies/p/metrics/bucket/0");
    for (const auto& [value, status] : {std::pair{"true", 200},
                                        {"1", 200},
                                        {"false", 200},
                                        {"0", 200},
                                        {"", 200},
                                        {"null", 400},
                                        {"2", 400}}) {
        asked.query = {{"extended", value}};
        EXPECT_EQ(ask(asked).status, status) << value;
    }
    EXPECT_EQ(json_of(ask(asked))["error"], "extended is true or false");
    asked.query = {{"somebody_elses", "null"}};
    EXPECT_EQ(ask(asked).status, 200);
}

TEST_F(RestTest, NamesAreDecodedAndStayUtf8) {
    with_policy();
    EXPECT_TRUE(json_of(get("/api/v1/policies/%70")).contains("p"));
    for (const char* path :
         {"/api/v1/policies/%ff%00", "/api/v1/policies/%", "/api/v1/taps/%c3%28",
          "/api/v1/policies/%2e%2e/metrics/bucket/0", "/api/v1/policies//metrics/bucket/0"})
        EXPECT_EQ(get(path).status, 404) << path;
}

TEST_F(RestTest, TapsWithoutConfigurationOrTags) {
    settings_.admin = true;
    ASSERT_EQ(ask(request("POST", "/api/v1/taps", "visor: {taps: {t: {input_type: pcap}}}")).status, 201);
    EXPECT_EQ(
        get("/api/v1/taps").text(),
        R"({"t":{"config":null,"input_type":"pcap","interface":"visor.module.input/1.0","tags":null}})");
}

TEST_F(RestTest, AppAndReadiness) {
    with_policy();
    EXPECT_EQ(json_of(get("/api/v1/metrics/app"))["app"]["version"], "9.8.7");
    EXPECT_EQ(get("/livez").text(), "ok\n");
    EXPECT_EQ(get("/readyz").status, 200);
    EXPECT_EQ(get("/metrics?x").status, 404); // paths come without their query
}

TEST_F(RestTest, EveryRouteIsDescribed) {
    settings_.admin = true;
    const json api = json_of(get("/api/v1/openapi.json"));
    size_t described = 0;
    for (const auto& path : api["paths"]) described += path.size();
    EXPECT_EQ(described, all_routes().size());
    EXPECT_EQ(rest_->routes().size(), all_routes().size());
}

// What is of the agent, or of a stream that policies share, is not told again with each of them.
TEST_F(RestTest, NothingOfTheAgentIsToldWithOnePolicy) {
    std::string yaml = "visor: {taps: {t: {input_type: mock}, u: {input_type: mock}}, policies: {";
    for (const auto& [policy, tap] : {std::pair{"default", "t"}, {"p", "t"}, {"q", "u"}})
        yaml += std::string(policy) + ": {kind: collection, input: {tap: " + tap +
                ", input_type: mock}, handlers: {modules: {n: {type: net}}}}, ";
    const auto document = agent_.parse(yaml + "}}", DocumentKind::file);
    ASSERT_TRUE(document) << document.error();
    ASSERT_FALSE(agent_.add(*document));
    const auto text = [&](const std::string& path) {
        auto scrape = request("GET", path);
        scrape.query.emplace_back("format", "text");
        return std::string(ask(scrape).text());
    };
    const auto policy = [](const std::string& name) {
        return "/api/v1/policies/" + name + "/metrics/prometheus";
    };
    for (const std::string& path : {std::string("/metrics"), policy("__all")}) {
        const std::string shown = text(path);
        for (const char* series :
             {"pktvisor_ledger_tap_received_total{stream=\"t-",
              "pktvisor_ledger_tap_received_total{stream=\"u-", "pktvisor_log_lines_total"})
            EXPECT_NE(shown.find(series), std::string::npos) << path << series << shown;
    }
    std::set<std::string> series;
    for (const std::string& path : {std::string("/metrics"), policy("p"), policy("q")}) {
        std::istringstream lines(text(path));
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with('#')) continue;
            EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << path << line;
        }
    }
    EXPECT_GT(series.size(), 100u);
    EXPECT_NE(text(policy("q")).find("pktvisor_ledger_sampling_deep_sample_ratio{handler=\"q-u-n\""),
              std::string::npos);
}

// All policies in one answer: they are asked at once, and shown while nothing is held.
TEST_F(RestTest, HundredsOfPolicies) {
    constexpr size_t taps = 4, policies = 200;
    std::string yaml = "visor: {taps: {";
    for (size_t i = 0; i < taps; ++i)
        yaml += "t" + std::to_string(i) + ": {input_type: pcap, config: {pcap_source: mock}}, ";
    yaml += "}, policies: {";
    for (size_t i = 0; i < policies; ++i)
        yaml += "p" + std::to_string(i) + ": {kind: collection, input: {tap: t" + std::to_string(i % taps) +
                ", input_type: pcap}, handlers: {modules: {n: {type: net}}}}, ";
    const auto document = agent_.parse(yaml + "}}", DocumentKind::file);
    ASSERT_TRUE(document) << document.error();
    ASSERT_FALSE(agent_.add(*document));
    for (const char* path : {"/api/v1/policies", "/api/v1/policies/__all/metrics/bucket/0",
                             "/api/v1/policies/__all/metrics/window/2"}) {
        const auto begin = std::chrono::steady_clock::now();
        const auto reply = get(path);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        EXPECT_EQ(json_of(reply).size(), policies + taps) << path;
        EXPECT_LT(took.count(), 1) << path;
        RecordProperty(path, std::to_string(took.count()));
    }
}

// The configured share stands beside what adaptive sampling does, by handler.
TEST_F(RestTest, ConfiguredDeepSampling) {
    ASSERT_FALSE(agent_.add(*agent_.parse(tap_yaml, DocumentKind::tap)));
    const auto document = agent_.parse(
        "visor: {policies: {default: {kind: collection, input: {tap: t, input_type: pcap}, handlers: "
        "{modules: {n: {type: net, config: {deep_sample_rate: 25}}, d: {type: dns}}}}}}",
        DocumentKind::policy);
    ASSERT_TRUE(document) << document.error();
    ASSERT_FALSE(agent_.add(*document));
    auto bucket = request("GET", "/api/v1/policies/default/metrics/bucket/0");
    EXPECT_FALSE(json_of(ask(bucket))["default"]["default-t-n"]["packets"].contains("sampling"));
    bucket.query.emplace_back("extended", "1");
    const json shown = json_of(ask(bucket))["default"];
    EXPECT_EQ(shown["default-t-n"]["packets"]["sampling"], (json{{"deep_sample_rate", 25}}));
    EXPECT_EQ(shown["default-t-d"]["dns"]["sampling"], (json{{"deep_sample_rate", 100}}));
    EXPECT_EQ(shown["ledger"].begin()->at("sampling").at("weight"), 1);
    auto scrape = request("GET", "/metrics");
    EXPECT_EQ(ask(scrape).text().find("sampling"), std::string::npos); // names of earlier versions alone
    scrape.query.emplace_back("format", "text");
    const std::string text(ask(scrape).text());
    const std::string family = "pktvisor_ledger_sampling_deep_sample_ratio";
    for (const std::string& line : {"# TYPE " + family + " gauge\n",
                                    family + "{handler=\"default-t-n\",policy=\"default\",tap=\"t\"} 0.25\n",
                                    family + "{handler=\"default-t-d\",policy=\"default\",tap=\"t\"} 1\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
    EXPECT_EQ(text.find("# HELP " + family), text.rfind("# HELP " + family));
    EXPECT_NE(text.find("as configured by deep_sample_rate"), std::string::npos);
}

TEST_F(RestTest, WhatHasNoEffectIsTold) {
    settings_.admin = true;
    std::vector<std::string> told;
    settings_.notice = [&](const std::string& text) { told.push_back(text); };
    const std::string tap =
        R"({"version": "1.0", "visor": {"taps": {"t": {"input_type": "mock", "tgas": {}}}}})";
    EXPECT_EQ(ask(request("POST", "/api/v1/taps", tap)).status, 201);
    ASSERT_EQ(told.size(), 1u);
    EXPECT_NE(told[0].find("key 'tgas' is ignored"), std::string::npos) << told[0];
    EXPECT_EQ(ask(request("POST", "/api/v1/taps", tap)).status, 409);
    EXPECT_EQ(told.size(), 1u);
    EXPECT_EQ(ask(request("PUT", "/api/v1/taps/t", tap)).status, 200);
    EXPECT_EQ(told.size(), 2u);
}

TEST_F(RestTest, ReplacingTapsAndPolicies) {
    settings_.admin = true;
    with_policy();
    EXPECT_EQ(ask(request("PUT", "/api/v1/policies/p", policy_yaml)).status, 200);
    EXPECT_EQ(ask(request("PUT", "/api/v1/policies/q", policy_yaml)).status, 409); // the document's is p
    EXPECT_EQ(ask(request("PUT", "/api/v1/taps/t", tap_yaml)).status, 200);
    EXPECT_EQ(ask(request("DELETE", "/api/v1/taps/t")).status, 409);
    EXPECT_EQ(ask(request("DELETE", "/api/v1/policies/p")).status, 200);
    EXPECT_EQ(ask(request("DELETE", "/api/v1/taps/t")).status, 200);
    EXPECT_EQ(ask(request("DELETE", "/api/v1/taps/t")).status, 404);
    EXPECT_TRUE(agent_.policies().empty());
}

} // namespace
} // namespace visor::control
