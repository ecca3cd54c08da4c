#include "engine/host_guess.hpp"

#include <array>
#include <deque>
#include <gtest/gtest.h>
#include <random>

namespace visor::engine {
namespace {

// Packets between addresses given as text, in the order they were added.
class Traffic {
public:
    void add(const std::string& src, const std::string& dst, uint16_t src_port = 0, uint16_t dst_port = 0) {
        const auto from = *IpAddress::parse(src), to = *IpAddress::parse(dst);
        auto& bytes = kept_.emplace_back();
        wire::Packet packet;
        packet.ip_version = from.is_v4() ? 4 : 6;
        const size_t skip = 16 - packet.ip_len();
        std::copy(from.bytes.begin() + static_cast<ptrdiff_t>(skip), from.bytes.end(), bytes.begin());
        std::copy(to.bytes.begin() + static_cast<ptrdiff_t>(skip), to.bytes.end(),
                  bytes.begin() + static_cast<ptrdiff_t>(packet.ip_len()));
        packet.addresses = bytes.data();
        packet.flags = wire::packet_flag::has_addresses;
        packet.src_port = src_port, packet.dst_port = dst_port;
        packets_.push_back(packet);
    }
    std::string guess(size_t block = 1024) const {
        HostGuess guess;
        for (size_t i = 0; i < packets_.size(); i += block)
            guess.observe(std::span(packets_).subspan(i, std::min(block, packets_.size() - i)));
        return guess.host_spec();
    }
    std::vector<wire::Packet>& packets() { return packets_; }

private:
    std::deque<std::array<uint8_t, 32>> kept_;
    std::vector<wire::Packet> packets_;
};

std::string v4(unsigned a, unsigned b, unsigned c, unsigned d) {
    return std::to_string(a) + "." + std::to_string(b) + "." + std::to_string(c) + "." + std::to_string(d);
}

TEST(HostGuess, NothingFromNothing) {
    EXPECT_EQ(Traffic().guess(), "");
    Traffic no_ip;
    no_ip.packets().resize(100);
    EXPECT_EQ(no_ip.guess(), "");
}

TEST(HostGuess, TheOneThatTalksToMany) {
    Traffic t;
    for (unsigned i = 0; i < 200; ++i) {
        t.add(v4(203, 0, 113, i), "192.0.2.53", 40000, 53);
        t.add("192.0.2.53", v4(203, 0, 113, i), 53, 40000);
    }
    EXPECT_EQ(t.guess(), "192.0.2.53/32");
}

TEST(HostGuess, SixtyPercentAreEnoughAndLessAreNot) {
    for (const auto& [mine, expected] : {std::pair(60U, "192.0.2.53/32"), std::pair(59U, "")}) {
        Traffic t;
        for (unsigned i = 0; i < 100; ++i)
            t.add(v4(198, 51, 100, i), i < mine ? "192.0.2.53" : v4(203, 0, 113, i));
        EXPECT_EQ(t.guess(), expected) << mine;
    }
}

TEST(HostGuess, OfTwoThePrivateOne) {
    Traffic t;
    for (unsigned i = 0; i < 10; ++i) {
        t.add("8.8.8.8", "192.168.0.54", 60000, 53); // though the other one has the client's ports
        t.add("192.168.0.54", "8.8.8.8", 53, 60000);
    }
    EXPECT_EQ(t.guess(), "192.168.0.54/32");
}

TEST(HostGuess, OfTwoAlikeTheClient) {
    Traffic t;
    t.add("10.0.0.1", "10.0.0.2", 53, 40000);
    t.add("10.0.0.2", "10.0.0.1", 40000, 53);
    EXPECT_EQ(t.guess(), "10.0.0.2/32");
    Traffic public_ones;
    public_ones.add("2001:db8::1", "2001:db8::2", 50000, 443);
    EXPECT_EQ(public_ones.guess(), "2001:db8::1/128");
}

TEST(HostGuess, BothFamilies) {
    Traffic t;
    for (unsigned i = 0; i < 50; ++i) {
        t.add("192.0.2.1", v4(198, 51, 100, i));
        t.add("2001:db8::1", "2001:db8:1::" + std::to_string(i));
    }
    EXPECT_EQ(t.guess(), "192.0.2.1/32,2001:db8::1/128");
}

TEST(HostGuess, GroupsAreNobody) {
    Traffic t;
    t.add("192.0.2.1", "198.51.100.1");
    t.add("192.0.2.1", "198.51.100.2");
    for (unsigned i = 1; i < 100; ++i) {
        t.add(v4(203, 0, 113, i), "224.0.0.251");
        t.add(v4(203, 0, 113, i), "255.255.255.255");
        t.add("0.0.0.0", "255.255.255.255");
        t.add("fe80::" + std::to_string(i), "ff02::fb");
    }
    EXPECT_EQ(t.guess(), "192.0.2.1/32");
}

TEST(HostGuess, PrivateNetworkAsNarrowAsItMayBe) {
    const auto office = [](unsigned third) {
        Traffic t;
        for (unsigned i = 0; i < 200; ++i)
            t.add(v4(10, 1, third ? i % third : 7, i), v4(198, 51, 100 + i % 7, i), 40000, 443);
        return t.guess();
    };
    EXPECT_EQ(office(0), "10.1.7.0/24");
    EXPECT_EQ(office(4), "10.1.0.0/16");
    Traffic wide;
    for (unsigned i = 0; i < 200; ++i) wide.add(v4(172, 16 + i % 16, i, 1), v4(198, 51, 100 + i % 7, i));
    EXPECT_EQ(wide.guess(), "172.16.0.0/12");
}

TEST(HostGuess, ManyAddressesOfOneV6Network) {
    Traffic t;
    for (unsigned i = 0; i < 100; ++i)
        t.add("2001:db8::" + std::to_string(i), "2001:db8:" + std::to_string(i + 1) + "::1");
    EXPECT_EQ(t.guess(), "2001:db8::/64");
    Traffic local;
    for (unsigned i = 0; i < 100; ++i)
        local.add("fd00:0:0:" + std::to_string(i) + "::1", "2001:db8:" + std::to_string(i) + "::1");
    EXPECT_EQ(local.guess(), "fc00::/7");
}

TEST(HostGuess, SpeaksForTheWholeCaptureHoweverLongAndCut) {
    Traffic t;
    std::minstd_rand random(1);
    for (unsigned i = 0; i < 200'000; ++i) { // the first quarter is another host's
        const std::string peer = v4(198, 51, static_cast<unsigned>(random()) % 200, i % 200);
        t.add(i < 50'000 ? "192.0.2.9" : "192.0.2.1", peer, 40000, 443);
    }
    EXPECT_EQ(t.guess(1024), "192.0.2.1/32");
    EXPECT_EQ(t.guess(1), "192.0.2.1/32");
    EXPECT_EQ(t.guess(77'777), "192.0.2.1/32");
}

// A regular sample would see only every 1024th packet's host.
TEST(HostGuess, IsNotFooledByTrafficThatRepeats) {
    Traffic t;
    for (unsigned i = 0; i < 400'000; ++i)
        t.add(i % 16 ? "192.0.2.1" : "192.0.2.2", v4(198, 51, 100, i % 200));
    EXPECT_EQ(t.guess(), "192.0.2.1/32");
}

} // namespace
} // namespace visor::engine
