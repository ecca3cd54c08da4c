// Reassembly at its limits, and of random segmentations against the true list of messages.
#include "engine/test_tcp.hpp"

#include <gtest/gtest.h>

#include <random>

namespace visor::engine {
namespace {
using namespace test;

// Leaves a segment held in each of so many streams.
void hold_in_streams(Receiver& r, uint64_t streams) {
    for (uint64_t i = 1; i <= streams; ++i) {
        r.syn(0, i << 32 | i);
        r.segment(100, framed(message('h')), {.stream = i << 32 | i});
    }
}

TEST(TcpStreams, WithoutRoomStreamsGoOn) {
    Receiver r;
    hold_in_streams(r, 3000);
    EXPECT_GT(r.counts().no_room, 0u);
    EXPECT_EQ(r.got.size(), r.counts().no_room) << "those that cannot wait do not";
    r.got.clear();
    const uint64_t no_room = r.counts().no_room;
    const std::string a = framed(message('a'));
    for (const size_t cut : {1U, 2U, 3U, 21U}) {
        const uint64_t stream = 99999 + cut;
        r.segment(0, a.substr(0, cut), {.stream = stream});
        r.segment(static_cast<uint32_t>(cut), a.substr(cut) + framed(message('b')), {.stream = stream});
    }
    EXPECT_EQ(r.got, Messages(4, message('b'))) << "a split message is lost, the next is not";
    EXPECT_EQ(r.counts().no_room, no_room + 4);
    r.got.clear();
    r.flush();
    EXPECT_EQ(r.got.size() + no_room, 3000u);
    r.got.clear();
    r.segment(0, a.substr(0, 9), {.stream = 5});
    r.segment(9, a.substr(9), {.stream = 5});
    EXPECT_EQ(r.got, Messages{message('a')}) << "buffers are free again";
}

TEST(TcpStreams, NoBufferIsLostOverTime) {
    Receiver r;
    for (int round = 0; round < 3; ++round) {
        hold_in_streams(r, 2000);
        r.flush();
    }
    EXPECT_EQ(r.counts().no_room, 0u);
    EXPECT_EQ(r.got.size(), 2000u) << "the second round repeats the first";
}

TEST(TcpStreams, IdlestStreamMakesRoom) {
    Receiver r;
    const auto stream = [](uint64_t i) { return i << 32 | 7; }; // all in one set
    for (uint64_t i = 1; i <= 9; ++i) {
        r.segment(0, framed(message('a')).substr(0, 9),
                  {.stream = stream(i), .now_us = i == 4 ? 1 : static_cast<int64_t>(100 + i)});
    }
    EXPECT_EQ(r.counts().streams_evicted, 1u);
    for (uint64_t i = 1; i <= 9; ++i)
        if (i != 4) r.segment(9, framed(message('a')).substr(9), {.stream = stream(i)});
    EXPECT_EQ(r.got.size(), 8u);
}

void say(Receiver& r, uint64_t stream, int64_t now_us) {
    r.segment(1, framed(message('a')), {.stream = stream, .now_us = now_us});
}

TEST(TcpStreams, LimitAskedForIsKept) {
    for (const uint32_t limit : {1U, 10U, 31U, 500U}) {
        Receiver r(limit);
        const uint64_t streams = 3 * 2 * limit; // a connection is two
        const auto stream = [](uint64_t i) { return i * 0x9e3779b97f4a7c15; };
        for (uint64_t i = 1; i <= streams; ++i)
            r.segment(0, "",
                      {.flags = wire::tcp_flag::syn, .stream = stream(i), .now_us = static_cast<int64_t>(i)});
        for (uint64_t i = 1; i <= streams; ++i) say(r, stream(i), 100'000);
        EXPECT_LE(r.got.size(), 2 * limit);
        EXPECT_GE(r.got.size(), limit);
        if (limit <= 32) {
            EXPECT_EQ(r.got.size(), 2 * limit) << "the latest, all of them";
        }
        EXPECT_EQ(r.counts().not_followed, streams - r.got.size());
        EXPECT_GE(r.counts().streams_evicted, streams - 2 * limit);
    }
}

TEST(TcpStreams, WhatIsIdleMakesRoomUnderALimit) {
    Receiver r(1);
    for (const uint64_t stream : {1U, 2U}) say(r, stream, 1);
    EXPECT_EQ(r.got.size(), 2u) << "while there is room, reading may begin within a connection";
    say(r, 3, TcpStreams::idle_us);
    EXPECT_EQ(r.counts().not_followed, 1u);
    say(r, 3, TcpStreams::idle_us + 1);
    EXPECT_EQ(r.got.size(), 3u);
    EXPECT_EQ(r.counts().not_followed, 1u);
}

TEST(TcpStreams, LimitIsBounded) {
    Receiver most(UINT32_MAX);
    for (uint64_t i = 1; i <= 4 * TcpStreams::connections_max; ++i) most.syn(0, i * 0x9e3779b97f4a7c15);
    EXPECT_GE(most.counts().streams_evicted, 2 * TcpStreams::connections_max);
}

struct Piece {
    uint32_t begin, end;
};

// The bytes 0..size cut at random, some pieces twice or with other bounds, a little out of order.
std::vector<Piece> random_pieces(uint32_t size, std::mt19937& random) {
    const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
    std::vector<std::pair<uint32_t, Piece>> timed;
    for (uint32_t at = 0, n = 0; at < size; ++n) {
        const uint32_t end = std::min(size, at + 1 + below(below(4) ? 40 : 3000));
        timed.push_back({n * 10 + below(60), {at, end}});
        if (below(5) == 0) {
            const uint32_t begin = at - std::min(at, below(100)), more = std::min(size, end + below(100));
            timed.push_back({n * 10 + below(80), {begin, more}});
        }
        at = end;
    }
    std::stable_sort(timed.begin(), timed.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Piece> pieces;
    for (const auto& [time, piece] : timed) pieces.push_back(piece);
    return pieces;
}

TEST(TcpStreams, AnySegmentationGivesTheSameMessages) {
    std::mt19937 random(20240611);
    Receiver r;
    for (uint64_t run = 1; run <= 400; ++run) {
        Messages all;
        for (auto left = 1 + random() % 30; left > 0; --left) {
            std::string m(12 + random() % (random() % 10 ? 200 : 9000), 'm');
            for (char& c : m) c = static_cast<char>(random());
            all.push_back(m);
        }
        const std::string bytes = framed(all);
        const auto start = static_cast<uint32_t>(run % 2 ? random() : 0U - random() % bytes.size());
        const uint64_t stream = run << 20 | run;
        r.got.clear();
        r.syn(start - 1, stream);
        for (const Piece& p : random_pieces(static_cast<uint32_t>(bytes.size()), random))
            r.segment(start + p.begin, bytes.substr(p.begin, p.end - p.begin), {.stream = stream});
        ASSERT_EQ(r.got, all) << "run " << run;
    }
    EXPECT_EQ(r.counts().gaps, 0u);
    EXPECT_EQ(r.counts().no_room, 0u);
    EXPECT_GT(r.counts().out_of_order, 1000u);
    EXPECT_GT(r.counts().retransmitted, 100u);
}

} // namespace
} // namespace visor::engine
