// What becomes of a tap when its interface goes and comes; other kinds of interfaces; rights.
#include "taps/afpacket/af_packet.hpp"

#include "engine/links.hpp"
#include "engine/test_network.hpp"
#include "wire/decode.hpp"

#include <atomic>
#include <chrono>
#include <linux/capability.h>
#include <linux/if_tun.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>

namespace visor::taps {
namespace {

using namespace engine::test;
using engine::LiveTap;
using std::chrono::steady_clock;

class AfPacketLife : public PairTest {
protected:
    std::unique_ptr<LiveTap> open(AfPacketConfig config) {
        config.ring_bytes = 4 << 20;
        auto tap = open_af_packet(config, notify());
        EXPECT_TRUE(tap) << tap.error();
        return tap ? std::move(*tap) : nullptr;
    }
    static void expect_balance(LiveTap& tap) {
        for (unsigned q = 0; q < tap.queues(); ++q) {
            const auto counts = tap.queue(q).counts();
            EXPECT_EQ(counts.received, counts.delivered + counts.dropped_ring + counts.malformed);
        }
    }
};

TEST_F(AfPacketLife, down_and_up_again) {
    for (const unsigned queues : {1U, 2U}) {
        notes_.clear();
        auto tap = open({.interfaces = {"va"}, .bpf = "udp port 53", .queues = queues});
        ASSERT_TRUE(tap);
        send("vb", 10);
        EXPECT_EQ(read_all(*tap), 10U);
        ASSERT_TRUE(TestNetwork::run("ip link set va down"));
        EXPECT_EQ(read_until(*tap, false), 0U);
        EXPECT_EQ(notes_, Notes{"interface va is down; waiting for it"});
        ASSERT_TRUE(TestNetwork::run("ip link set va up"));
        read_until(*tap, true);
        EXPECT_EQ(notes_.size(), 2U);
        EXPECT_EQ(notes_.back(), "interface va is back");
        send("vb", 20);
        send("vb", 20, 5353);
        EXPECT_EQ(read_all(*tap), 20U);
        EXPECT_EQ(tap->queue(0).counts().lost_interface, 1U);
        expect_balance(*tap);
    }
}

TEST_F(AfPacketLife, deleted_and_made_anew_more_than_once) {
    for (const unsigned queues : {1U, 2U}) {
        notes_.clear();
        auto tap = open({.interfaces = {"va"}, .bpf = "udp port 53", .queues = queues});
        ASSERT_TRUE(tap);
        uint64_t total = 0;
        for (unsigned round = 1; round <= 2; ++round) {
            send("vb", 30);
            // What was in the ring when the interface vanished is still read.
            ASSERT_TRUE(TestNetwork::run("ip link del va"));
            total += read_until(*tap, false);
            EXPECT_EQ(total, round * 80U - 50);
            EXPECT_EQ(notes_.back(), "interface va vanished; waiting for it");
            ASSERT_TRUE(TestNetwork::add_pair("va", "vb"));
            read_until(*tap, true);
            EXPECT_EQ(notes_.back(), "interface va is back");
            send("vb", 50);
            send("vb", 20, 5353);
            total += read_all(*tap);
            EXPECT_EQ(total, round * 80U);
        }
        EXPECT_EQ(notes_.size(), 4U);
        EXPECT_EQ(tap->queue(0).counts().lost_interface, 2U);
        uint64_t delivered = 0;
        for (unsigned q = 0; q < queues; ++q) delivered += tap->queue(q).counts().delivered;
        EXPECT_EQ(delivered, total);
        expect_balance(*tap);
    }
}

TEST_F(AfPacketLife, each_queue_has_a_thread_while_the_interface_comes_and_goes) {
    auto tap = open({.interfaces = {"va"}, .bpf = "udp port 53", .queues = 3});
    ASSERT_TRUE(tap);
    std::atomic<bool> over = false;
    std::vector<std::thread> workers;
    for (unsigned q = 0; q < tap->queues(); ++q)
        workers.emplace_back([&, q] {
            engine::FrameBlock block;
            while (!over) tap->queue(q).next(block, 50);
        });
    const auto wait_for = [&](bool up) {
        for (int i = 0; i < 500 && tap->up() != up; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        EXPECT_EQ(tap->up(), up);
        std::this_thread::sleep_for(std::chrono::milliseconds(500)); // the other queues follow
    };
    for (unsigned round = 0; round < 2; ++round) {
        send("vb", 300);
        ASSERT_TRUE(TestNetwork::run("ip link del va"));
        wait_for(false);
        ASSERT_TRUE(TestNetwork::add_pair("va", "vb"));
        wait_for(true);
    }
    send("vb", 300);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    over = true;
    for (unsigned q = 0; q < tap->queues(); ++q) tap->queue(q).wake();
    for (auto& worker : workers) worker.join();
    uint64_t delivered = 0;
    for (unsigned q = 0; q < tap->queues(); ++q) delivered += tap->queue(q).counts().delivered;
    EXPECT_EQ(delivered, 900U);
    expect_balance(*tap);
}

TEST_F(AfPacketLife, an_interface_that_is_down_is_waited_for) {
    ASSERT_TRUE(TestNetwork::run("ip link set va down"));
    auto bad = open_af_packet({.interfaces = {"va"}, .bpf = "udp prot 53"}, nullptr);
    EXPECT_FALSE(bad) << "a mistake is told at once";
    for (const unsigned queues : {1U, 2U}) {
        notes_.clear();
        auto tap = open({.interfaces = {"va"}, .bpf = "vlan 7", .queues = queues});
        ASSERT_TRUE(tap);
        EXPECT_FALSE(tap->up());
        EXPECT_EQ(notes_, Notes{"interface va is down; waiting for it"});
        ASSERT_TRUE(TestNetwork::run("ip link set va up"));
        read_until(*tap, true);
        EXPECT_EQ(notes_.back(), "interface va is back");
        const FrameSender far("vb");
        ASSERT_TRUE(far.send(UdpFrame{.tags = {0x81, 0, 0, 7}}.bytes()));
        ASSERT_TRUE(far.send(UdpFrame{.tags = {0x81, 0, 0, 8}}.bytes()));
        EXPECT_EQ(read_all(*tap), 1U);
        ASSERT_TRUE(TestNetwork::run("ip link set va down"));
    }
}

TEST_F(AfPacketLife, waiting_for_an_interface_costs_nothing) {
    auto tap = open({.interfaces = {"va"}});
    ASSERT_TRUE(tap);
    ASSERT_TRUE(TestNetwork::run("ip link set va down"));
    read_until(*tap, false);
    engine::FrameBlock block;
    const clock_t before = clock();
    const auto begin = steady_clock::now();
    unsigned turns = 0;
    for (; steady_clock::now() - begin < std::chrono::seconds(1); ++turns) tap->queue(0).next(block, 100);
    EXPECT_LT(turns, 30U);
    EXPECT_LT(clock() - before, CLOCKS_PER_SEC / 10);
}

TEST_F(AfPacketLife, several_interfaces_in_the_order_of_time) {
    ASSERT_TRUE(TestNetwork::add_pair("vc", "vd"));
    auto tap = open({.interfaces = {"va", "vc"}});
    ASSERT_TRUE(tap);
    const FrameSender b("vb"), d("vd");
    for (uint8_t i = 0; i < 200; ++i) ASSERT_TRUE((i % 3 == 0 ? b : d).send(UdpFrame{.fill = i}.bytes()));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const auto seen = collect(tap->queue(0));
    ASSERT_EQ(seen.size(), 200U);
    for (size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].data.back(), i);
        EXPECT_EQ(seen[i].frame.interface_id, i % 3 == 0 ? 0U : 1U);
    }
    // One of them goes: the other is read on.
    ASSERT_TRUE(TestNetwork::run("ip link del va"));
    send("vd", 5);
    EXPECT_EQ(read_all(*tap, 600), 5U);
    EXPECT_TRUE(tap->up());
    EXPECT_EQ(notes_, Notes{"interface va vanished; waiting for it"});
    expect_balance(*tap);
}

TEST_F(AfPacketLife, any_is_all_interfaces_cooked) {
    ASSERT_TRUE(TestNetwork::add_pair("vc", "vd"));
    for (const unsigned queues : {1U, 2U}) {
        auto tap = open(
            {.interfaces = {"any"}, .bpf = "inbound and (udp port 53 or udp port 99)", .queues = queues});
        ASSERT_TRUE(tap);
        send("vb", 10);
        send("vc", 10);
        send("vc", 10, 5353);
        const FrameSender far("vb"), lo("lo");
        ASSERT_TRUE(far.send(UdpFrame{.destination = 99, .tags = {0x81, 0, 0x20, 5}}.bytes()));
        ASSERT_TRUE(lo.send(UdpFrame{}.bytes()));
        size_t udp = 0, tagged = 0;
        for (unsigned q = 0; q < queues; ++q)
            for (const auto& one : collect(tap->queue(q))) {
                ASSERT_EQ(one.frame.link, 113);
                wire::Packet packet;
                wire::decode(wire::LinkType::linux_sll, one.data.data(), one.frame.caplen, one.frame.wirelen,
                             packet);
                EXPECT_EQ(packet.anomaly, wire::Anomaly::none);
                EXPECT_TRUE(packet.is_udp());
                udp += packet.dst_port == 53;
                const FrameData tag = {0x81, 0, 0x20, 5, 8, 0};
                tagged += packet.dst_port == 99 && one.data.substr(14, 6) == tag;
            }
        EXPECT_EQ(udp, 21U);
        EXPECT_EQ(tagged, 1U);
        expect_balance(*tap);
    }
}

// A device whose other end is this test.
class Tun {
public:
    Tun(const std::string& name, short flags) : fd_(::open("/dev/net/tun", O_RDWR | O_CLOEXEC)) {
        ifreq wanted{};
        name.copy(wanted.ifr_name, IFNAMSIZ - 1);
        wanted.ifr_flags = flags;
        if (fd_ < 0 || ioctl(fd_, TUNSETIFF, &wanted) != 0) return;
        ready_ = TestNetwork::run("ip link set " + name + " up");
    }
    Tun(const Tun&) = delete;
    Tun& operator=(const Tun&) = delete;
    ~Tun() { close(fd_); }
    bool ready() const { return ready_; }
    bool write(const FrameData& data) const {
        return ::write(fd_, data.data(), data.size()) == static_cast<ssize_t>(data.size());
    }

private:
    int fd_;
    bool ready_ = false;
};

TEST_F(AfPacketLife, an_interface_without_ethernet_is_cooked) {
    const Tun tun("tun7", IFF_TUN | IFF_NO_PI);
    if (!tun.ready()) GTEST_SKIP() << "no /dev/net/tun";
    auto tap = open({.interfaces = {"tun7"}, .bpf = "udp port 53"});
    ASSERT_TRUE(tap);
    for (const uint16_t port : {uint16_t{53}, uint16_t{54}})
        ASSERT_TRUE(tun.write(UdpFrame{.destination = port}.bytes().substr(14)));
    const auto seen = collect(tap->queue(0));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].frame.link, 113);
    EXPECT_EQ(seen[0].data.substr(16), UdpFrame{}.bytes().substr(14));
    wire::Packet packet;
    wire::decode(wire::LinkType::linux_sll, seen[0].data.data(), seen[0].frame.caplen, seen[0].frame.wirelen,
                 packet);
    EXPECT_EQ(packet.anomaly, wire::Anomaly::none);
    EXPECT_EQ(packet.dst_port, 53);
    const auto bad = open_af_packet({.interfaces = {"tun7"}, .bpf = "ether src 02:00:00:00:00:01"}, nullptr);
    EXPECT_FALSE(bad);
}

