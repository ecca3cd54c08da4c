// Reassembly at its limits, and of random segmentations against the true list of messages.
#include "engine/test_tcp.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

namespace visor::engine {
namespace {
using namespace test;

uint64_t stream_key(uint64_t i) {
    return i * 0x9e3779b97f4a7c15;
}

TEST(TcpStreams, ManyHalfMessagesAtATime) {
    Receiver r;
    constexpr uint64_t streams = 40000;
    const std::string a = framed(message('a'));
    for (const bool second : {false, true})
        for (uint64_t i = 1; i <= streams; ++i)
            r.segment(second ? 9 : 0, second ? a.substr(9) : a.substr(0, 9), {.stream = stream_key(i)});
    EXPECT_EQ(r.got, Messages(streams, message('a')));
    EXPECT_EQ(r.counts().streams_evicted, 0u);
    EXPECT_EQ(r.counts().no_room, 0u);
}

TEST(TcpStreams, ManyGapsAtATime) {
    Receiver r;
    constexpr uint64_t streams = 40000;
    for (uint64_t i = 1; i <= streams; ++i) {
        r.syn(0, stream_key(i));
        r.segment(23, framed(message('b')), {.stream = stream_key(i)});
    }
    EXPECT_TRUE(r.got.empty());
    for (uint64_t i = 1; i <= streams; ++i) r.segment(1, framed(message('a')), {.stream = stream_key(i)});
    EXPECT_EQ(r.got.size(), 2 * streams);
    EXPECT_EQ(r.counts().gaps, 0u);
}

TEST(TcpStreams, StreamsAreAsManyAsIsSaid) {
    Receiver r;
    constexpr uint64_t streams = 2 * TcpStreams::connections_usual;
    for (uint64_t i = 1; i <= streams; ++i) r.syn(0, stream_key(i));
    EXPECT_EQ(r.counts().streams_evicted, 0u);
    r.syn(0, stream_key(streams + 1));
    EXPECT_EQ(r.counts().streams_evicted, 1u);
}

TEST(TcpStreams, WithoutRoomTheOldestHalfMessageIsGivenUp) {
    Receiver r;
    constexpr uint64_t streams = 600;
    const std::string a = framed(message('a', 60000));
    for (uint64_t i = 1; i <= streams; ++i) r.segment(0, a.substr(0, 59000), {.stream = stream_key(i)});
    const uint64_t lost = r.counts().no_room;
    EXPECT_GT(lost, 0u);
    EXPECT_LT(lost, streams * 2 / 5) << "24 MiB hold 426 of them";
    EXPECT_EQ(r.counts().streams_evicted, lost);
    for (uint64_t i = lost + 1; i <= streams; ++i)
        r.segment(59000, a.substr(59000), {.stream = stream_key(i)});
    EXPECT_EQ(r.got.size(), streams - lost);
    EXPECT_EQ(r.counts().no_room, lost);
}

TEST(TcpStreams, WithoutRoomTheOldestGapIsCrossed) {
    Receiver r;
    constexpr uint64_t streams = TcpStreams::held_total / 2 + 1000;
    for (uint64_t i = 1; i <= streams; ++i) {
        r.syn(0, stream_key(i));
        r.segment(100, framed(message('h')), {.stream = stream_key(i)});
        r.segment(200, framed(message('h')), {.stream = stream_key(i)});
    }
    EXPECT_EQ(r.got.size(), 2000u);
    r.flush();
    EXPECT_EQ(r.got.size(), 2 * streams) << "nothing that was seen whole is lost";
    EXPECT_EQ(r.counts().no_room, 0u);
}

TEST(TcpStreams, WhatWaitsIsHandedOutWhenItsStreamHasToGo) {
    Receiver r(1);
    r.syn(0, 1);
    r.segment(100, framed(message('a')), {.stream = 1});
    r.syn(0, 2);
    EXPECT_TRUE(r.got.empty());
    r.syn(0, 3);
    EXPECT_EQ(r.got, Messages{message('a')});
    EXPECT_EQ(r.counts().streams_evicted, 1u);
}

TEST(TcpStreams, AStreamHoldsNoMoreThanItsShare) {
    Receiver r;
    r.syn(0);
    const std::string big = framed(message('b', 60000));
    uint32_t sent = 0;
    for (; r.got.empty() && sent < 1000; ++sent) r.segment(100 + sent * 60002, big);
    EXPECT_LE(sent, TcpStreams::held_bytes_max / 60000 + 1);
    EXPECT_GE(sent, TcpStreams::held_bytes_max / 60000 - 1);
    EXPECT_EQ(r.got.size(), sent) << "the gap is crossed";
    EXPECT_EQ(r.counts().gaps, 1u);
}

TEST(TcpStreams, NoBufferIsLostOverTime) {
    Receiver r;
    for (uint64_t round = 0; round < 5; ++round) {
        for (uint64_t i = 1; i <= 30000; ++i) {
            const uint64_t stream = stream_key(round * 30000 + i);
            r.segment(0, framed(message('a', 500)).substr(0, 400), {.stream = stream});
            r.segment(1000, framed(message('h')), {.stream = stream});
        }
        r.flush();
    }
    EXPECT_EQ(r.got.size(), 150000u);
    EXPECT_EQ(r.counts().gaps, 150000u);
    EXPECT_EQ(r.counts().no_room, 0u) << "a crossed gap gives the half message's buffer back";
}

TEST(TcpStreams, IdlestStreamMakesRoom) {
    Receiver r(2); // four streams
    for (uint64_t i = 1; i <= 4; ++i) r.segment(0, framed(message('a')).substr(0, 9), {.stream = i});
    r.segment(9, "aa", {.stream = 1});
    r.syn(0, 5);
    EXPECT_EQ(r.counts().streams_evicted, 1u);
    EXPECT_EQ(r.counts().no_room, 1u) << "and with it half a message";
    r.segment(11, framed(message('a')).substr(11), {.stream = 1});
    for (const uint64_t i : {3U, 4U}) r.segment(9, framed(message('a')).substr(9), {.stream = i});
    EXPECT_EQ(r.got, Messages(3, message('a')));
}

// A lane ends periods of a minute: gaps are asked for at its edges only.
TEST(TcpStreams, AGapIsWaitedForAsLongAsTcpRepeats) {
    constexpr int64_t second = 1'000'000;
    Receiver r;
    r.syn(0);
    r.segment(23, framed(message('b')), {.now_us = 1 * second});
    for (const int64_t edge : {60, 120, 180}) r.cross_gaps(edge * second - TcpStreams::hole_wait_us);
    EXPECT_TRUE(r.got.empty());
    r.segment(1, framed(message('a')), {.now_us = 180 * second});
    EXPECT_EQ(r.got, (Messages{message('a'), message('b')}));
    r.segment(100, framed(message('d')), {.now_us = 181 * second});
    for (const int64_t edge : {240, 300, 360, 420}) r.cross_gaps(edge * second - TcpStreams::hole_wait_us);
    EXPECT_EQ(r.got.back(), message('d')) << "and no longer";
}

long resident_kib() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;)
        if (long kib = 0; word == "RssAnon:" && status >> kib) return kib;
    return -1;
}

