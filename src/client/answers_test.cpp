#include "client/answers.hpp"

#include "client/json_text.hpp"
#include "client/shapes.hpp"
#include "client/source.hpp"
#include "client/transport.hpp"

#include <arpa/inet.h>
#include <chrono>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace visor::client {
namespace {

using nlohmann::json;

TEST(ReadJson, HasLimits) {
    EXPECT_TRUE(read_json(R"({"a":[1,2.5,"x\"[[",true,null]})"));
    EXPECT_TRUE(read_json(std::string(json_depth_max, '[') + std::string(json_depth_max, ']')));
    EXPECT_EQ(read_json(std::string(json_depth_max + 1, '[') + std::string(json_depth_max + 1, ']')).error(),
              "JSON that is nested too deeply");
    EXPECT_EQ(read_json(std::string(100'000, '[')).error(), "JSON that is nested too deeply");
    std::string many = "[1";
    for (size_t i = 0; i < json_values_max; ++i) many += ",1";
    EXPECT_EQ(read_json(many + "]").error(), "JSON of too many values");
    EXPECT_EQ(read_json(std::string(json_bytes_max + 1, ' ')).error(), "an answer of more than 16 MiB");
    for (const char* bad : {"", "{", "{\"a\":}", "[1,]", "1e999", "\xff", "{\"a\":1}x"})
        EXPECT_FALSE(read_json(bad)) << bad;
}

TEST(UsualPolicy, IsDefaultOrTheFirstThatSomebodyMade) {
    const auto usual = [](const std::vector<std::string>& names) {
        const std::string* name = usual_policy(names);
        return name ? *name : "none";
    };
    EXPECT_EQ(usual({"a", "default", "z"}), "default");
    EXPECT_EQ(usual({"default-1f-resources", "mine", "other"}), "mine");
    EXPECT_EQ(usual({"default-1f-resources"}), "default-1f-resources");
    EXPECT_EQ(usual({}), "none");
}

TEST(MinutesHeld, AsAgentsSayIt) {
    EXPECT_EQ(minutes_held("invalid metrics period, specify [2, 5]"), 5U);
    EXPECT_EQ(minutes_held("invalid metrics period, specify [2, 1]"), 1U);
    EXPECT_EQ(minutes_held("invalid metrics period, specify [2, 10]"), 10U);
    EXPECT_EQ(minutes_held("requested metrics period has not yet accumulated, current range is [0, 1]"), 2U);
    for (const char* other :
         {"", "policy does not exist", "invalid metrics period", "invalid metrics period, ",
          "invalid metrics period, specify [2, x]", "invalid metrics period, specify [2, 5",
          "invalid metrics period, specify [2, 99999999999]", "invalid metrics period, specify [2, -1]"})
        EXPECT_FALSE(minutes_held(other)) << other;
}

TEST(ReadMetric, WhatIsOfAnotherShapeIsNotThere) {
    const json answer = json::parse(R"({"n": "7", "top": {"a": 1}, "q": 5, "h": {"buckets": 3}, "r": [1]})");
    for (const auto& [path, kind] : {std::pair{"n", Kind::counter},
                                     {"top", Kind::top},
                                     {"q", Kind::quantiles},
                                     {"h", Kind::histogram},
                                     {"r", Kind::rate},
                                     {"none", Kind::counter},
                                     {"n.deeper", Kind::counter},
                                     {"", Kind::counter}}) {
        Metric metric;
        metric.path = path;
        metric.kind = kind;
        EXPECT_FALSE(read_metric(answer, metric)) << path;
    }
}

TEST(ReadMetric, OddItemsAreLeftOut) {
    Metric top;
    top.path = "t";
    top.kind = Kind::top;
    const json answer = json::parse(
        R"({"t": [{"name": "a"}, 7, null, {"estimate": "8"}, {"estimate": 3}, {"name": 5, "estimate": 2}]})");
    ASSERT_TRUE(read_metric(answer, top));
    ASSERT_EQ(top.top.items.size(), 2U);
    EXPECT_EQ(top.top.items[0].estimate, 3);
    EXPECT_EQ(top.top.items[1].name, "");
}

TEST(ReadMetric, ListsHaveLimits) {
    json answer;
    for (size_t i = 0; i < lines_max + 10; ++i) answer["t"].push_back({{"name", "x"}, {"estimate", 1}});
    for (size_t i = 0; i < seconds_max + 10; ++i) answer["r"]["seconds"]["values"].push_back(i);
    answer["r"]["seconds"]["start_ts"] = 100;
    Metric top, rate;
    top.path = "t", top.kind = Kind::top;
    rate.path = "r", rate.kind = Kind::rate;
    ASSERT_TRUE(read_metric(answer, top));
    ASSERT_TRUE(read_metric(answer, rate));
    EXPECT_EQ(top.top.items.size(), lines_max);
    ASSERT_EQ(rate.rate.seconds.size(), seconds_max); // the newest
    EXPECT_EQ(rate.rate.first_second, 110);
    EXPECT_EQ(rate.rate.seconds.front(), 10);
}

TEST(ReadMetric, TextsAndNumbersHaveLimits) {
    const json answer = {{"t", {{{"name", std::string(1 << 20, 'x')}, {"estimate", 1e300}}}}, {"n", -1e300}};
    Metric top, count;
    top.path = "t", top.kind = Kind::top;
    count.path = "n";
    ASSERT_TRUE(read_metric(answer, top));
    ASSERT_TRUE(read_metric(answer, count));
    EXPECT_EQ(top.top.items[0].name.size(), text_bytes_max);
    EXPECT_EQ(top.top.items[0].estimate, number_max);
    EXPECT_EQ(count.value, -number_max);
}

TEST(ReadMetric, BinsRise) {
    const auto bins = [](const char* text) {
        Metric sizes;
        sizes.path = "s", sizes.kind = Kind::quantiles;
        const json answer = {{"s", {{"p50", 1}, {"bins", json::parse(text)}}}};
        return read_metric(answer, sizes) ? sizes.quantiles.bins.size() : 99;
    };
    EXPECT_EQ(bins("[[1, 2, 5], [2, 4, 0], [8, 16, 1]]"), 3U);
    EXPECT_EQ(bins("[[1, 2, 5], [4, 3, 1]]"), 1U); // the other way round
    EXPECT_EQ(bins("[[8, 16, 5], [1, 2, 1]]"), 1U);
    EXPECT_EQ(bins("[[1, 2, -5]]"), 0U);
}

TEST(Schemas, HaveALimit) {
    json rows = json::array(), answer;
    for (size_t i = 0; i < Schemas::rows_max + 10; ++i)
        rows.push_back({{"path", std::to_string(i)}, {"kind", "counter"}});
    answer["1"] = 1;
    const auto schemas = Schemas::read({{"handlers", {{{"key", "k"}, {"rows", rows}}}}});
    ASSERT_TRUE(schemas);
    ASSERT_TRUE(schemas->best("k", answer));
    EXPECT_EQ(schemas->best("k", answer)->rows.size(), Schemas::rows_max);
}

TEST(ReadPolicy, TimesStayWithinWhatCanBeReckonedWith) {
    const json answer =
        json::parse(R"({"p": {"p-t-x": {"k": {"period": {"start_ts": 1e300, "length": -5}, "n": 1}}}})");
    const auto picture = read_policy(answer, "p", {});
    ASSERT_TRUE(picture);
    EXPECT_LE(picture->handlers[0].start_ts, 8'000'000'000);
    EXPECT_EQ(picture->handlers[0].length_s, 0);
    EXPECT_FALSE(read_policy(answer, "q", {}));
}

TEST(Transport, KnowsWhatAHostIs) {
    const auto url = [](std::string host, bool tls = false) {
        HttpSettings settings;
        settings.host = std::move(host);
        settings.tls = tls;
        const auto transport = http_transport(settings);
        return transport ? (*transport)->url() : "";
    };
    EXPECT_EQ(url("localhost"), "http://localhost:10853");
    EXPECT_EQ(url("ns1.example.com", true), "https://ns1.example.com:10853");
    EXPECT_EQ(url("::1"), "http://[::1]:10853");
    EXPECT_EQ(url("[2001:db8::1]"), "http://[2001:db8::1]:10853");
    EXPECT_EQ(url("fe80::1%eth0"), "http://[fe80::1%25eth0]:10853");
    for (const char* bad : {"", "http://x", "a/b", "a@b", "a?b", "a#b", "a b", "a\nb", "a%b", "host\r\n"})
        EXPECT_EQ(url(bad), "") << bad;
}

TEST(Transport, NamesAreEscapedInPaths) {
    EXPECT_EQ(path_escaped("default-eth_0.~"), "default-eth_0.~");
    EXPECT_EQ(path_escaped("a/b?c#d %\xff"), "a%2Fb%3Fc%23d%20%25%FF");
}

// A port of loopback where somebody listens and never says a word.
class Silent {
public:
    Silent() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* plain = reinterpret_cast<sockaddr*>(&address);
        listens = bind(fd_, plain, size) == 0 && listen(fd_, 8) == 0 && getsockname(fd_, plain, &size) == 0;
        port = ntohs(address.sin_port);
    }
    ~Silent() { close(fd_); }
    Silent(const Silent&) = delete;
    Silent& operator=(const Silent&) = delete;

    bool listens = false;
    uint16_t port = 0;

private:
    int fd_;
};

TEST(Transport, GivesUpWhenTold) {
    using namespace std::chrono;
    const Silent silent;
    ASSERT_TRUE(silent.listens);
    HttpSettings settings;
    settings.host = "127.0.0.1";
    settings.port = silent.port;
    settings.timeout_ms = 20'000;
    const auto transport = http_transport(settings);
    ASSERT_TRUE(transport);
    const auto before = steady_clock::now();
    std::thread impatient([&] {
        std::this_thread::sleep_for(milliseconds(100));
        (*transport)->give_up();
    });
    EXPECT_FALSE((*transport)->ask(Question()));
    EXPECT_FALSE((*transport)->ask(Question())); // nor ever again
    EXPECT_LT(steady_clock::now() - before, milliseconds(4000));
    impatient.join();
}

TEST(Transport, TellsWhatWasSaid) {
    EXPECT_EQ(said({404, R"({"error":"policy does not exist"})", {}}), "policy does not exist");
    EXPECT_EQ(said({500, "oops", {}}), "HTTP status 500");
    EXPECT_EQ(said({302, "", "http://elsewhere/"}),
              "it points to http://elsewhere/, and redirections are not followed");
}

} // namespace
} // namespace visor::client