// What precedes a frame of a device that cuts and joins frames (virtio, section 5.1.6; its header is not
// C++).
struct OffloadHeader {
    uint8_t flags, kind;
    uint16_t header_bytes, part_bytes, checksum_start, checksum_offset;
};
constexpr uint8_t needs_checksum = 1, tcp_v4 = 1, udp_fragments = 3;

// A frame with what a network card says of one that it did not cut, or joined.
FrameData offloaded(uint8_t kind, size_t payload, uint16_t part) {
    UdpFrame udp{.payload = payload + 12}; // 8 + 12 bytes of header become those of TCP
    FrameData frame = udp.bytes();
    if (kind == tcp_v4) {
        frame[14 + 9] = 6;
        frame[14 + 20 + 12] = 0x50;
        frame[14 + 20 + 13] = 0x10;
    }
    const OffloadHeader head{needs_checksum, kind, 54,
                             part,           34,   static_cast<uint16_t>(kind == tcp_v4 ? 16 : 6)};
    return FrameData(reinterpret_cast<const uint8_t*>(&head), sizeof head) + frame;
}

TEST_F(AfPacketLife, joined_frames_are_seen_whole_and_counted) {
    const Tun card("tap7", IFF_TAP | IFF_NO_PI | IFF_VNET_HDR);
    if (!card.ready()) GTEST_SKIP() << "no /dev/net/tun";
    auto tap = open({.interfaces = {"tap7"}});
    ASSERT_TRUE(tap);
    const auto tcp = offloaded(tcp_v4, 14601, 1460);
    const auto udp = offloaded(udp_fragments, 4000, 1480);
    ASSERT_TRUE(card.write(tcp));
    ASSERT_TRUE(card.write(FrameData(sizeof(OffloadHeader), 0) + UdpFrame{}.bytes()));
    auto seen = collect(tap->queue(0));
    ASSERT_EQ(seen.size(), 2U);
    EXPECT_EQ(seen[0].data, tcp.substr(sizeof(OffloadHeader)));
    auto counts = tap->queue(0).counts();
    EXPECT_EQ(counts.offloaded, 1U);
    EXPECT_EQ(counts.offloaded_parts, 11U);
    ASSERT_TRUE(card.write(udp));
    seen = collect(tap->queue(0));
    ASSERT_EQ(seen.size(), 1U);
    EXPECT_EQ(seen[0].data.size() + sizeof(OffloadHeader), udp.size());
    counts = tap->queue(0).counts();
    EXPECT_EQ(counts.offloaded, 2U);
    EXPECT_EQ(counts.dropped_ring, 0U);
}

