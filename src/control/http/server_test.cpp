#include "control/http/server.hpp"

#include "control/http/test_client.hpp"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <thread>
#include <vector>

namespace visor::http {

namespace {

using namespace std::chrono_literals;
using testing::body_of;
using testing::RawClient;
using testing::status_of;

// "/echo" says what was asked, "/big" sends many bytes, "/slow" takes its time, "/throw" fails.
Response answer_test(const Request& request) {
    if (request.path == "/big") return Response(200, "application/octet-stream", std::string(8 << 20, 'x'));
    if (request.path == "/slow") {
        std::this_thread::sleep_for(300ms);
        return Response(200, "text/plain", "slow");
    }
    if (request.path == "/throw") throw std::runtime_error("broken on purpose");
    if (request.path != "/echo") return Response(404);
    std::string text = request.method + " " + request.path;
    for (const auto& [key, value] : request.query) text += " " + key + "=" + value;
    return Response(200, "text/plain", text + " [" + request.body + "] " + request.host + " " + request.peer);
}

class HttpServer : public ::testing::Test {
protected:
    void open(ServerConfig config = {}, Handler handler = &answer_test) {
        if (config.host == "localhost") config.host = "127.0.0.1";
        auto opened = Server::open(std::move(config), std::move(handler));
        ASSERT_TRUE(opened) << opened.error();
        server_ = std::move(*opened);
        server_->start();
    }
    RawClient client() const { return RawClient(server_->port()); }
    std::string ask(std::string_view bytes) const {
        RawClient one = client();
        one.send(bytes);
        return one.response();
    }
    // A counter changes a moment after the client has seen what it counts.
    template <class Check>
    bool soon(Check check) const {
        for (int i = 0; i < 500; ++i) {
            if (check(server_->counters())) return true;
            std::this_thread::sleep_for(10ms);
        }
        return false;
    }

    std::unique_ptr<Server> server_;
};

constexpr std::string_view get_echo = "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n";

} // namespace

TEST_F(HttpServer, AnswersARequestWithWhatTheHandlerGave) {
    open();
    const std::string response = ask("GET /echo?a=1&b=%20x HTTP/1.1\r\nHost: box:1\r\n\r\n");
    EXPECT_EQ(status_of(response), 200);
    EXPECT_EQ(body_of(response), "GET /echo a=1 b= x [] box:1 127.0.0.1");
    EXPECT_NE(response.find("\r\nContent-Type: text/plain\r\n"), std::string::npos);
    EXPECT_NE(response.find("\r\nDate: "), std::string::npos);
    EXPECT_EQ(response.find("Connection:"), std::string::npos);
    EXPECT_EQ(status_of(ask("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")), 404);
    EXPECT_EQ(server_->counters().requests, 2U);
    EXPECT_EQ(server_->counters().bad_requests, 0U);
}

TEST_F(HttpServer, KeepsAConnectionForManyRequests) {
    open();
    RawClient one = client();
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(one.send(get_echo));
        ASSERT_EQ(status_of(one.response()), 200);
    }
    EXPECT_EQ(server_->counters().connections, 1U);
    EXPECT_EQ(server_->counters().requests, 100U);
}

TEST_F(HttpServer, AnswersPipelinedRequestsInOrder) {
    open();
    RawClient one = client();
    std::string all;
    for (int i = 0; i < 50; ++i)
        all += "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n" + std::to_string(100 + i);
    ASSERT_TRUE(one.send(all));
    for (int i = 0; i < 50; ++i)
        ASSERT_EQ(body_of(one.response()), "POST /echo [" + std::to_string(100 + i) + "] a 127.0.0.1");
    EXPECT_EQ(server_->counters().requests, 50U);
}

TEST_F(HttpServer, TakesRequestsByteByByte) {
    open();
    RawClient one = client();
    const std::string request = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n";
    for (const char byte : request + request) ASSERT_TRUE(one.send({&byte, 1}));
    EXPECT_EQ(body_of(one.response()), "POST /echo [abcde] a 127.0.0.1");
    EXPECT_EQ(body_of(one.response()), "POST /echo [abcde] a 127.0.0.1");
}

