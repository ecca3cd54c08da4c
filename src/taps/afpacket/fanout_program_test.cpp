#include "taps/afpacket/fanout_program.hpp"

#include "engine/test_network.hpp"
#include "taps/afpacket/af_packet.hpp"

#include <array>
#include <map>
#include <optional>

namespace visor::taps {
namespace {

using namespace engine::test;

constexpr unsigned queues = 2, pairs = 40;

// Ethernet with these tags, and an IP packet between two addresses of the 10.9 or fd09 network.
struct Packet {
    uint8_t from = 1, to = 2;
    uint16_t source = 40000, destination = 53;
    uint8_t protocol = IPPROTO_UDP;
    bool fragment = false; // not the first one
    bool options = false;
    FrameData tags = {}; // with their types; what follows them has none of its own then
    bool typed = true;
    uint8_t group = 0; // frames that belong together, told from others

    FrameData addresses(size_t bytes) const {
        FrameData both;
        for (const uint8_t last : {from, to}) {
            both += FrameData(bytes == 4 ? FrameData{10, 9, 0} : FrameData{0xfd, 9});
            both.resize(both.size() + (bytes == 4 ? 0 : 13), 0);
            both.push_back(last);
        }
        return both;
    }
    FrameData link(unsigned type) const {
        FrameData out = {2, 0, 0, 0, 0, to, 2, 0, 0, 0, group, from};
        out += tags;
        if (typed) put_be16(out, type);
        return out;
    }
    void add_payload(FrameData& out) const {
        put_be16(out, source);
        put_be16(out, destination);
        put_be16(out, 28);
        put_be16(out, 0);
        out.resize(out.size() + 20, 0);
    }
    FrameData v4() const {
        FrameData out = link(ETH_P_IP);
        const size_t header = options ? 24 : 20;
        out += {static_cast<uint8_t>(0x40 + header / 4), 0, 0, static_cast<uint8_t>(header + 28), 0, 1};
        out += {static_cast<uint8_t>(0), static_cast<uint8_t>(fragment ? 4 : 0), 64, protocol, 0, 0};
        out += addresses(4);
        if (options) out += {1, 1, 1, 0};
        add_payload(out);
        return out;
    }
    FrameData v6() const {
        FrameData out = link(ETH_P_IPV6);
        out += {0x60, 0, 0, 0, 0, static_cast<uint8_t>(fragment ? 36 : 28)};
        out += {fragment ? static_cast<uint8_t>(44) : protocol, 64};
        out += addresses(16);
        if (fragment) out += {protocol, 0, 0, 9, 0, 0, 0, 1};
        add_payload(out);
        return out;
    }
};

Packet reversed(Packet packet) {
    std::swap(packet.from, packet.to);
    std::swap(packet.source, packet.destination);
    return packet;
}

class Fanout : public testing::Test {
protected:
    void SetUp() override {
        if (!network_.ready()) GTEST_SKIP() << "needs root and network namespaces";
        ASSERT_TRUE(TestNetwork::add_pair("va", "vb"));
        auto tap = open_af_packet({.interfaces = {"va"}, .queues = queues, .ring_bytes = 8 << 20},
                                  [](engine::TapEvent, const std::string&) {});
        ASSERT_TRUE(tap) << tap.error();
        tap_ = std::move(*tap);
        near_.emplace("va");
        far_.emplace("vb");
    }
    // Sent to the interface, or by it.
    void arrive(const FrameData& frame) { ASSERT_TRUE(far_->send(frame)); }
    void leave(const FrameData& frame) { ASSERT_TRUE(near_->send(frame)); }
    // How many frames came to each queue since the last call.
    std::array<size_t, queues> came() {
        std::array<size_t, queues> counts{};
        for (unsigned q = 0; q < queues; ++q) {
            const auto seen = collect(tap_->queue(q), 60);
            counts.at(q) = seen.size();
            for (const auto& one : seen) ++groups_[one.data[10]].at(q);
        }
        return counts;
    }
    static void expect_spread(const std::array<size_t, queues>& counts, size_t total) {
        EXPECT_EQ(counts[0] + counts[1], total);
        EXPECT_GT(counts[0], total / 5);
        EXPECT_GT(counts[1], total / 5);
    }
    // All frames of each group came to one queue, and not always to the same.
    void expect_together(size_t groups, size_t frames) {
        groups_.clear();
        expect_spread(came(), groups * frames);
        EXPECT_EQ(groups_.size(), groups);
        for (const auto& [group, counts] : groups_)
            EXPECT_EQ(std::max(counts[0], counts[1]), frames) << unsigned{group};
    }