TEST_F(AfPacketLife, wake_ends_the_wait) {
    auto tap = open({.interfaces = {"va"}});
    ASSERT_TRUE(tap);
    const auto begin = steady_clock::now();
    std::thread waker([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        tap->queue(0).wake();
    });
    engine::FrameBlock block;
    tap->queue(0).next(block, 20000);
    waker.join();
    EXPECT_EQ(block.count, 0U);
    EXPECT_LT(steady_clock::now() - begin, std::chrono::seconds(5));
    tap->queue(0).next(block, 5);
    EXPECT_EQ(block.count, 0U);
}

TEST_F(AfPacketLife, mistakes_are_told) {
    const auto error_of = [](const AfPacketConfig& config) {
        const auto tap = open_af_packet(config, nullptr);
        return tap ? std::string() : tap.error();
    };
    EXPECT_EQ(error_of({.interfaces = {"vz"}}), "interface 'vz' not found; available interfaces: lo, vb, va");
    EXPECT_EQ(error_of({.interfaces = {"va"}, .bpf = "udp prot 53"}).rfind("filter 'udp prot 53': ", 0), 0U);
    EXPECT_EQ(error_of({.interfaces = {"va"}, .queues = 65}), "queues must be 1 to 64, not 65");
    EXPECT_EQ(error_of({.interfaces = {"va"}, .queues = 0}), "queues must be 1 to 64, not 0");
    EXPECT_EQ(error_of({}), "no interface to capture on");
}