TEST(TcpStreams, MemoryNotNeededIsNotThere) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "a sanitizer's own memory is counted with it";
#endif
    const long before = resident_kib();
    ASSERT_GT(before, 0);
    Receiver r;
    for (uint64_t i = 1; i <= 100; ++i) {
        const std::string a = framed(message('a', 5000));
        r.segment(0, a.substr(0, 3000), {.stream = stream_key(i)});
        r.segment(3000, a.substr(3000), {.stream = stream_key(i)});
    }
    EXPECT_EQ(r.got.size(), 100u);
    EXPECT_LT(resident_kib() - before, 3000);
}

void say(Receiver& r, uint64_t stream, int64_t now_us) {
    r.segment(1, framed(message('a')), {.stream = stream, .now_us = now_us});
}

TEST(TcpStreams, LimitAskedForIsKept) {
    for (const uint32_t limit : {1U, 10U, 31U, 500U}) {
        Receiver r(limit);
        const uint64_t streams = 3 * 2 * limit; // a connection is two
        for (uint64_t i = 1; i <= streams; ++i)
            r.segment(
                0, "",
                {.flags = wire::tcp_flag::syn, .stream = stream_key(i), .now_us = static_cast<int64_t>(i)});
        for (uint64_t i = 1; i <= streams; ++i) say(r, stream_key(i), 100'000);
        EXPECT_EQ(r.got.size(), 2 * limit) << "the latest, all of them";
        EXPECT_EQ(r.counts().not_followed, streams - r.got.size());
        EXPECT_EQ(r.counts().streams_evicted, streams - 2 * limit);
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
    for (uint64_t i = 1; i <= 4 * TcpStreams::connections_max; ++i) most.syn(0, stream_key(i));
    EXPECT_EQ(most.counts().streams_evicted, 2 * TcpStreams::connections_max);
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
    pieces.reserve(timed.size());
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
