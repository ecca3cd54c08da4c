#include "wire/link.hpp"

#include "wire/test_frames.hpp"

#include <gtest/gtest.h>

namespace visor::wire {
namespace {
using namespace test;

const Raw v4 = ip4(udp(text("hello")));
const Raw v6 = ip6(udp(text("hello")));

Raw pppoe(const Raw& payload) {
    return Raw{0x11, 0, 0, 1} + be16(static_cast<unsigned>(payload.size())) + payload;
}
Raw label(uint32_t number, bool bottom = true) {
    return be32(number << 12 | (bottom ? 0x100 : 0) | 64);
}
Raw length_frame(const Raw& payload) {
    return ether(static_cast<unsigned>(payload.size()), payload);
}
const Raw snap{0xaa, 0xaa, 3, 0, 0, 0};

int version(const Raw& frame, LinkType link = LinkType::ethernet) {
    const Packet p = decoded(frame, link);
    if (p.ip_version != 0) {
        EXPECT_TRUE(p.is_udp());
        EXPECT_EQ(p.payload_len, 5u);
        EXPECT_EQ(p.anomaly, Anomaly::none);
    }
    return p.ip_version;
}

TEST(Link, HeadersBetweenEthernetAndIp) {
    const Raw inner = ether(0x0800, v4), type = be16(0x0800);
    EXPECT_EQ(version(ether(0x88e5, Raw{0, 0, 0, 0, 0, 1} + type + v4 + Raw(16, 9))), 4); // MACsec
    EXPECT_EQ(version(ether(0x88e5, Raw{0x20, 0, 0, 0, 0, 1} + Raw(8, 1) + type + v4 + Raw(16, 9))), 4);
    EXPECT_EQ(version(ether(0x88e5, Raw{0x0c, 0, 0, 0, 0, 1} + type + v4 + Raw(16, 9))), 0); // encrypted
    EXPECT_EQ(version(ether(0x88e5, Raw{0, 35, 0, 0, 0, 1} + type + v4 + Raw(30, 9))), 4);
    EXPECT_EQ(version(ether(0x894f, Raw{0, 2, 2, 1} + Raw(4, 0) + v4)), 4); // service header
    EXPECT_EQ(version(ether(0x894f, Raw{0, 3, 2, 2} + Raw(8, 0) + v6)), 6);
    EXPECT_EQ(version(ether(0x894f, Raw{0, 2, 2, 3} + Raw(4, 0) + inner)), 4);
    EXPECT_EQ(version(ether(0xd28b, Raw{0, 1, 0, 0x10} + Raw(8, 0) + type + v4)), 4); // Arista
    EXPECT_EQ(version(ether(0xd28b, Raw{0, 1, 1, 0x20} + Raw(6, 0) + type + v4)), 4);
    EXPECT_EQ(version(ether(0x892f, Raw(4, 0) + type + v4)), 4);                        // HSR
    EXPECT_EQ(version(ether(0x8909, Raw(6, 1) + type + v4)), 4);                        // Cisco
    EXPECT_EQ(version(ether(0x88e7, Raw(4, 0) + inner)), 4);                            // 802.1ah
    EXPECT_EQ(version(ether(0x8903, Raw(2, 0) + inner)), 4);                            // FabricPath
    EXPECT_EQ(version(ether(0x22f3, Raw{0, 0x50} + Raw(4, 0) + Raw(4, 0) + inner)), 4); // TRILL
    EXPECT_EQ(version(ether(0x893f, Raw(6, 1) + type + v4)), 4);                        // port extender
    EXPECT_EQ(version(ether(0x8926, Raw(4, 0xc0) + be16(0x86dd) + v6)), 6);             // VN-TAG
    EXPECT_EQ(
        version(ether(0x8926, Raw(4, 0) + be16(8 + static_cast<unsigned>(v4.size())) + snap + type + v4)), 4);
    EXPECT_EQ(version(ether(0xf1c1, Raw(4, 0) + be16(0x8100) + be16(5) + type + v4)), 4); // 802.1CB
    EXPECT_EQ(version(ether(0x8870, Raw{0xaa, 0xaa, 3, 0, 0, 0} + type + v4)), 4);        // jumbo LLC
    EXPECT_EQ(version(Raw{1, 2} + Raw(22, 0) + v4, LinkType::ipnet), 4);
    EXPECT_EQ(version(Raw{1, 26} + Raw(22, 0) + v6, LinkType::ipnet), 6);
}

TEST(Link, InterSwitchLink) {
    const auto isl = [](uint8_t first, uint8_t kind, unsigned length, const Raw& frame) {
        return Raw{first, 0, 0xc, 0, 0, kind} + Raw(6, 7) + be16(length) + Raw{0xaa, 0xaa, 3} + Raw(9, 0) +
               frame;
    };
    const Raw inner = ether(0x0800, v4);
    EXPECT_EQ(version(isl(1, 0, 100, inner)), 4);
    EXPECT_EQ(version(isl(0x0c, 7, 100, inner)), 4) << "priority";
    EXPECT_EQ(version(isl(3, 0, 100, inner)), 0);
    EXPECT_EQ(version(isl(1, 0x10, 100, inner)), 0) << "Token Ring";
    EXPECT_EQ(decoded(isl(1, 0, 46, inner)).payload_len, 0u) << "the length ends the frame";
    Raw nested = inner;
    for (int i = 0; i < 100; ++i) nested = isl(1, 0, 1500, nested);
    EXPECT_EQ(decoded(nested).ip_version, 0);
    for (size_t size = 14; size < 40; ++size)
        EXPECT_EQ(decoded(Raw(nested.begin(), nested.begin() + static_cast<ptrdiff_t>(size))).ip_version, 0);
}

TEST(Link, SixLowPan) {
    EXPECT_EQ(version(ether(0xa0ed, Raw{0x41} + v6)), 6);
    EXPECT_EQ(version(ether(0xa0ed, Raw{0x41} + v4)), 0);
    EXPECT_EQ(version(ether(0xa0ed, Raw{0x7a, 0x33} + Raw(30, 0))), 0) << "compressed";
}

TEST(Link, Batman) {
    const auto mesh = [](uint8_t type, uint8_t header_version, size_t rest) {
        return ether(0x4305, Raw{type, header_version, 50} + Raw(rest, 1) + ether(0x0800, v4));
    };
    EXPECT_EQ(version(mesh(0x40, 15, 7)), 4) << "unicast";
    EXPECT_EQ(version(mesh(0x42, 15, 15)), 4) << "unicast with the originator's address";
    EXPECT_EQ(version(mesh(1, 15, 11)), 4) << "broadcast";
    EXPECT_EQ(version(mesh(3, 14, 7)), 4);
    EXPECT_EQ(version(mesh(4, 14, 11)), 4);
    EXPECT_EQ(version(mesh(9, 14, 15)), 4);
    EXPECT_EQ(version(mesh(0x41, 15, 17)), 0) << "part of a frame";
    EXPECT_EQ(version(mesh(0x40, 16, 7)), 0);
}

TEST(Link, HeadersInBetweenMayBeCut) {
    for (const unsigned type : {0x893fU, 0x8926U, 0xf1c1U, 0x4305U, 0xa0edU, 0x88e5U, 0x894fU, 0xd28bU,
                                0x892fU, 0x8909U, 0x88e7U, 0x8903U, 0x22f3U}) {
        const Raw frame = ether(type, Raw{0, 1, 0, 0x10});
        for (size_t size = 14; size <= frame.size(); ++size)
            EXPECT_EQ(decoded(Raw(frame.begin(), frame.begin() + static_cast<ptrdiff_t>(size))).ip_version,
                      0);
    }
}

TEST(Link, Names) {
    EXPECT_TRUE(link_supported(1));
    EXPECT_EQ(link_name(1), "Ethernet");
    EXPECT_FALSE(link_supported(70));
    EXPECT_TRUE(link_name(70000).empty());
}

TEST(Link, VlanTags) {
    EXPECT_EQ(version(ether(0x8100, be16(5) + be16(0x0800) + v4)), 4);
    EXPECT_EQ(version(ether(0x88a8, be16(5) + be16(0x8100) + be16(6) + be16(0x86dd) + v6)), 6);
    EXPECT_EQ(version(ether(0x9100, be16(5) + be16(0x0800) + v4)), 4);
    EXPECT_EQ(version(ether(0x8100,
                            be16(5) + be16(static_cast<unsigned>(v4.size()) + 8) + snap + be16(0x0800) + v4)),
              4);
    Raw tags;
    for (int i = 0; i < 300; ++i) tags = tags + be16(5) + be16(0x8100);
    EXPECT_EQ(decoded(ether(0x8100, tags)).anomaly, Anomaly::deep_nesting);
}

TEST(Link, LengthFramesAndSnap) {
    EXPECT_EQ(version(length_frame(snap + be16(0x0800) + v4)), 4);
    EXPECT_EQ(version(length_frame(snap + be16(0x86dd) + v6)), 6);
    EXPECT_EQ(version(length_frame(Raw{6, 6, 3} + v4)), 4);
    EXPECT_EQ(version(length_frame(Raw{0xaa, 0xaa, 3, 0, 0, 0xc} + be16(0x0800) + v4)), 0);
    EXPECT_EQ(version(length_frame(Raw{0xff, 0xff, 3} + v4)), 0);
    EXPECT_EQ(version(ether(1501, snap + be16(0x0800) + v4)), 0);
    const Packet p = decoded(ether(28, snap + be16(0x0800) + v4));
    EXPECT_EQ(p.ip_version, 4) << "the length ends the frame inside the IP packet";
    EXPECT_EQ(p.payload_len, 0u);
}

TEST(Link, MplsStacks) {
    EXPECT_EQ(version(ether(0x8847, label(100) + v4)), 4);
    EXPECT_EQ(version(ether(0x8848, label(100, false) + label(200) + v6)), 6);
    EXPECT_EQ(version(ether(0x8847, label(100) + Raw{0x10, 0, 0, 0x21} + v4)), 4);
    EXPECT_EQ(version(ether(0x8847, label(13) + v6)), 0);
    EXPECT_EQ(version(ether(0x8847, label(14) + v4)), 0);
    EXPECT_EQ(version(ether(0x8847, label(100) + Raw{0x50} + v4)), 0);
    const Raw inner = Raw{0, 0x1b, 0x21, 0, 0, 1, 0, 0, 0xc, 0, 0, 2} + be16(0x0800) + v4;
    EXPECT_EQ(version(ether(0x8847, label(100) + be32(0) + inner)), 4) << "control word";
    EXPECT_EQ(version(ether(0x8847, label(100) + inner)), 4) << "none";
    Raw labels;
    for (int i = 0; i < 600; ++i) labels = labels + label(100, false);
    EXPECT_EQ(decoded(ether(0x8847, labels)).anomaly, Anomaly::deep_nesting);
}

// The frames were shown to tshark 4.0, which looks both addresses up in the list of makers.
TEST(Link, MplsPseudowires) {
    const Raw maker{0, 0x1b, 0x21, 0, 0, 1}, virtual_machine{0x52, 0x54, 0, 0, 0, 1}, local{2, 0, 0, 0, 0, 1},
        sparse{0x3c, 0x5a, 0xb4, 1, 2, 3}, low{4, 0x09, 0x73, 1, 2, 3}, several{0x33, 0x33, 0, 0, 0, 1},
        misleading{0x52, 0x54, 0, 0x11, 0x22, 0x33};
    const auto wire = [](const Raw& control, const Raw& to, const Raw& from) {
        return version(ether(0x8847, label(100) + control + to + from + be16(0x0800) + v4));
    };
    const Raw none, zero = be32(0), numbered = be32(5), sized = be32(0x002e0007);
    EXPECT_EQ(wire(none, maker, virtual_machine), 4);
    EXPECT_EQ(wire(none, maker, sparse), 4);
    EXPECT_EQ(wire(none, low, sparse), 4) << "the type tells";
    EXPECT_EQ(wire(none, maker, local), 0) << "no registered sender";
    EXPECT_EQ(wire(none, local, maker), 0);
    for (const Raw& control : {zero, numbered, sized}) {
        EXPECT_EQ(wire(control, maker, virtual_machine), 4);
        EXPECT_EQ(wire(control, sparse, sparse), 4);
        EXPECT_EQ(wire(control, Raw(6, 0xff), maker), 4);
    }
    EXPECT_EQ(wire(zero, several, maker), 0)
        << "bytes 0 to 2 and 6 to 8 are makers': read as no control word";
    EXPECT_EQ(wire(zero, misleading, maker), 0);
    const Raw whole = ether(0x8847, label(100) + maker + maker + be16(0x0800) + v4);
    EXPECT_EQ(decoded(Raw(whole.begin(), whole.begin() + 32)).ip_version, 4);
    EXPECT_EQ(decoded(Raw(whole.begin(), whole.begin() + 31)).ip_version, 0);
}

TEST(Link, Pppoe) {
    EXPECT_EQ(version(ether(0x8864, pppoe(be16(0x21) + v4))), 4);
    EXPECT_EQ(version(ether(0x8864, pppoe(be16(0x57) + v6))), 6);
    EXPECT_EQ(version(ether(0x8864, pppoe(Raw{0x21} + v4))), 4) << "compressed protocol field";
    EXPECT_EQ(version(ether(0x8864, pppoe(be16(0x281) + label(100) + v4))), 4);
    EXPECT_EQ(version(ether(0x8864, pppoe(be16(0xc021) + v4))), 0);
    EXPECT_EQ(version(ether(0x8863, pppoe(be16(0x21) + v4))), 0) << "discovery";
    EXPECT_EQ(version(pppoe(be16(0x21) + v4), LinkType::ppp_ether), 4);
}

TEST(Link, PppAndHdlc) {
    for (const LinkType link : {LinkType::ppp, LinkType::ppp_hdlc}) {
        EXPECT_EQ(version(Raw{0xff, 3, 0, 0x21} + v4, link), 4);
        EXPECT_EQ(version(Raw{0, 0x57} + v6, link), 6);
        EXPECT_EQ(version(Raw{0x21} + v4, link), 4);
        EXPECT_EQ(version(Raw{0x0f, 0, 8, 0} + v4, link), 4);
        EXPECT_EQ(version(Raw{0xff, 3, 0, 0x3d, 0xc0, 0, 0, 0, 0, 0x21} + v4, link), 4) << "multilink";
        EXPECT_TRUE(decoded(Raw{0xff, 3, 0, 0x2f} + ip4(tcp({}), {.proto = 17}), link).is_tcp())
            << "RFC 1144";
        EXPECT_EQ(version(Raw{0xff, 3, 0, 0x2f} + v6, link), 0);
    }
    EXPECT_EQ(version(Raw{0x0f, 0, 0x86, 0xdd} + v6, LinkType::chdlc), 6);
    EXPECT_EQ(version(Raw{0x8f, 0, 8, 0} + v4, LinkType::chdlc), 4);
}

TEST(Link, LinuxCooked) {
    const auto sll = [](unsigned hardware, unsigned protocol, const Raw& payload) {
        return be16(4) + be16(hardware) + be16(6) + Raw{2, 0, 0, 0, 0, 9, 0, 0} + be16(protocol) + payload;
    };
    const auto sll2 = [](unsigned hardware, unsigned protocol, const Raw& payload) {
        return be16(protocol) + be16(0) + be32(3) + be16(hardware) + Raw{4, 6, 2, 0, 0, 0, 0, 9, 0, 0} +
               payload;
    };
    EXPECT_EQ(version(sll(1, 0x0800, v4), LinkType::linux_sll), 4);
    EXPECT_EQ(version(sll(778, 0x86dd, v6), LinkType::linux_sll), 6);
    EXPECT_EQ(version(sll(1, 4, snap + be16(0x0800) + v4), LinkType::linux_sll), 4);
    EXPECT_EQ(version(sll(1, 0x8100, be16(5) + be16(0x0800) + v4), LinkType::linux_sll), 4);
    EXPECT_EQ(version(sll(824, 0x0800, v4), LinkType::linux_sll), 0) << "netlink";
    EXPECT_EQ(version(sll2(1, 0x0800, v4), LinkType::linux_sll2), 4);
    EXPECT_EQ(version(sll2(1, 0x86dd, v6), LinkType::linux_sll2), 6);
    EXPECT_EQ(decoded(sll(1, 0x0800, v4), LinkType::linux_sll).eth_src, 7);
    EXPECT_EQ(decoded(sll2(1, 0x0800, v4), LinkType::linux_sll2).eth_src, 13);
}

TEST(Link, LoopbackFamiliesInEitherOrder) {
    EXPECT_EQ(version(Raw{2, 0, 0, 0} + v4, LinkType::null), 4);
    EXPECT_EQ(version(Raw{0, 0, 0, 2} + v4, LinkType::null), 4);
    for (const uint8_t family : {uint8_t{24}, uint8_t{28}, uint8_t{30}}) {
        EXPECT_EQ(version(Raw{family, 0, 0, 0} + v6, LinkType::null), 6);
        EXPECT_EQ(version(Raw{0, 0, 0, family} + v6, LinkType::null), 6);
        EXPECT_EQ(version(Raw{0, 0, 0, family} + v6, LinkType::loop), 6);
    }
    EXPECT_EQ(version(Raw{0, 0, 0, 2} + v4, LinkType::loop), 4);
    EXPECT_EQ(version(Raw{2, 0, 0, 0} + v4, LinkType::loop), 0);
    EXPECT_EQ(version(Raw{0, 8, 0, 0} + v4, LinkType::null), 4) << "an EtherType in its place";
    EXPECT_EQ(version(Raw{0xff, 3, 0, 0x21} + v4, LinkType::null), 4);
}

TEST(Link, RawIp) {
    for (const LinkType link : {LinkType::raw, LinkType::raw_bsd, LinkType::raw_openbsd}) {
        EXPECT_EQ(version(v4, link), 4);
        EXPECT_EQ(version(v6, link), 6);
        EXPECT_EQ(version(Raw{0x75} + v4, link), 0);
    }
    EXPECT_EQ(version(v4, LinkType::ipv4), 4);
    EXPECT_EQ(version(v6, LinkType::ipv6), 6);
    EXPECT_EQ(version(v4, LinkType::ipv6), 0);
    EXPECT_EQ(decoded(v4, LinkType::raw).l3, 0);
    EXPECT_EQ(decoded({}, LinkType::raw).anomaly, Anomaly::short_link);
}

Raw wlan(uint8_t type, uint8_t flags, const Raw& body) {
    Raw header = Raw{type, flags, 0, 0} + Raw(6, 2) + Raw(6, 4) + Raw(6, 6) + Raw{0, 0};
    if ((flags & 3) == 3) header = header + Raw(6, 8);
    if ((type & 0x80) != 0) header = header + Raw{0, 0};
    return header + body;
}

TEST(Link, Wireless) {
    const Raw body = snap + be16(0x0800) + v4;
    const LinkType bare = LinkType::ieee802_11;
    for (const uint8_t flags : {uint8_t{0}, uint8_t{1}, uint8_t{2}, uint8_t{3}}) {
        EXPECT_EQ(version(wlan(0x08, flags, body), bare), 4);
        EXPECT_EQ(version(wlan(0x88, flags, body), bare), 4);
    }
    EXPECT_EQ(version(wlan(0x88, 0x81, Raw(4, 0) + body), bare), 4) << "HT control";
    EXPECT_EQ(version(wlan(0x08, 0x41, body), bare), 0) << "encrypted";
    EXPECT_EQ(version(wlan(0x48, 1, body), bare), 0) << "null function";
    EXPECT_EQ(version(wlan(0x80, 0, body), bare), 0) << "beacon";
    const Raw padded = Raw{0, 0, 9, 0, 2, 0, 0, 0, 0x20} + wlan(0x88, 1, Raw{0, 0} + body);
    EXPECT_EQ(version(padded, LinkType::radiotap), 4);
    EXPECT_EQ(version(Raw{0, 0, 8, 0, 0, 0, 0, 0} + wlan(0x08, 1, body), LinkType::radiotap), 4);
    EXPECT_EQ(version(Raw{0x44, 0, 0, 0, 0x90, 0, 0, 0} + Raw(136, 0) + wlan(0x08, 1, body), LinkType::prism),
              4);
    const Raw avs_header = be32(0x80211001) + be32(64) + Raw(56, 0);
    EXPECT_EQ(version(avs_header + wlan(0x08, 1, body), LinkType::avs), 4);
    EXPECT_EQ(version(avs_header + wlan(0x08, 1, body), LinkType::prism), 4);
    EXPECT_EQ(version(Raw{0, 0, 8, 0, 105, 0, 0, 0} + wlan(0x08, 1, body), LinkType::ppi), 4);
}

TEST(Link, OldLans) {
    const Raw body = snap + be16(0x86dd) + v6;
    EXPECT_EQ(version(Raw{0x10, 0x40} + Raw(6, 2) + Raw(6, 2) + body, LinkType::token_ring), 6);
    EXPECT_EQ(
        version(Raw{0x10, 0x40} + Raw(6, 2) + Raw(6, 0x82) + Raw{4, 0, 0, 0} + body, LinkType::token_ring),
        6);
    EXPECT_EQ(version(Raw{0x50} + Raw(12, 2) + body, LinkType::fddi), 6);
    EXPECT_EQ(version(Raw(16, 2) + body, LinkType::ip_over_fc), 6);
    EXPECT_EQ(version(body, LinkType::atm_rfc1483), 6);
    EXPECT_EQ(version(Raw{0x18, 0x41, 3, 0x8e} + v6, LinkType::frame_relay), 6);
    EXPECT_EQ(version(Raw{0x18, 0x41, 8, 0} + v4, LinkType::frame_relay), 4);
    EXPECT_EQ(version(Raw(16, 0) + be16(0x0800) + v4, LinkType::ip_over_1394), 4);
    EXPECT_EQ(version(Raw(40, 0) + be16(0x0800) + Raw{0, 0} + v4, LinkType::ipoib), 4);
}

TEST(Link, LogsOfPacketFilters) {
    EXPECT_EQ(version(Raw{61, 2} + Raw(62, 0) + v4, LinkType::pflog), 4);
    EXPECT_EQ(version(Raw{0, 0, 0, 24} + Raw(8, 0) + v6, LinkType::enc), 6);
    const uint8_t length = static_cast<uint8_t>(v4.size() + 4);
    EXPECT_EQ(version(Raw{2, 0, 0, 0, 5, 0, 1, 0, 9, 0, 0, 0, length, 0, 9, 0} + v4, LinkType::nflog), 4);
    EXPECT_EQ(version(Raw{2, 0, 0, 0, 0, 0, 1, 0}, LinkType::nflog), 0);
}

TEST(Link, EveryTypeCutAtEveryByte) {
    for (uint32_t type = 0; type < 300; ++type) {
        if (!link_supported(type)) continue;
        for (unsigned fill = 0; fill < 256; ++fill) {
            for (size_t size = 0; size < 120; ++size) {
                const std::vector<uint8_t> exact(size, static_cast<uint8_t>(fill));
                Packet p;
                decode(static_cast<LinkType>(type), exact.data(), static_cast<uint32_t>(size), 120, p);
                ASSERT_LE(p.payload + p.payload_len, size);
                ASSERT_NE(p.anomaly, Anomaly::unsupported_link);
            }
        }
    }
}

} // namespace
} // namespace visor::wire
