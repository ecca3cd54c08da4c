#include "taps/afpacket/af_packet.hpp"

#include "engine/test_network.hpp"
#include "wire/decode.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

namespace visor::taps {
namespace {

using namespace engine::test;
using engine::LiveCounts;
using engine::LiveTap;

class AfPacket : public PairTest {
protected:
    std::unique_ptr<LiveTap> open(AfPacketConfig config) {
        if (config.interfaces.empty()) config.interfaces = {"va"};
        if (config.ring_bytes == AfPacketConfig{}.ring_bytes) config.ring_bytes = 8 << 20;
        auto tap = open_af_packet(config, notify());
        EXPECT_TRUE(tap) << tap.error();
        return tap ? std::move(*tap) : nullptr;
    }
    static std::string error_of(AfPacketConfig config) {
        auto tap = open_af_packet(config, [](engine::TapEvent, const std::string&) {});
        return tap ? "" : tap.error();
    }
};

void expect_balance(const LiveCounts& counts) {
    EXPECT_EQ(counts.received, counts.delivered + counts.dropped_ring + counts.malformed);
}

std::vector<FrameData> assorted_frames(size_t count) {
    std::vector<FrameData> frames;
    for (size_t i = 0; i < count; ++i) {
        UdpFrame frame;
        frame.source = static_cast<uint16_t>(1024 + i);
        frame.payload = 18 + i * 37 % 1440;
        frame.fill = static_cast<uint8_t>(i);
        frames.push_back(frame.bytes());
    }
    return frames;
}

TEST_F(AfPacket, one_queue_gives_every_frame_once_byte_for_byte_in_order) {
    auto tap = open({});
    ASSERT_TRUE(tap);
    EXPECT_TRUE(tap->up());
    const FrameSender far("vb");
    const auto sent = assorted_frames(3000);
    const auto before = std::chrono::system_clock::now().time_since_epoch();
    for (const auto& frame : sent) ASSERT_TRUE(far.send(frame));
    const auto seen = collect(tap->queue(0));
    ASSERT_EQ(seen.size(), sent.size());
    for (size_t i = 0; i < sent.size(); ++i) {
        ASSERT_EQ(seen[i].data, sent[i]) << i;
        EXPECT_EQ(seen[i].frame.wirelen, sent[i].size());
        EXPECT_EQ(seen[i].frame.link, 1);
        const auto late = seen[i].frame.ts_ns - std::chrono::nanoseconds(before).count();
        ASSERT_TRUE(late > -50'000'000 && late < 5'000'000'000) << late;
    }
    const auto counts = tap->queue(0).counts();
    EXPECT_EQ(counts.received, sent.size());
    EXPECT_EQ(counts.delivered, sent.size());
    EXPECT_EQ(counts.dropped_ring + counts.malformed + counts.vlan_restored + counts.offloaded, 0U);
    EXPECT_DOUBLE_EQ(tap->queue(0).backlog(), 0);
}

TEST_F(AfPacket, two_queues_share_frames_by_flow) {
    auto tap = open({.interfaces = {"va"}, .queues = 2});
    ASSERT_TRUE(tap);
    const FrameSender far("vb"), near("va");
    std::multimap<FrameData, int> expected;
    for (unsigned flow = 0; flow < 200; ++flow) {
        UdpFrame there;
        there.source = static_cast<uint16_t>(30000 + flow);
        there.destination = 4433;
        UdpFrame back = there;
        std::swap(back.from, back.to);
        std::swap(back.source, back.destination);
        ASSERT_TRUE(far.send(there.bytes()));
        ASSERT_TRUE(near.send(back.bytes()));
        expected.emplace(there.bytes(), 0);
        expected.emplace(back.bytes(), 0);
    }
    std::map<uint16_t, unsigned> queue_of;
    size_t total = 0;
    for (unsigned q = 0; q < 2; ++q) {
        const auto seen = collect(tap->queue(q));
        EXPECT_GT(seen.size(), 50U) << "queue " << q;
        total += seen.size();
        for (const auto& one : seen) {
            const auto found = expected.find(one.data);
            ASSERT_NE(found, expected.end());
            expected.erase(found);
            const uint16_t port = std::max(load_be16(one.data.data() + 34), load_be16(one.data.data() + 36));
            const auto [known, is_new] = queue_of.emplace(port, q);
            EXPECT_EQ(known->second, q) << "flow of port " << port << " came to both queues";
        }
        expect_balance(tap->queue(q).counts());
    }
    EXPECT_EQ(total, 400U);
    EXPECT_TRUE(expected.empty());
}

TEST_F(AfPacket, what_arrives_and_what_leaves_is_seen_once) {
    auto tap = open({});
    ASSERT_TRUE(tap);
    const FrameSender near("va"), far("vb");
    const FrameData leaving = UdpFrame{.fill = 1}.bytes(), arriving = UdpFrame{.fill = 2}.bytes();
    ASSERT_TRUE(near.send(leaving));
    ASSERT_TRUE(far.send(arriving));
    const auto seen = collect(tap->queue(0));
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].data, leaving);
    EXPECT_EQ(seen[1].data, arriving);
}

TEST_F(AfPacket, loopback_is_seen_once_through_one_and_two_queues) {
    for (const unsigned queues : {1U, 2U}) {
        auto tap = open({.interfaces = {"lo"}, .queues = queues});
        ASSERT_TRUE(tap);
        const FrameSender lo("lo");
        for (uint8_t i = 0; i < 100; ++i) ASSERT_TRUE(lo.send(UdpFrame{.source = i, .fill = i}.bytes()));
        size_t total = 0;
        for (unsigned q = 0; q < queues; ++q) total += collect(tap->queue(q)).size();
        EXPECT_EQ(total, 100U);
    }
}

TEST_F(AfPacket, tags_are_put_back_byte_for_byte) {
    auto tap = open({});
    ASSERT_TRUE(tap);
    const FrameSender near("va"), far("vb");
    const std::vector<FrameData> tags = {{0x81, 0x00, 0x60, 0x64}, // priority 3, VLAN 100
                                         {0x88, 0xa8, 0x00, 0x05}, // 802.1ad alone
                                         {0x88, 0xa8, 0x00, 0x05, 0x81, 0x00, 0x00, 0x07}, // and a tag inside
                                         {0x81, 0x00, 0x00, 0x00},                         // priority only
                                         {0x81, 0x00, 0x00, 0x01, 0x81, 0x00, 0x0f, 0xff}};
    std::vector<FrameData> sent;
    for (const auto& tag : tags)
        for (const auto* sender : {&near, &far}) {
            sent.push_back(UdpFrame{.tags = tag, .fill = 9}.bytes());
            ASSERT_TRUE(sender->send(sent.back()));
        }
    const auto seen = collect(tap->queue(0));
    ASSERT_EQ(seen.size(), sent.size());
    for (size_t i = 0; i < sent.size(); ++i) {
        EXPECT_EQ(seen[i].data, sent[i]) << i;
        EXPECT_EQ(seen[i].frame.wirelen, sent[i].size());
    }
    EXPECT_GE(tap->queue(0).counts().vlan_restored, tags.size());
}

TEST_F(AfPacket, the_kernel_filters) {
    const UdpFrame dns{}, other{.destination = 5000}, tagged{.tags = {0x81, 0, 0, 100}},
        tagged_other{.destination = 5000, .tags = {0x81, 0, 0, 101}};
    const struct {
        const char* filter;
        std::vector<FrameData> expected;
    } cases[] = {{"udp port 53", {dns.bytes(), tagged.bytes()}},
                 {"vlan", {tagged.bytes(), tagged_other.bytes()}},
                 {"vlan 101", {tagged_other.bytes()}},
                 {"vlan and udp port 53", {tagged.bytes()}},
                 {"udp port 53 and not vlan", {dns.bytes()}},
                 {"not ip", {}},
                 {"inbound and not vlan", {dns.bytes(), other.bytes()}},
                 {"outbound", {}}};
    for (const auto& one : cases)
        for (const unsigned queues : {1U, 2U}) {
            auto tap = open({.interfaces = {"va"}, .bpf = one.filter, .queues = queues});
            ASSERT_TRUE(tap);
            const FrameSender far("vb");
            for (const auto& frame : {dns, other, tagged, tagged_other}) ASSERT_TRUE(far.send(frame.bytes()));
            std::vector<FrameData> seen;
            uint64_t received = 0;
            for (unsigned q = 0; q < queues; ++q) {
                for (auto& frame : collect(tap->queue(q), 60)) seen.push_back(frame.data);
                received += tap->queue(q).counts().received;
            }
            auto expected = one.expected;
            std::sort(seen.begin(), seen.end());
            std::sort(expected.begin(), expected.end());
            EXPECT_EQ(seen, expected) << one.filter << ", " << queues << " queues";
            EXPECT_EQ(received, expected.size()) << one.filter;
        }
}

TEST_F(AfPacket, a_full_ring_is_counted_exactly) {
    auto tap = open({.interfaces = {"va"}, .queues = 1, .ring_bytes = 512 << 10});
    ASSERT_TRUE(tap);
    EXPECT_EQ(tap->ring_bytes(), 512U << 10);
    const FrameSender far("vb");
    constexpr uint64_t sent = 20000;
    const FrameData frame = UdpFrame{.payload = 200}.bytes();
    for (uint64_t i = 0; i < sent; ++i) ASSERT_TRUE(far.send(frame));
    EXPECT_GT(tap->queue(0).backlog(), 0.7);
    auto seen = collect(tap->queue(0)).size();
    auto counts = tap->queue(0).counts();
    EXPECT_EQ(counts.received, sent);
    EXPECT_EQ(counts.delivered, seen);
    EXPECT_GT(counts.dropped_ring, 1000U);
    EXPECT_GT(counts.ring_freezes, 0U);
    expect_balance(counts);
    // And it goes on from there.
    for (uint64_t i = 0; i < 100; ++i) ASSERT_TRUE(far.send(frame));
    EXPECT_EQ(collect(tap->queue(0)).size(), 100U);
    counts = tap->queue(0).counts();
    EXPECT_EQ(counts.received, sent + 100);
    expect_balance(counts);
}

TEST_F(AfPacket, a_reader_that_keeps_up_gets_all_through_many_turns_of_the_ring) {
    auto tap = open({.interfaces = {"va"}, .queues = 1, .ring_bytes = 512 << 10});
    ASSERT_TRUE(tap);
    const FrameSender far("vb");
    size_t seen = 0;
    for (unsigned round = 0; round < 60; ++round) {
        for (unsigned i = 0; i < 200; ++i) ASSERT_TRUE(far.send(UdpFrame{.payload = 900}.bytes()));
        seen += collect(tap->queue(0), 30).size();
    }
    const auto counts = tap->queue(0).counts();
    EXPECT_EQ(seen, 12000U);
    EXPECT_EQ(counts.dropped_ring, 0U);
    expect_balance(counts);
}

// The slot of a ring in which a frame lies.
tpacket3_hdr* slot_of(const engine::Frame& frame) {
    auto* at = const_cast<uint8_t*>(frame.data);
    for (uint16_t distance = sizeof(tpacket3_hdr); distance < 300; ++distance) {
        if (reinterpret_cast<uintptr_t>(at - distance) % alignof(tpacket3_hdr) != 0) continue;
        auto* slot = reinterpret_cast<tpacket3_hdr*>(at - distance);
        if (slot->tp_mac == distance && slot->tp_snaplen == frame.caplen) return slot;
    }
    return nullptr;
}

TEST_F(AfPacket, lengths_in_a_slot_are_not_believed) {
    constexpr uint64_t sent = 1500;
    struct Case {
        const char* what;
        void (*damage)(tpacket3_hdr&);
        uint64_t malformed;
    };
    // The damaged slot is the 1025th: it alone is lost, or all from it on.
    const Case cases[] = {
        {"starts behind the block",
         [](tpacket3_hdr& slot) {
             slot.tp_mac = 0xffff;
             slot.tp_snaplen = 2 << 20;
         },
         1},
        {"starts inside the header", [](tpacket3_hdr& slot) { slot.tp_mac = 4; }, 1},
        {"longer than the block", [](tpacket3_hdr& slot) { slot.tp_snaplen = slot.tp_len = 0xfffffff0; }, 1},
        {"longer than it was", [](tpacket3_hdr& slot) { slot.tp_snaplen = slot.tp_len + 1; }, 1},
        {"next is itself", [](tpacket3_hdr& slot) { slot.tp_next_offset = 0; }, sent - 1025},
        {"next is far away", [](tpacket3_hdr& slot) { slot.tp_next_offset = 0xfffffff8; }, sent - 1025},
        {"next is beyond", [](tpacket3_hdr& slot) { slot.tp_next_offset = (1 << 20) - 8; }, sent - 1025},
        {"next is crooked", [](tpacket3_hdr& slot) { slot.tp_next_offset += 3; }, sent - 1025}};
    for (const auto& one : cases) {
        // All frames are to lie in one block, however long sending them takes.
        auto tap = open({.retire_ms = 100});
        ASSERT_TRUE(tap);
        const FrameSender far("vb");
        for (uint64_t i = 0; i < sent; ++i) ASSERT_TRUE(far.send(UdpFrame{}.bytes()));
        engine::FrameBlock block;
        tap->queue(0).next(block, 2000);
        ASSERT_EQ(block.count, engine::block_frames_max);
        auto* last = slot_of(block.frames[block.count - 1]);
        ASSERT_NE(last, nullptr);
        one.damage(*reinterpret_cast<tpacket3_hdr*>(reinterpret_cast<uint8_t*>(last) + last->tp_next_offset));
        const size_t rest = collect(tap->queue(0), 300).size();
        EXPECT_EQ(rest + block.count, sent - one.malformed) << one.what;
        const auto counts = tap->queue(0).counts();
        EXPECT_EQ(counts.malformed, one.malformed) << one.what;
        expect_balance(counts);
        // The next block is read again.
        ASSERT_TRUE(far.send(UdpFrame{}.bytes()));
        EXPECT_EQ(collect(tap->queue(0), 300).size(), 1U) << one.what;
    }
}

} // namespace
} // namespace visor::taps
