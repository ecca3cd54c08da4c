#ifdef __linux__
#include "taps/pcap/live_pcap.hpp"

#include "engine/test_network.hpp"

#include <chrono>
#include <thread>

namespace visor::taps {
namespace {

using namespace engine::test;
using engine::LiveTap;
using std::chrono::steady_clock;

class LivePcap : public PairTest {
protected:
    std::unique_ptr<LiveTap> open(LivePcapConfig config) {
        if (config.buffer_bytes == LivePcapConfig{}.buffer_bytes) config.buffer_bytes = 8 << 20;
        auto tap = open_live_pcap(config, notify());
        EXPECT_TRUE(tap) << tap.error();
        return tap ? std::move(*tap) : nullptr;
    }
    static std::string error_of(const LivePcapConfig& config) {
        const auto tap = open_live_pcap(config, nullptr);
        return tap ? std::string() : tap.error();
    }
};

TEST_F(LivePcap, every_frame_once_byte_for_byte) {
    auto tap = open({.interfaces = {"va"}});
    ASSERT_TRUE(tap);
    EXPECT_TRUE(tap->up());
    const FrameSender far("vb"), near("va");
    std::vector<FrameData> sent;
    for (uint16_t i = 0; i < 3000; ++i) {
        UdpFrame frame{.source = i, .payload = 18 + i * 37U % 1440, .fill = static_cast<uint8_t>(i)};
        if (i % 5 == 0) frame.tags = {0x81, 0, 0x60, 0x64};
        sent.push_back(frame.bytes());
        ASSERT_TRUE((i % 2 == 0 ? far : near).send(sent.back()));
    }
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto seen = collect(tap->queue(0));
    ASSERT_EQ(seen.size(), sent.size());
    for (size_t i = 0; i < sent.size(); ++i) {
        ASSERT_EQ(seen[i].data, sent[i]) << i;
        EXPECT_EQ(seen[i].frame.wirelen, sent[i].size());
        EXPECT_EQ(seen[i].frame.link, 1);
        EXPECT_LT(std::abs(seen[i].frame.ts_ns - std::chrono::nanoseconds(now).count()), 5'000'000'000);
    }
    const auto counts = tap->queue(0).counts();
    EXPECT_EQ(counts.received, sent.size());
    EXPECT_EQ(counts.delivered, sent.size());
    EXPECT_EQ(counts.dropped_ring, 0U);
}

TEST_F(LivePcap, loopback_once_any_cooked_and_filters) {
    auto lo = open({.interfaces = {"lo"}, .bpf = "udp port 53"});
    auto any = open({.interfaces = {"any"}, .bpf = "inbound and udp port 53"});
    ASSERT_TRUE(lo && any);
    send("lo", 20);
    send("vb", 10);
    send("vb", 10, 5353);
    EXPECT_EQ(collect(lo->queue(0)).size(), 20U);
    const auto seen = collect(any->queue(0));
    EXPECT_EQ(seen.size(), 30U);
    EXPECT_EQ(seen[0].frame.link, 113);
}

TEST_F(LivePcap, a_full_buffer_is_counted_exactly) {
    auto tap = open({.interfaces = {"va"}, .buffer_bytes = 1 << 20});
    ASSERT_TRUE(tap);
    constexpr uint64_t sent = 20000;
    const FrameSender far("vb");
    for (uint64_t i = 0; i < sent; ++i) ASSERT_TRUE(far.send(UdpFrame{.payload = 200}.bytes()));
    const auto seen = collect(tap->queue(0)).size();
    const auto counts = tap->queue(0).counts();
    EXPECT_EQ(counts.delivered, seen);
    EXPECT_GT(counts.dropped_ring, 1000U);
    EXPECT_EQ(counts.received, sent);
    EXPECT_EQ(counts.delivered + counts.dropped_ring, sent);
}

TEST_F(LivePcap, down_and_up_deleted_and_made_anew) {
    auto tap = open({.interfaces = {"va"}, .bpf = "udp port 53"});
    ASSERT_TRUE(tap);
    uint64_t total = 0;
    send("vb", 10);
    ASSERT_TRUE(TestNetwork::run("ip link set va down"));
    total += read_until(*tap, false);
    EXPECT_EQ(notes_, Notes{"interface va is down; waiting for it"});
    ASSERT_TRUE(TestNetwork::run("ip link set va up"));
    read_until(*tap, true);
    EXPECT_EQ(notes_.back(), "interface va is back");
    send("vb", 20);
    send("vb", 20, 5353);
    total += collect(tap->queue(0)).size();
    EXPECT_EQ(total, 30U);
    ASSERT_TRUE(TestNetwork::run("ip link del va"));
    read_until(*tap, false);
    EXPECT_EQ(notes_.back(), "interface va vanished; waiting for it");
    ASSERT_TRUE(TestNetwork::add_pair("va", "vb"));
    read_until(*tap, true);
    EXPECT_EQ(notes_.back(), "interface va is back");
    EXPECT_EQ(notes_.size(), 4U);
    send("vb", 15);
    send("vb", 15, 5353);
    EXPECT_EQ(collect(tap->queue(0)).size(), 15U);
    EXPECT_EQ(tap->queue(0).counts().lost_interface, 2U);
}

TEST_F(LivePcap, waiting_for_an_interface_costs_nothing) {
    for (const char* change : {"ip link set va down", "ip link del va"}) {
        auto tap = open({.interfaces = {"va"}});
        ASSERT_TRUE(tap);
        if (tap->up()) {
            ASSERT_TRUE(TestNetwork::run(change));
            read_until(*tap, false);
        } else {
            ASSERT_TRUE(TestNetwork::run(change));
        }
        engine::FrameBlock block;
        const clock_t before = clock();
        const auto begin = steady_clock::now();
        unsigned turns = 0;
        for (; steady_clock::now() - begin < std::chrono::seconds(1); ++turns) tap->queue(0).next(block, 100);
        EXPECT_LT(turns, 30U);
        EXPECT_LT(clock() - before, CLOCKS_PER_SEC / 10);
    }
}

TEST_F(LivePcap, wake_ends_the_wait) {
    auto tap = open({.interfaces = {"va"}});
    ASSERT_TRUE(tap);
    const auto begin = steady_clock::now();
    std::thread waker([&] { tap->queue(0).wake(); });
    engine::FrameBlock block;
    tap->queue(0).next(block, 20000);
    waker.join();
    EXPECT_EQ(block.count, 0U);
    EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST_F(LivePcap, mistakes_are_told) {
    EXPECT_EQ(error_of({.interfaces = {"vz"}}), "interface 'vz' not found; available interfaces: lo, vb, va");
    EXPECT_EQ(error_of({.interfaces = {"va"}, .bpf = "udp prot 53"}).rfind("filter 'udp prot 53': ", 0), 0U);
    EXPECT_EQ(error_of({}), "no interface to capture on");
}

} // namespace
} // namespace visor::taps
#endif
