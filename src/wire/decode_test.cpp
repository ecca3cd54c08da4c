// The straight line of decode_plain() against the layers: whatever it takes, it says the same of it.
#include "wire/decode.hpp"

#include "wire/test_frames.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace visor::wire {
namespace {
using namespace test;

constexpr unsigned ip4_type = 0x0800, ip6_type = 0x86dd, vlan_type = 0x8100;
const Raw some = text("twenty bytes of data");

Raw vlan(unsigned type, const Raw& payload) {
    return be16(5) + be16(type) + payload;
}
Raw with16(Raw frame, size_t at, unsigned value) {
    frame[at] = static_cast<uint8_t>(value >> 8);
    frame[at + 1] = static_cast<uint8_t>(value);
    return frame;
}

// A packet of which every field that is to be filled holds what no frame gives.
Packet unfilled(uint8_t garbage) {
    Packet p;
    std::memset(static_cast<void*>(&p), garbage, sizeof p);
    p.ts_ns = 7;
    p.flow_hash = 8;
    p.direction = Direction::out;
    return p;
}

// Whether the frame's first caplen bytes are plain; then, that the layers say the same.
bool agree(const Raw& frame, size_t caplen, uint32_t wirelen) {
    const auto exact = std::make_unique<uint8_t[]>(caplen); // one byte too far is seen by a sanitizer
    std::copy_n(frame.data(), caplen, exact.get());
    const auto size = static_cast<uint32_t>(caplen);
    Packet plain = unfilled(0xa5), layers = unfilled(0x5a), either = unfilled(0x3c);
    const bool taken = decode_plain(exact.get(), size, wirelen, plain);
    decode_layers(LinkType::ethernet, exact.get(), size, wirelen, layers);
    decode(LinkType::ethernet, exact.get(), size, wirelen, either);
    EXPECT_EQ(fields(either), fields(layers)) << "captured " << caplen << " of " << wirelen;
    if (taken) {
        EXPECT_EQ(fields(plain), fields(layers)) << "captured " << caplen << " of " << wirelen;
    }
    return taken;
}

// The frame cut at every byte, with what was on the wire said truly, wrongly, or not to be more.
void agree_when_cut(const Raw& frame) {
    const auto whole = static_cast<uint32_t>(frame.size());
    for (uint32_t caplen = 0; caplen <= whole; ++caplen)
        for (const uint32_t wirelen : {whole, caplen, caplen + 1, caplen - std::min(caplen, 1U), 0xffffffffU})
            agree(frame, caplen, wirelen);
}

struct Sample {
    const char* what;
    Raw frame;
    bool plain;
};

// Offsets: 14 IP header, 34 layer 4 header of IPv4; 54 that of IPv6.
std::vector<Sample> samples() {
    const Raw udp4 = ether(ip4_type, ip4(udp(some))), udp6 = ether(ip6_type, ip6(udp(some)));
    const Raw tcp4 = ether(ip4_type, ip4(tcp(some), {.proto = 6}));
    const Raw tcp6 = ether(ip6_type, ip6(tcp(some), 6));
    const Raw long_tcp = tcp(Raw(40, 1) + some, tcp_flag::ack, 15);
    return {
        {"UDP, IPv4", udp4, true},
        {"UDP, IPv6", udp6, true},
        {"TCP, IPv4", tcp4, true},
        {"TCP, IPv6", tcp6, true},
        {"trailer", udp4 + Raw(13, 0xaa), true},
        {"trailer, IPv6", tcp6 + Raw(13, 0xaa), true},
        {"nothing in UDP, padding", ether(ip4_type, ip4(udp({}))) + Raw(18, 0), true},
        {"nothing in UDP", ether(ip4_type, ip4(udp({}))), false}, // 42 bytes: fewer than are asked for
        {"VLAN", ether(vlan_type, vlan(ip4_type, ip4(udp(some)))), true},
        {"VLAN, IPv6", ether(vlan_type, vlan(ip6_type, ip6(tcp(some), 6))), true},
        {"VLAN, nothing in UDP", ether(vlan_type, vlan(ip4_type, ip4(udp({})))), true},
        {"two VLANs", ether(vlan_type, vlan(vlan_type, vlan(ip4_type, ip4(udp(some))))), false},
        {"QinQ", ether(0x88a8, vlan(vlan_type, vlan(ip4_type, ip4(udp(some))))), false},
        {"VLAN, length", ether(vlan_type, vlan(30, Raw{0xaa, 0xaa, 3, 0, 0, 0, 8, 0} + ip4(udp(some)))),
         false},
        {"length", ether(30, Raw{0xaa, 0xaa, 3, 0, 0, 0, 8, 0} + ip4(udp(some))), false},
        {"ARP", ether(0x0806, Raw(46, 1)), false},
        {"MPLS", ether(0x8847, Raw{0, 0, 0x11, 64} + ip4(udp(some))), false},
        {"IPv4 options", ether(ip4_type, ip4(udp(some), {.options = Raw(4, 1)})), false},
        {"header of 16 bytes", ether(ip4_type, ip4(udp(some), {.first = 0x44})), false},
        {"IPv6 as IPv4", ether(ip4_type, ip6(udp(some))), false},
        {"IPv4 as IPv6", ether(ip6_type, ip4(udp(some)) + Raw(20, 0)), false},
        {"first fragment", ether(ip4_type, ip4(udp(some), {.fragment = 0x2000})), false},
        {"later fragment", ether(ip4_type, ip4(udp(some), {.fragment = 0x0003})), false},
        {"don't fragment", ether(ip4_type, ip4(udp(some), {.fragment = 0x4000})), true},
        {"reserved flag", ether(ip4_type, ip4(udp(some), {.fragment = 0x8000})), true},
        {"ICMP", ether(ip4_type, ip4(Raw(20, 8), {.proto = 1})), false},
        {"SCTP", ether(ip4_type, ip4(Raw(20, 8), {.proto = 132})), false},
        {"TCP options", ether(ip4_type, ip4(long_tcp, {.proto = 6})), true},
        {"TCP options, IPv6", ether(ip6_type, ip6(long_tcp, 6)), true},
        {"TCP header of 16 bytes", ether(ip4_type, ip4(tcp(some, 2, 4), {.proto = 6})), false},
        {"TCP header past the end", ether(ip4_type, ip4(tcp(some, 2, 15), {.proto = 6})), false},
        {"TCP header past the end, in the trailer",
         ether(ip4_type, ip4(tcp(some, 2, 15), {.proto = 6})) + Raw(60, 0), false},
        {"hop-by-hop options", ether(ip6_type, ip6(Raw{17, 0, 1, 4, 0, 0, 0, 0} + udp(some), 0)), false},
        {"IPv6 fragment", ether(ip6_type, ip6(Raw{17, 0, 0, 1, 0, 0, 0, 9} + udp(some), 44)), false},
        {"no next header", ether(ip6_type, ip6(udp(some), 59)), false},
    };
}

TEST(DecodePlain, TakesWhatIsPlainAndSaysTheSame) {
    for (const Sample& sample : samples()) {
        SCOPED_TRACE(sample.what);
        EXPECT_EQ(agree(sample.frame, sample.frame.size(), static_cast<uint32_t>(sample.frame.size())),
                  sample.plain);
    }
}

TEST(DecodePlain, CutAtEveryByte) {
    for (const Sample& sample : samples()) {
        SCOPED_TRACE(sample.what);
        agree_when_cut(sample.frame);
        if (HasFailure()) return;
    }
}

TEST(DecodePlain, EveryValueOfEveryByteOfTheHeaders) {
    size_t plain = 0;
    for (const Sample& sample : samples()) {
        Raw frame = sample.frame;
        const auto size = static_cast<uint32_t>(frame.size());
        for (size_t at = 12; at < std::min<size_t>(size, 80); ++at) {
            const uint8_t was = frame[at];
            for (unsigned value = 0; value < 256; ++value) {
                frame[at] = static_cast<uint8_t>(value);
                plain += agree(frame, size, size);
                plain += agree(frame, size - 1, size);
                if (HasFailure()) FAIL() << sample.what << ", byte " << at << " is " << value;
            }
            frame[at] = was;
        }
    }
    EXPECT_GT(plain, 100'000u); // most bytes leave a plain frame plain
}

TEST(DecodePlain, LengthsThatAreTooSmallOrTooLarge) {
    const Raw udp4 = ether(ip4_type, ip4(udp(some))) + Raw(20, 0xee);
    const Raw tcp4 = ether(ip4_type, ip4(tcp(some), {.proto = 6})) + Raw(20, 0xee);
    const Raw udp6 = ether(ip6_type, ip6(udp(some))) + Raw(20, 0xee);
    const Raw tcp6 = ether(ip6_type, ip6(tcp(some), 6)) + Raw(20, 0xee);
    for (unsigned length = 0; length < 100; ++length) {
        SCOPED_TRACE(length);
        for (const Raw& frame : {udp4, tcp4}) agree_when_cut(with16(frame, 16, length));
        for (const Raw& frame : {udp6, tcp6}) agree_when_cut(with16(frame, 18, length));
        agree_when_cut(with16(udp4, 38, length));
        agree_when_cut(with16(udp6, 58, length));
        if (HasFailure()) return;
    }
    for (const unsigned length : {1000U, 0x8000U, 0xffffU}) {
        for (const Raw& frame : {udp4, tcp4}) agree_when_cut(with16(frame, 16, length));
        for (const Raw& frame : {udp6, tcp6}) agree_when_cut(with16(frame, 18, length));
        agree_when_cut(with16(udp4, 38, length));
        agree_when_cut(with16(udp6, 58, length));
    }
}

TEST(DecodePlain, PayloadEndsWhereTheShortestLengthSays) {
    const Raw frame = ether(ip4_type, ip4(udp(some))) + Raw(20, 0xee);
    const auto payload = [&](const Raw& f) { return decoded(f).payload_len; };
    EXPECT_EQ(payload(frame), 20u);
    EXPECT_EQ(payload(with16(frame, 38, 8)), 0u);
    EXPECT_EQ(payload(with16(frame, 38, 9)), 1u);
    EXPECT_EQ(payload(with16(frame, 38, 0xffff)), 20u);
    EXPECT_EQ(payload(with16(frame, 16, 40)), 12u);
    EXPECT_EQ(payload(with16(frame, 16, 0xffff)), 20u);
    EXPECT_EQ(payload(with16(with16(frame, 16, 0xffff), 38, 0xffff)), 40u);
}

TEST(DecodePlain, WhatItLeavesIsNothingOfItsOwn) {
    // Refused only after much of the packet was written.
    const Raw frame = with16(ether(ip4_type, ip4(udp(some))), 38, 7);
    Packet p = unfilled(0xa5);
    ASSERT_FALSE(decode_plain(frame.data(), static_cast<uint32_t>(frame.size()), 62, p));
    decode(LinkType::ethernet, frame.data(), static_cast<uint32_t>(frame.size()), 62, p);
    EXPECT_EQ(p.anomaly, Anomaly::bad_l4_length);
    EXPECT_EQ(p.payload, 0);
    EXPECT_EQ(p.tcp_flags, 0);
}

} // namespace
} // namespace visor::wire