void keep_capabilities(uint64_t kept) {
    __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    for (int i = 0; i < 2; ++i) {
        data[i].effective = data[i].permitted = static_cast<uint32_t>(kept >> (32 * i));
        data[i].inheritable = 0;
    }
    if (syscall(SYS_capset, &head, data) != 0) _exit(9);
}

// Runs in a process of its own, which gives up all other capabilities: its exit status.
int with_capabilities(uint64_t kept, const std::function<int()>& body) {
    const pid_t child = fork();
    if (child == 0) {
        keep_capabilities(kept);
        _exit(body());
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(AfPacketLife, cap_net_raw_is_enough_promiscuous_included) {
    const int status = with_capabilities(uint64_t{1} << CAP_NET_RAW, [] {
        auto tap = open_af_packet({.interfaces = {"va"},
                                   .bpf = "udp port 53",
                                   .queues = 2,
                                   .ring_bytes = 4 << 20,
                                   .promiscuous = true},
                                  nullptr);
        if (!tap) return 1;
        send("vb", 8);
        return read_all(**tap) == 8 ? 0 : 2;
    });
    EXPECT_EQ(status, 0);
}

TEST_F(AfPacketLife, without_the_right_the_command_is_told) {
    const int status = with_capabilities(0, [] {
        const auto tap = open_af_packet({.interfaces = {"va"}}, nullptr);
        if (tap) return 1;
        char self[4096];
        const auto length = readlink("/proc/self/exe", self, sizeof self);
        const std::string expected = "no permission to capture on va: run as root, or once: sudo setcap "
                                     "cap_net_raw+ep " +
                                     std::string(self, static_cast<size_t>(length));
        return tap.error() == expected ? 0 : 2;
    });
    EXPECT_EQ(status, 0);
}

} // namespace
} // namespace visor::taps