// Counts up, a piece every 10 ms, to a last one if told how many there are.
class Counting final : public PieceSource {
public:
    explicit Counting(int pieces, size_t bytes = 0) : pieces_(pieces), padding_(bytes, 'x') {}
    Next next() override {
        if ((pause_ = !pause_)) return {.wait = 10ms};
        if (++given_ == 3 && pieces_ == 0) throw std::runtime_error("broken on purpose");
        return {std::make_shared<const std::string>(std::to_string(given_) + padding_ + "\n"),
                {},
                given_ == pieces_};
    }

private:
    int pieces_, given_ = 0;
    bool pause_ = true;
    std::string padding_;
};

// "/3" streams so many pieces; "/1000000000/65536" large ones.
Response stream_test(const Request& request) {
    const size_t slash = request.path.find('/', 1);
    Response reply(200);
    reply.content_type = "text/event-stream";
    reply.pieces = std::make_shared<Counting>(
        std::stoi(request.path.substr(1)),
        slash == std::string::npos ? 0 : std::stoul(request.path.substr(slash + 1)));
    return reply;
}

TEST_F(HttpServer, StreamsPiecesAsChunks) {
    open({}, &stream_test);
    RawClient one = client();
    one.send("GET /3 HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n");
    const std::string whole = one.rest();
    EXPECT_TRUE(one.closed());
    EXPECT_EQ(body_of(whole), "2\r\n1\n\r\n2\r\n2\n\r\n2\r\n3\n\r\n0\r\n\r\n");
    EXPECT_NE(whole.find("\r\nTransfer-Encoding: chunked\r\n"), std::string::npos);
    EXPECT_NE(whole.find("\r\nContent-Type: text/event-stream\r\n"), std::string::npos);
    EXPECT_NE(whole.find("\r\nConnection: close\r\n"), std::string::npos);
    EXPECT_EQ(whole.find("Content-Length"), std::string::npos);
    RawClient old = client();
    old.send("GET /3 HTTP/1.0\r\n\r\n");
    EXPECT_EQ(body_of(old.rest()), "1\n2\n3\n");
    RawClient head = client();
    head.send("HEAD /3 HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(body_of(head.rest()), "");
    EXPECT_TRUE(soon([](const ServerCounters& now) { return now.open_streams == 0; }));
}

TEST_F(HttpServer, AStreamThatFailsBreaksOff) {
    open({}, &stream_test);
    RawClient one = client();
    one.send("GET /0 HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(body_of(one.rest()), "2\r\n1\n\r\n2\r\n2\n\r\n"); // without the last chunk
    EXPECT_TRUE(one.closed());
    EXPECT_EQ(server_->counters().handler_failures, 1U);
}

TEST_F(HttpServer, StreamsLeaveRoomForOthers) {
    ServerConfig config;
    config.max_streams = 2;
    open(config, [](const Request& request) {
        return request.path == "/echo" ? answer_test(request) : stream_test(request);
    });
    std::vector<RawClient> clients;
    for (int i = 0; i < 2; ++i) {
        clients.push_back(client());
        clients.back().send("GET /1000000000 HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_EQ(status_of(clients.back().response(false)), 200);
    }
    EXPECT_EQ(status_of(ask("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")), 503);
    EXPECT_EQ(status_of(ask(get_echo)), 200);
    EXPECT_EQ(server_->counters().refused_streams, 1U);
    EXPECT_EQ(server_->counters().open_streams, 2U);
    clients.pop_back();
    EXPECT_TRUE(soon([](const ServerCounters& now) { return now.open_streams == 1; }));
    EXPECT_EQ(status_of(ask("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n")), 200);
}

TEST_F(HttpServer, AStreamThatIsNotReadEnds) {
    ServerConfig config;
    config.write_timeout = 200ms;
    open(config, &stream_test);
    RawClient stalled = client(), reading = client();
    stalled.send("GET /1000000000/262144 HTTP/1.1\r\nHost: a\r\n\r\n");
    reading.send("GET /40 HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(soon([](const ServerCounters& now) { return now.write_timeouts == 1; }));
    EXPECT_TRUE(body_of(reading.rest()).ends_with("40\n\r\n0\r\n\r\n"));
}

TEST_F(HttpServer, StoppingEndsStreams) {
    open({}, &stream_test);
    std::vector<RawClient> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(client());
        clients.back().send("GET /1000000000 HTTP/1.1\r\nHost: a\r\n\r\n");
        ASSERT_EQ(status_of(clients.back().response(false)), 200);
    }
    const auto begin = std::chrono::steady_clock::now();
    server_->stop();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 3s);
    EXPECT_EQ(server_->counters().open_streams, 0U);
    for (RawClient& one : clients) {
        const std::string rest = one.rest();
        EXPECT_TRUE(rest.ends_with("0\r\n\r\n")) << rest;
        EXPECT_TRUE(one.closed());
    }
}

TEST_F(HttpServer, HeadIsGetWithoutBody) {
    open();
    RawClient one = client();
    one.send("HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string head = one.response(false);
    EXPECT_EQ(status_of(head), 200);
    EXPECT_NE(head.find("\r\nContent-Length: 25\r\n"), std::string::npos) << head;
    one.send(get_echo); // nothing of a body lies between the two responses
    EXPECT_EQ(body_of(one.response()), "GET /echo [] a 127.0.0.1");
}

TEST_F(HttpServer, ClosesWhenTheClientWantsItOrIsOld) {
    open();
    RawClient closing = client();
    closing.send("GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    EXPECT_NE(closing.rest().find("\r\nConnection: close\r\n"), std::string::npos);
    EXPECT_TRUE(closing.closed());
    RawClient old = client();
    old.send("GET /echo HTTP/1.0\r\n\r\n");
    EXPECT_EQ(status_of(old.rest()), 200);
    EXPECT_TRUE(old.closed());
    RawClient kept = client();
    for (int i = 0; i < 2; ++i) {
        kept.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        EXPECT_NE(kept.response().find("\r\nConnection: keep-alive\r\n"), std::string::npos);
    }
    RawClient half = client(); // sends its request and the end of its side
    half.send(get_echo);
    half.half_close();
    EXPECT_EQ(status_of(half.rest()), 200);
    EXPECT_TRUE(half.closed());
}

TEST_F(HttpServer, RefusesWhatIsNotARequest) {
    ServerConfig config;
    config.limits.body_bytes = 1000;
    open(config);
    struct Case {
        std::string bytes;
        int status;
    };
    const std::string get = "GET /echo HTTP/1.1\r\nHost: a\r\n", post = "POST /echo HTTP/1.1\r\nHost: a\r\n";
    const Case cases[] = {
        {"\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03 a client that speaks TLS\r\n\r\n", 400},
        {"GET\r\n\r\n", 400},
        {"GET /echo HTTP/1.1\r\n\r\n", 400},
        {get + "Host: b\r\n\r\n", 400},
        {"GET echo HTTP/1.1\r\nHost: a\r\n\r\n", 400},
        {get + "Bad Name: x\r\n\r\n", 400},
        {get + "X: " + std::string(20'000, 'y') + "\r\n\r\n", 431},
        {"GET /" + std::string(9'000, 'y') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        {"GET /" + std::string(20'000, 'y') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
        {post + "Content-Length: 1001\r\n\r\n" + std::string(1001, 'z'), 413},
        {post + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'z') + "\r\n0\r\n\r\n", 413},
        {post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef", 400},
        {post + "Content-Length: -1\r\n\r\n", 400},
        {post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        {post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
        {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501},
        {post + "Transfer-Encoding: identity\r\n\r\n", 501},
        {post + "Expect: miracles\r\nContent-Length: 1\r\n\r\n", 417},
        {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    };
    for (const Case& one : cases) {
        RawClient sender = client();
        sender.send(one.bytes);
        const std::string response = sender.rest();
        EXPECT_EQ(status_of(response), one.status) << one.bytes.substr(0, 80) << "\n" << response;
        EXPECT_TRUE(sender.closed());
    }
    EXPECT_EQ(server_->counters().bad_requests, std::size(cases));
    EXPECT_EQ(server_->counters().requests, 0U);
    EXPECT_EQ(status_of(ask(get_echo)), 200);
}

TEST_F(HttpServer, TheHandlerDecidesAboutUnknownMethods) {
    open();
    EXPECT_EQ(body_of(ask("BREW /echo HTTP/1.1\r\nHost: a\r\n\r\n")), "BREW /echo [] a 127.0.0.1");
    EXPECT_EQ(body_of(ask("\r\nGET http://box/echo?q HTTP/1.1\r\nHost: a\r\n\r\n")),
              "GET /echo q= [] box 127.0.0.1");
}

TEST_F(HttpServer, SendsContinueBeforeABodyThatWaitsForIt) {
    open();
    RawClient one = client();
    one.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(one.response(), "HTTP/1.1 100 Continue\r\n\r\n");
    one.send("ok");
    EXPECT_EQ(body_of(one.response()), "POST /echo [ok] a 127.0.0.1");
}

TEST_F(HttpServer, AHandlerThatThrowsIsAnswered500) {
    open();
    const std::string response = ask("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(status_of(response), 500);
    EXPECT_EQ(body_of(response), "broken on purpose");
    EXPECT_EQ(server_->counters().handler_failures, 1U);
}

TEST_F(HttpServer, TellsWhatWasAnswered) {
    std::atomic<int> status{0};
    ServerConfig config;
    config.answered = [&](const Answered& done) { status = done.request.path == "/echo" ? done.status : -1; };
    open(config);
    ask(get_echo);
    EXPECT_EQ(status, 200);
}

TEST_F(HttpServer, WaitsOnlySoLongForARequest) {
    ServerConfig config;
    config.read_timeout = 200ms;
    config.idle_timeout = 300ms;
    open(config);
    RawClient silent = client();
    EXPECT_EQ(silent.rest(), "");
    EXPECT_TRUE(silent.closed());

    RawClient slow = client(); // a header line now and then
    const auto begin = testing::Clock::now();
    slow.send("GET /echo HTTP/1.1\r\nHost: a\r\n");
    std::thread drip([&] {
        for (int i = 0; i < 40 && slow.send("X-Drip: 1\r\n"); ++i) std::this_thread::sleep_for(20ms);
    });
    EXPECT_EQ(status_of(slow.response()), 408);
    EXPECT_LT(testing::Clock::now() - begin, 700ms);
    drip.join();

    RawClient body = client();
    body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
    EXPECT_EQ(status_of(body.response()), 408);

    RawClient waiting = client();
    waiting.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n");
    EXPECT_EQ(status_of(waiting.response()), 100);
    EXPECT_EQ(status_of(waiting.response()), 408);

    RawClient idle = client();
    idle.send(get_echo);
    EXPECT_EQ(status_of(idle.response()), 200);
    EXPECT_EQ(idle.rest(), "");
    EXPECT_TRUE(idle.closed());
    EXPECT_EQ(server_->counters().read_timeouts, 4U);
    EXPECT_EQ(server_->counters().idle_timeouts, 1U);
}

TEST_F(HttpServer, AClientThatDoesNotReadLosesItsConnection) {
    ServerConfig config;
    config.write_timeout = 200ms;
    open(config);
    RawClient deaf = client();
    deaf.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(soon([](const ServerCounters& now) { return now.write_timeouts == 1; }));
    EXPECT_TRUE(soon([](const ServerCounters& now) { return now.open_connections == 0; }));
    RawClient hearing = client();
    hearing.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(body_of(hearing.response()).size(), size_t{8} << 20);
}

TEST_F(HttpServer, ConnectionsBeyondTheLimitAreTold503) {
    ServerConfig config;
    config.max_connections = 3;
    open(config);
    std::vector<RawClient> some;
    for (int i = 0; i < 3; ++i) {
        some.push_back(client());
        some.back().send(get_echo);
        EXPECT_EQ(status_of(some.back().response()), 200);
    }
    RawClient more = client();
    more.send(get_echo);
    EXPECT_EQ(status_of(more.rest()), 503);
    EXPECT_TRUE(more.closed());
    EXPECT_EQ(server_->counters().refused_connections, 1U);
    EXPECT_EQ(server_->counters().open_connections, 3U);
    some.pop_back();
    EXPECT_TRUE(soon([](const ServerCounters& now) { return now.open_connections == 2; }));
    EXPECT_EQ(status_of(ask(get_echo)), 200);
}

TEST_F(HttpServer, WaitsWhenThereIsNoDescriptorForAConnection) {
    open();
    const int next = ::dup(0); // the lowest that is free; the client gets it, the server none
    ::close(next);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(next) + 1;
    ::setrlimit(RLIMIT_NOFILE, &tight);
    RawClient one = client();
    one.send(get_echo);
    EXPECT_TRUE(soon([](const ServerCounters& now) { return now.accept_errors > 0; }));
    ::setrlimit(RLIMIT_NOFILE, &before);
    EXPECT_EQ(status_of(one.response()), 200);
}

TEST_F(HttpServer, ServesBothFamiliesOnAllAddresses) {
    ServerConfig config;
    config.host = "::";
    auto both = Server::open(config, &answer_test);
    if (!both) GTEST_SKIP() << "no IPv6 here: " << both.error();
    server_ = std::move(*both);
    server_->start();
    EXPECT_EQ(body_of(ask(get_echo)), "GET /echo [] a 127.0.0.1");
}

TEST_F(HttpServer, ServesManyConnectionsAtOnce) {
    open();
    std::vector<RawClient> all;
    for (int i = 0; i < 300; ++i) {
        all.push_back(client());
        ASSERT_TRUE(all.back().connected()) << i;
    }
    for (int round = 0; round < 3; ++round) {
        for (RawClient& one : all) ASSERT_TRUE(one.send(get_echo));
        for (RawClient& one : all) ASSERT_EQ(status_of(one.response()), 200);
    }
    EXPECT_EQ(server_->counters().open_connections, 300U);
    EXPECT_EQ(server_->counters().requests, 900U);
}

TEST_F(HttpServer, ASlowHandlerDoesNotHoldUpOthers) {
    open();
    RawClient slow = client(), quick = client();
    slow.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    std::this_thread::sleep_for(50ms);
    const auto begin = testing::Clock::now();
    quick.send(get_echo);
    EXPECT_EQ(status_of(quick.response()), 200);
    EXPECT_LT(testing::Clock::now() - begin, 200ms);
    EXPECT_EQ(body_of(slow.response()), "slow");
}

TEST_F(HttpServer, StopFinishesWhatIsBeingAnswered) {
    open();
    RawClient idle = client(), busy = client(), half = client();
    idle.send(get_echo);
    EXPECT_EQ(status_of(idle.response()), 200);
    half.send("GET /echo HT");
    busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
    std::this_thread::sleep_for(100ms);
    const auto begin = testing::Clock::now();
    auto stopped = std::async(std::launch::async, [&] { server_->stop(); });
    EXPECT_EQ(body_of(busy.response()), "slow");
    EXPECT_EQ(idle.rest(), "");
    EXPECT_TRUE(idle.closed());
    EXPECT_EQ(half.rest(), "");
    stopped.get();
    EXPECT_LT(testing::Clock::now() - begin, 2s);
    EXPECT_FALSE(client().connected());
    EXPECT_EQ(server_->counters().open_connections, 0U);
    server_->stop();
}

TEST_F(HttpServer, StopWaitsOnlySoLong) {
    ServerConfig config;
    config.stop_timeout = 200ms;
    open(config);
    RawClient deaf = client();
    deaf.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(soon([](const ServerCounters& now) { return now.requests == 1; }));
    const auto begin = testing::Clock::now();
    server_->stop();
    EXPECT_GE(testing::Clock::now() - begin, 150ms);
    EXPECT_LT(testing::Clock::now() - begin, 2s);
}

} // namespace visor::http
