#include "taps/mock/mock.hpp"

#include "base/bytes.hpp"
#include "taps/mock/mock_frame.hpp"
#include "wire/decode.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <set>
#include <thread>

namespace visor::taps {
namespace {

using std::chrono::steady_clock;

uint32_t sum_of(const uint8_t* bytes, size_t size) {
    uint32_t sum = 0;
    for (size_t i = 0; i < size; ++i) sum += i % 2 == 0 ? uint32_t{bytes[i]} << 8 : uint32_t{bytes[i]};
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
}

TEST(Mock, frames_are_whole_dns_messages_with_right_checksums) {
    MockFrames frames(7);
    std::set<std::string> names, others;
    std::set<unsigned> types, codes, ids, directions;
    for (int i = 0; i < 2000; ++i) {
        const auto frame = frames.next();
        wire::Packet packet;
        const auto size = static_cast<uint32_t>(frame.size());
        ASSERT_TRUE(wire::decode(wire::LinkType::ethernet, frame.data(), size, size, packet));
        ASSERT_EQ(packet.anomaly, wire::Anomaly::none);
        ASSERT_TRUE(packet.is_udp());
        ASSERT_TRUE(packet.src_port == 53 || packet.dst_port == 53);
        ASSERT_EQ(sum_of(frame.data() + packet.l3, 20), 0xffffU);
        const uint32_t udp = size - packet.l4;
        ASSERT_EQ((sum_of(frame.data() + packet.l4, udp) + sum_of(packet.src_ip(), 8) + 17 + udp) % 0xffff,
                  0U);
        const std::string source = packet.src().text(), destination = packet.dst().text();
        ASSERT_TRUE((source == "192.168.0.1") != (destination == "192.168.0.1"));
        directions.insert(source == "192.168.0.1");
        others.insert(source == "192.168.0.1" ? destination : source);
        const Bytes message = packet.payload_bytes();
        ids.insert(load_be16(message.data()));
        const unsigned flags = load_be16(message.data() + 2);
        EXPECT_EQ((flags & 0x8000) != 0, packet.src_port == 53);
        codes.insert(flags & 15);
        const size_t label = message.data()[12];
        names.insert(std::string(reinterpret_cast<const char*>(message.data() + 13), label));
        EXPECT_EQ(std::string(reinterpret_cast<const char*>(message.data() + 13 + label), 19),
                  std::string("\x0dpktvisor-mock\x03"
                              "dev\0",
                              19));
        types.insert(load_be16(message.data() + message.size() - 4));
    }
    EXPECT_EQ(names.size(), 20U);
    EXPECT_EQ(types, (std::set<unsigned>{1, 12, 15, 16, 28}));
    EXPECT_EQ(codes, (std::set<unsigned>{0, 1, 2, 3, 4, 5}));
    EXPECT_EQ(directions.size(), 2U);
    EXPECT_GT(ids.size(), 1900U);
    EXPECT_GT(others.size(), 200U);
    EXPECT_EQ(others.begin()->rfind("10.0.0.", 0), 0U);
}

TEST(Mock, the_same_seed_gives_the_same_frames) {
    MockFrames a(3), b(3), c(4);
    bool differs = false;
    for (int i = 0; i < 10; ++i) {
        const auto frame = a.next();
        EXPECT_EQ(frame, b.next());
        differs |= frame != c.next();
    }
    EXPECT_TRUE(differs);
}

TEST(Mock, messages_come_at_their_rate) {
    auto tap = open_mock({.seed = 1, .interval_ms = 20});
    engine::FrameBlock block;
    uint32_t seen = 0;
    const auto begin = steady_clock::now();
    while (seen < 20) {
        tap->queue(0).next(block, 100);
        seen += block.count;
    }
    const auto took = steady_clock::now() - begin;
    EXPECT_GE(took, std::chrono::milliseconds(370));
    EXPECT_LT(took, std::chrono::seconds(5));
    EXPECT_EQ(tap->queue(0).counts().delivered, 20U);
    EXPECT_EQ(tap->queue(0).counts().received, 20U);
}

TEST(Mock, waits_no_longer_than_told_and_can_be_woken) {
    auto tap = open_mock({.seed = 1, .interval_ms = 60000});
    engine::FrameBlock block;
    auto begin = steady_clock::now();
    tap->queue(0).next(block, 20);
    EXPECT_EQ(block.count, 0U);
    EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(5));
    begin = steady_clock::now();
    std::thread waker([&] { tap->queue(0).wake(); });
    tap->queue(0).next(block, 30000);
    waker.join();
    EXPECT_EQ(block.count, 0U);
    EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(10));
}

} // namespace
} // namespace visor::taps