    std::map<uint8_t, std::array<size_t, queues>> groups_;
    TestNetwork network_;
    std::unique_ptr<engine::LiveTap> tap_;
    std::optional<FrameSender> near_, far_;
};

const std::map<const char*, Packet>& kinds_of_link() {
    static const std::map<const char*, Packet> kinds{
        {"plain", {}},
        {"tag", {.tags = {0x81, 0, 0, 100}}},
        {"two tags", {.tags = {0x88, 0xa8, 0, 7, 0x81, 0, 0, 100}}},
        {"tag like an IP header", {.tags = {0x81, 0, 0x40, 100}}},
    };
    return kinds;
}

TEST_F(Fanout, dns_of_two_addresses_with_fragments_comes_to_one_queue) {
    for (const auto& [name, link] : kinds_of_link())
        for (const bool v6 : {false, true}) {
            SCOPED_TRACE(std::string(name) + (v6 ? " v6" : " v4"));
            for (uint8_t host = 10; host < 10 + pairs; ++host) {
                Packet query = link;
                query.from = query.group = host;
                query.source = static_cast<uint16_t>(50000 + host * 7);
                Packet rest = reversed(query), other = query, tcp = query;
                rest.fragment = true;
                rest.source = 0x1234, rest.destination = 0x5678; // what a fragment has there
                other.source = 1024;
                tcp.protocol = IPPROTO_TCP;
                for (const Packet& one : {query, other, tcp}) arrive(v6 ? one.v6() : one.v4());
                for (const Packet& one : {reversed(query), rest}) leave(v6 ? one.v6() : one.v4());
            }
            expect_together(pairs, 5);
        }
}

TEST_F(Fanout, flows_of_two_addresses_are_spread_by_port_both_directions_together) {
    for (const auto& [name, link] : kinds_of_link())
        for (const uint8_t protocol : {uint8_t{IPPROTO_UDP}, uint8_t{IPPROTO_TCP}})
            for (const bool v6 : {false, true}) {
                SCOPED_TRACE(std::string(name) + (v6 ? " v6" : " v4"));
                for (unsigned flow = 0; flow < pairs; ++flow) {
                    Packet there = link;
                    there.protocol = protocol;
                    there.destination = 443;
                    there.source = static_cast<uint16_t>(40000 + flow);
                    there.options = flow % 2 != 0;
                    there.group = static_cast<uint8_t>(flow);
                    arrive(v6 ? there.v6() : there.v4());
                    leave(v6 ? reversed(there).v6() : reversed(there).v4());
                }
                expect_together(pairs, 2);
            }
}

TEST_F(Fanout, what_is_below_labels_and_sessions_is_spread) {
    const std::map<const char*, FrameData> below{
        {"mpls", {0x88, 0x47, 0, 0, 0x11, 64}},
        {"mpls, two labels", {0x88, 0x47, 0, 0, 0x10, 64, 0, 0, 0x21, 64}},
        {"pppoe", {0x88, 0x64, 0x11, 0, 0, 7, 0, 50, 0, 0x21}},
    };
    for (const auto& [name, tags] : below) {
        SCOPED_TRACE(name);
        for (uint8_t host = 10; host < 10 + pairs; ++host)
            arrive(Packet{.from = host, .tags = tags, .typed = false}.v4());
        expect_spread(came(), pairs);
    }
}

TEST_F(Fanout, all_dhcp_comes_to_one_queue) {
    for (uint8_t host = 10; host < 10 + pairs; ++host)
        for (const uint16_t server : {uint16_t{67}, uint16_t{547}}) {
            const Packet asks{
                .from = host, .source = static_cast<uint16_t>(server + 1), .destination = server};
            arrive(server == 67 ? asks.v4() : asks.v6());
        }
    const auto counts = came();
    EXPECT_EQ(std::max(counts[0], counts[1]), 2 * pairs);
}

TEST_F(Fanout, what_is_no_ip_or_cut_short_is_not_lost) {
    Packet packet;
    const FrameData whole = packet.v4();
    for (size_t bytes = 15; bytes < 42; ++bytes) arrive(whole.substr(0, bytes));
    FrameData arp = packet.link(ETH_P_ARP);
    arp.resize(60, 1);
    arrive(arp);
    const auto counts = came();
    EXPECT_EQ(counts[0] + counts[1], 28U);
}

TEST(FanoutProgram, jumps_reach) {
    for (const bool cooked : {false, true}) EXPECT_LT(fanout_program(cooked, 1).size(), 256U);
}

} // namespace
} // namespace visor::taps
