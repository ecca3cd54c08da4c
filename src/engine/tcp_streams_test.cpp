#include "engine/test_tcp.hpp"
#include "wire/test_frames.hpp"

#include <gtest/gtest.h>

namespace visor::engine {
namespace {

using namespace test;

TEST(TcpStreams, SeveralMessagesInOneSegment) {
    Receiver r;
    const Messages all{message('a'), message('b', 12), message('c', 500)};
    r.segment(1000, framed(all));
    EXPECT_EQ(r.got, all);
    EXPECT_EQ(r.counts().messages, 3u);
    EXPECT_EQ(r.counts().segments, 1u);
}

TEST(TcpStreams, SplitAtEveryByte) {
    Receiver r;
    const Messages all{message('a'), message('b', 13), message('c', 300)};
    const std::string bytes = framed(all);
    for (uint32_t cut = 1; cut < bytes.size(); ++cut) {
        r.got.clear();
        r.segment(7, bytes.substr(0, cut), {.stream = cut + 100});
        r.segment(7 + cut, bytes.substr(cut), {.stream = cut + 100});
        ASSERT_EQ(r.got, all) << "cut at " << cut;
    }
    EXPECT_EQ(r.counts().gaps, 0u);
}

TEST(TcpStreams, ByteByByte) {
    Receiver r;
    const Messages all{message('a'), message('b', 3000), message('c', 20000)};
    const std::string bytes = framed(all);
    for (uint32_t i = 0; i < bytes.size(); ++i) r.segment(i, bytes.substr(i, 1));
    EXPECT_EQ(r.got, all);
}

TEST(TcpStreams, BackwardsByteByByte) {
    Receiver r;
    const Messages all{message('a', 15), message('b', 30)};
    const std::string bytes = framed(all);
    r.syn(99);
    for (size_t i = bytes.size(); i > 0; --i)
        r.segment(99 + static_cast<uint32_t>(i), bytes.substr(i - 1, 1));
    EXPECT_EQ(r.got, all);
    EXPECT_EQ(r.counts().out_of_order, bytes.size() - 1);
}

TEST(TcpStreams, LargestMessage) {
    Receiver r;
    const Messages all{message('x', 65535), message('y')};
    const std::string bytes = framed(all);
    for (uint32_t at = 0; at < bytes.size(); at += 1400) r.segment(at, bytes.substr(at, 1400));
    EXPECT_EQ(r.got, all);
}

TEST(TcpStreams, OutOfOrder) {
    Receiver r;
    const Messages all{message('a'), message('b'), message('c'), message('d')};
    r.syn(99);
    for (const uint32_t i : {2U, 1U, 3U, 0U}) r.segment(100 + 22 * i, framed(all[i]));
    EXPECT_EQ(r.got, all);
    EXPECT_EQ(r.counts().out_of_order, 3u);
    EXPECT_EQ(r.counts().gaps, 0u);
}

TEST(TcpStreams, Retransmitted) {
    Receiver r;
    const std::string bytes = framed(message('a'));
    r.segment(1, bytes);
    r.segment(1, bytes);
    r.segment(1, bytes.substr(0, 5));
    EXPECT_EQ(r.got.size(), 1u);
    EXPECT_EQ(r.counts().retransmitted, 2u);
}

TEST(TcpStreams, RetransmittedWhileHeld) {
    Receiver r;
    r.syn(0);
    for (int i = 0; i < 100; ++i) r.segment(23, framed(message('b')));
    EXPECT_TRUE(r.got.empty()) << "copies of one segment do not use up the room";
    EXPECT_EQ(r.counts().retransmitted, 99u);
    r.segment(1, framed(message('a')));
    EXPECT_EQ(r.got, (Messages{message('a'), message('b')}));
}

TEST(TcpStreams, KeepAliveByteIsOld) {
    Receiver r;
    r.segment(1, framed(message('a')));
    r.segment(22, std::string(1, '\0'));
    r.segment(23, framed(message('b')));
    EXPECT_EQ(r.got, (Messages{message('a'), message('b')}));
}

TEST(TcpStreams, Overlapping) {
    Receiver r;
    const Messages all{message('a'), message('b'), message('c')};
    const std::string bytes = framed(all);
    r.segment(0, bytes.substr(0, 30));
    r.segment(10, bytes.substr(10, 40)); // repeats 20 bytes, brings 20
    r.segment(5, bytes.substr(5));
    EXPECT_EQ(r.got, all);
}

TEST(TcpStreams, FirstSeenBytesStand) {
    Receiver r;
    const std::string a = framed(message('a')), b = framed(message('b'));
    r.segment(0, a.substr(0, 12));
    r.segment(0, b);
    EXPECT_EQ(r.got, (Messages{std::string(10, 'a') + std::string(10, 'b')}));
}

TEST(TcpStreams, OverlappingWhileHeld) {
    Receiver r;
    const Messages all{message('a'), message('b'), message('c')};
    const std::string bytes = framed(all);
    r.syn(99);
    r.segment(100 + 10, bytes.substr(10, 40));
    r.segment(100 + 5, bytes.substr(5, 20));
    r.segment(100 + 30, bytes.substr(30));
    r.segment(100, bytes.substr(0, 8));
    EXPECT_EQ(r.got, all);
    EXPECT_EQ(r.counts().gaps, 0u);
}

TEST(TcpStreams, SequenceNumbersWrap) {
    for (uint32_t before = 1; before < 60; ++before) {
        Receiver r;
        const Messages all{message('a'), message('b'), message('c')};
        const uint32_t start = 0U - before;
        r.syn(start - 1);
        for (const uint32_t i : {1U, 2U, 0U}) r.segment(start + 22 * i, framed(all[i]));
        ASSERT_EQ(r.got, all);
    }
}

TEST(TcpStreams, SynRepeatedKeepsTheStream) {
    Receiver r;
    const std::string bytes = framed(message('a'));
    r.syn(99);
    r.segment(100, bytes.substr(0, 5));
    r.syn(99);
    r.segment(105, bytes.substr(5));
    r.segment(100, bytes);
    EXPECT_EQ(r.got.size(), 1u);
}

TEST(TcpStreams, SynWithData) {
    Receiver r;
    r.segment(99, framed(message('a')), {.flags = wire::tcp_flag::syn});
    r.segment(122, framed(message('b')));
    EXPECT_EQ(r.got, (Messages{message('a'), message('b')}));
}

TEST(TcpStreams, NewSynIsANewConnection) {
    Receiver r;
    r.syn(99);
    r.segment(100, framed(message('a')).substr(0, 9));
    r.segment(500, framed(message('x')));
    r.syn(77);
    r.segment(78, framed(message('b')));
    EXPECT_EQ(r.got, (Messages{message('x'), message('b')})) << "what waited is the earlier connection's";
    EXPECT_EQ(r.counts().gaps, 1u);
}

TEST(TcpStreams, BeginsInTheMiddle) {
    Receiver r;
    r.segment(4'000'000'000U, framed(message('a')));
    r.segment(4'000'000'022U, framed(message('b')));
    EXPECT_EQ(r.got, (Messages{message('a'), message('b')}));
}

TEST(TcpStreams, StreamsDoNotMix) {
    Receiver r;
    const std::string a = framed(message('a')), b = framed(message('b'));
    r.segment(1, a.substr(0, 9), {.stream = 1 << 20});
    r.segment(1, b.substr(0, 9), {.stream = 2 << 20});
    r.segment(10, a.substr(9), {.stream = 1 << 20});
    r.segment(10, b.substr(9), {.stream = 2 << 20});
    EXPECT_EQ(r.got, (Messages{message('a'), message('b')}));
}

TEST(TcpStreams, GapIsCrossedWhenTooMuchIsHeld) {
    Receiver r;
    r.syn(0);
    r.segment(1, framed(message('a')).substr(0, 7)); // never completed
    for (uint32_t i = 0; i < TcpStreams::held_max; ++i) {
        EXPECT_TRUE(r.got.empty());
        r.segment(1000 + 22 * i, framed(message('b')));
    }
    EXPECT_EQ(r.got.size(), TcpStreams::held_max);
    EXPECT_EQ(r.counts().gaps, 1u);
    r.segment(1000 + 22 * TcpStreams::held_max, framed(message('c')));
    EXPECT_EQ(r.got.back(), message('c'));
}

TEST(TcpStreams, FlushCrossesEveryGap) {
    Receiver r;
    r.syn(0);
    r.segment(100, framed(message('b')));
    r.segment(200, framed(message('c')));
    r.segment(200, framed(message('d')), {.stream = 43});
    r.flush();
    EXPECT_EQ(r.got, (Messages{message('d'), message('b'), message('c')}))
        << "43 began with its first segment";
    EXPECT_EQ(r.counts().gaps, 2u);
    r.flush();
    EXPECT_EQ(r.got.size(), 3u);
}

TEST(TcpStreams, OldGapsAreCrossed) {
    Receiver r;
    r.syn(0, 1);
    r.syn(0, 2);
    r.segment(100, framed(message('a')), {.stream = 1, .now_us = 1000});
    r.segment(100, framed(message('b')), {.stream = 2, .now_us = 2000});
    r.cross_gaps(1001);
    EXPECT_EQ(r.got, Messages{message('a')});
    r.segment(100, framed(message('a')), {.stream = 1, .now_us = 3000});
    EXPECT_EQ(r.got.size(), 1u) << "the stream is still known";
    EXPECT_EQ(r.counts().gaps, 1u);
}

TEST(TcpStreams, AGapThatShrinksIsWaitedForAnew) {
    Receiver r;
    const std::string a = framed(message('a')), b = framed(message('b'));
    r.segment(0, a.substr(0, 5), {.now_us = 0});
    r.segment(22, b, {.now_us = 0});
    r.segment(5, a.substr(5, 5), {.now_us = 5000});
    r.cross_gaps(5000);
    EXPECT_TRUE(r.got.empty());
    r.segment(10, a.substr(10), {.now_us = 6000});
    EXPECT_EQ(r.got, (Messages{message('a'), message('b')}));
    r.cross_gaps(INT64_MAX);
    EXPECT_EQ(r.counts().gaps, 0u);
}

TEST(TcpStreams, HalfAMessageWaitsForItsRest) {
    Receiver r;
    const std::string a = framed(message('a'));
    r.segment(0, a.substr(0, 9), {.now_us = 0});
    r.cross_gaps(INT64_MAX);
    r.segment(9, a.substr(9) + framed(message('b')), {.now_us = 4'000'000'000});
    EXPECT_EQ(r.got, (Messages{message('a'), message('b')}));
}

TEST(TcpStreams, HeldSegmentsKeepTheirPacket) {
    Receiver r;
    r.syn(0);
    {
        auto frame = std::make_unique<wire::test::Raw>(wire::test::ip4(wire::test::tcp({}), {.proto = 6}));
        wire::Packet packet;
        const auto size = static_cast<uint32_t>(frame->size());
        wire::decode(wire::LinkType::raw, frame->data(), size, size, packet);
        packet.ts_ns = 77;
        const std::string bytes = framed(message('b'));
        r.streams.segment({.stream = 42,
                           .seq = 100,
                           .wire_len = 22,
                           .payload = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()},
                           .now_us = 1,
                           .packet = &packet},
                          [&](Bytes m, const wire::Packet*) { r.take(m); });
    }
    size_t told = 0;
    r.streams.flush([&](Bytes, const wire::Packet* waited) {
        const wire::Packet& packet = *waited;
        ++told;
        EXPECT_EQ(packet.ts_ns, 77);
        EXPECT_EQ(packet.src().text(), "10.0.0.1");
        EXPECT_EQ(packet.dst().text(), "10.0.0.2");
        EXPECT_EQ(packet.dst_port, 53);
    });
    EXPECT_EQ(told, 1u);
}

TEST(TcpStreams, LengthsTooShortForAHeader) {
    for (const size_t length : {0U, 1U, 3U, 4U, 11U}) {
        const std::string bad = framed(message('x', length)), bytes = bad + framed(message('b'));
        for (uint32_t cut = 0; cut <= bad.size() + 2; ++cut) { // wherever the segments part
            Receiver r;
            if (cut) r.segment(1, bytes.substr(0, cut));
            r.segment(1 + cut, bytes.substr(cut));
            Messages expected{message('b')};
            if (length >= 4) expected.insert(expected.begin(), message('x', length));
            ASSERT_EQ(r.got, expected) << "length " << length << " cut at " << cut;
            EXPECT_EQ(r.counts().short_length, 1u) << "length " << length << " cut at " << cut;
        }
    }
}

TEST(TcpStreams, ZerosAreLengths) {
    Receiver r;
    r.segment(1, std::string(1401, '\0'));
    EXPECT_EQ(r.counts().short_length, 700u);
    r.segment(1402, std::string(1, '\0') + framed(message('a')));
    EXPECT_EQ(r.got, Messages{message('a')});
}

TEST(TcpStreams, DataOfAResetIsNotOfTheStream) {
    Receiver r;
    r.syn(0);
    r.segment(1, framed(message('x')), {.flags = wire::tcp_flag::rst | wire::tcp_flag::ack});
    EXPECT_TRUE(r.got.empty());
    r.segment(1, framed(message('a')));
    EXPECT_EQ(r.got, Messages{message('a')});
}

TEST(TcpStreams, EmptySegmentsMeanNothing) {
    Receiver r;
    r.segment(50, "", {.flags = wire::tcp_flag::ack});
    r.segment(1, framed(message('a')));
    r.segment(23, "", {.flags = wire::tcp_flag::fin});
    EXPECT_EQ(r.got.size(), 1u);
}

// --- segments the capture cut ---

TEST(TcpStreams, CutMessageIsGivenAsFarAsItWasKept) {
    Receiver r;
    const std::string a = framed(message('a', 100));
    r.segment(0, a.substr(0, 60), {.missing = 42});
    EXPECT_EQ(r.got, Messages{message('a', 58)});
    r.segment(102, framed(message('b')));
    EXPECT_EQ(r.got.back(), message('b'));
}

TEST(TcpStreams, CutMessageWithoutHeaderIsLost) {
    Receiver r;
    r.segment(0, framed(message('a', 100)).substr(0, 13), {.missing = 89});
    EXPECT_TRUE(r.got.empty());
    EXPECT_EQ(r.counts().gaps, 1u);
    r.segment(102, framed(message('b')));
    EXPECT_EQ(r.got, Messages{message('b')});
}

TEST(TcpStreams, CutSegmentInsideALongMessage) {
    Receiver r;
    const std::string a = framed(message('a', 4000)), b = framed(message('b'));
    r.segment(0, a.substr(0, 900), {.missing = 500}); // message goes on behind the cut
    r.segment(1400, a.substr(1400, 900), {.missing = 500});
    r.segment(2800, a.substr(2800) + b);
    EXPECT_EQ(r.got, Messages{message('b')});
}

TEST(TcpStreams, CutPiecesOfTwoMessages) {
    Receiver r;
    const std::string a = framed(message('a', 200)), b = framed(message('b', 200));
    r.segment(0, a.substr(0, 100));
    r.segment(100, (a + b).substr(100, 50), {.missing = 254}); // rest of a, all of b: where b began is lost
    r.segment(404, framed(message('c')));
    EXPECT_EQ(r.got, Messages{message('c')});
}

TEST(TcpStreams, NothingOfASegmentWasCaptured) {
    Receiver r;
    r.segment(0, "", {.missing = 22});
    r.segment(22, framed(message('b')));
    EXPECT_EQ(r.got, Messages{message('b')});
}

TEST(TcpStreams, PayloadLongerThanOnTheWireIsTrimmed) {
    Receiver r;
    const std::string bytes = framed(message('a')) + "padding";
    r.streams.segment({.stream = 42,
                       .seq = 0,
                       .wire_len = 22,
                       .payload = {reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}},
                      [&](Bytes m, const wire::Packet*) { r.take(m); });
    r.segment(22, framed(message('b')));
    EXPECT_EQ(r.got, (Messages{message('a'), message('b')}));
}

} // namespace
} // namespace visor::engine
