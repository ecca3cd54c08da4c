#include "control/http/request_reader.hpp"

#include <cstring>
#include <gtest/gtest.h>

namespace visor::http {

namespace {

using State = RequestReader::State;

// Gives the reader the bytes as a socket would, `step` at a time, until it wants no more; the bytes left
// over.
State feed(RequestReader& reader, std::string_view& bytes, size_t step) {
    State state = State::need_more;
    while (!bytes.empty() && state == State::need_more) {
        const auto room = reader.room();
        const size_t size = std::min({room.size, step, bytes.size()});
        std::memcpy(room.data, bytes.data(), size);
        bytes.remove_prefix(size);
        state = reader.received(size);
    }
    return state;
}

State feed(RequestReader& reader, const std::string& bytes) {
    std::string_view view(bytes);
    return feed(reader, view, SIZE_MAX);
}

} // namespace

TEST(RequestReader, ReadsTheSameWhateverThePieces) {
    const std::string bytes =
        "PUT /a%20b?x=%31&y HTTP/1.1\r\nHost: box:1\r\nAccept: a\r\nX-Empty:\r\nAccept: b\r\n"
        "Content-Length: 4\r\n\r\nbody";
    for (size_t step = 1; step <= bytes.size(); ++step) {
        RequestReader reader({});
        std::string_view rest(bytes);
        ASSERT_EQ(feed(reader, rest, step), State::ready) << step;
        ASSERT_TRUE(rest.empty());
        const Request request = reader.take();
        EXPECT_EQ(request.method, "PUT");
        EXPECT_EQ(request.path, "/a%20b");
        EXPECT_EQ(request.query, (Fields{{"x", "1"}, {"y", ""}}));
        EXPECT_EQ(request.header("accept"), "a, b");
        EXPECT_EQ(request.host, "box:1");
        EXPECT_EQ(request.body, "body");
        EXPECT_TRUE(reader.keep_alive());
        EXPECT_FALSE(reader.begun());
    }
}

TEST(RequestReader, ReadsRequestsThatCameTogetherOneByOne) {
    RequestReader reader({});
    const std::string one =
        "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n";
    ASSERT_EQ(feed(reader, one + "\r\n" + one + "GET /3 HTTP/1.0\r\n\r\nGET"), State::ready);
    EXPECT_EQ(reader.take().path, "/1");
    ASSERT_EQ(reader.resume(), State::ready);
    EXPECT_EQ(reader.take().body, "x");
    ASSERT_EQ(reader.resume(), State::ready);
    EXPECT_EQ(reader.take().path, "/3");
    EXPECT_FALSE(reader.keep_alive());
    EXPECT_EQ(reader.resume(), State::need_more);
    EXPECT_TRUE(reader.begun());
}

TEST(RequestReader, AChunkedBodyMayBeEmptyAndComeInPieces) {
    RequestReader reader({});
    const std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    std::string_view rest(bytes);
    ASSERT_EQ(feed(reader, rest, 1), State::ready);
    EXPECT_EQ(reader.take().body, "");
}

TEST(RequestReader, EmptyLinesAreNoRequest) {
    RequestReader reader({});
    EXPECT_EQ(feed(reader, "\r\n\r\n"), State::need_more);
    EXPECT_FALSE(reader.begun());
}

TEST(RequestReader, HoldsToItsLimits) {
    ReadLimits limits;
    limits.header_bytes = 1000;
    limits.target_bytes = 100;
    limits.body_bytes = 50;
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
    const auto status = [&](const std::string& bytes, size_t step = SIZE_MAX) {
        RequestReader reader(limits);
        std::string_view rest(bytes);
        const State state = feed(reader, rest, step);
        return state == State::refused ? reader.status() : 0;
    };
    for (const size_t step : {size_t{1}, size_t{7}, SIZE_MAX}) {
        std::string many;
        for (int i = 0; i < 60; ++i) many += "X-" + std::to_string(100 + i) + ": 4567890123\r\n";
        EXPECT_EQ(status(start + many + "\r\n", step), 431) << step;
        EXPECT_EQ(status(start + "X: " + std::string(2000, 'x'), step), 431) << step;
        const auto header_of = [&](size_t bytes) {
            return start + "X: " + std::string(bytes - start.size() - 7, 'x') + "\r\n\r\n";
        };
        EXPECT_EQ(status(header_of(1000), step), 0) << step;
        EXPECT_EQ(status(header_of(1001), step), 431) << step;
        EXPECT_EQ(status("GET /" + std::string(2000, 'x'), step), 414) << step;
        EXPECT_EQ(status("GET /" + std::string(100, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", step), 414)
            << step;
        EXPECT_EQ(status("GET /" + std::string(99, 'x') + " HTTP/1.1\r\nHost: a\r\n\r\n", step), 0) << step;
        EXPECT_EQ(status(start + "Content-Length: 51\r\n\r\n", step), 413) << step;
        EXPECT_EQ(status(start + "Content-Length: 50\r\n\r\n", step), 0) << step;
        EXPECT_EQ(status(start + "Content-Length: 99999999999999999999999\r\n\r\n", step), 400) << step;
        const std::string chunks = "19\r\n" + std::string(25, 'x') + "\r\n";
        EXPECT_EQ(status(start + "Transfer-Encoding: chunked\r\n\r\n" + chunks + chunks, step), 0) << step;
        EXPECT_EQ(status(start + "Transfer-Encoding: chunked\r\n\r\n" + chunks + chunks + "1\r\nx\r\n", step),
                  413)
            << step;
        // What a chunk's extension or a trailer says is bounded too.
        EXPECT_GE(status(start + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(20'000, 'x'), step),
                  400)
            << step;
        EXPECT_GE(
            status(start + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(20'000, 'x'), step),
            400)
            << step;
    }
}

TEST(RequestReader, BoundsTheNumberOfFields) {
    for (const int count : {127, 128}) {
        std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
        for (int i = 0; i < count; ++i) bytes += "a:\r\n";
        RequestReader reader({});
        EXPECT_EQ(feed(reader, bytes + "\r\n"), count == 127 ? State::ready : State::refused);
        EXPECT_EQ(reader.status(), count == 127 ? 0 : 431);
    }
}

TEST(RequestReader, ATrailerSaysNothingAboutTheRequest) {
    RequestReader reader({});
    ASSERT_EQ(feed(reader, "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "0\r\nHost: evil\r\nAuthorization: Bearer x\r\n\r\n"),
              State::ready);
    const Request request = reader.take();
    EXPECT_EQ(request.host, "a");
    EXPECT_EQ(request.header("Host"), "a");
    EXPECT_EQ(request.header("Authorization"), "");
}

TEST(RequestReader, WaitsForContinueOnlyWhenTheClientDoes) {
    const std::string head =
        "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n";
    RequestReader waiting({});
    EXPECT_EQ(feed(waiting, head), State::wants_continue);
    EXPECT_EQ(waiting.resume(), State::need_more);
    EXPECT_EQ(feed(waiting, "x"), State::ready);
    EXPECT_EQ(waiting.take().body, "x");
    RequestReader hasty({});
    EXPECT_EQ(feed(hasty, head + "x"), State::ready);
}

} // namespace visor::http
