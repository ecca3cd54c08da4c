// Link types that few captures have. The frames were shown to tshark 4.0, and count here as they count there.
#include "wire/link.hpp"

#include "wire/test_frames.hpp"

#include <gtest/gtest.h>

namespace visor::wire {
namespace {
using namespace test;

const Raw v4 = ip4(udp(text("hello")));
const Raw v6 = ip6(udp(text("hello")));
const Raw frame4 = ether(0x0800, v4), frame6 = ether(0x86dd, v6);
const Raw llc4 = Raw{0xaa, 0xaa, 3, 0, 0, 0} + be16(0x0800) + v4;
const Raw ppp4 = Raw{0xff, 3, 0, 0x21} + v4, ppp6 = Raw{0xff, 3, 0, 0x57} + v6;
const Raw hdlc4 = Raw{0x0f, 0, 8, 0} + v4;

// The version of IP that is found, with "hello" behind it.
int version(const Raw& frame, LinkType link) {
    const Packet p = decoded(frame, link);
    if (p.ip_version != 0) {
        EXPECT_TRUE(p.is_udp());
        EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(p.data + p.payload), p.payload_len),
                  "hello");
        EXPECT_EQ(p.dst_port, 53);
        EXPECT_EQ(p.data[p.l3] >> 4, p.ip_version);
        EXPECT_EQ(p.src_ip(), p.data + p.l3 + (p.is_v4() ? 12 : 8));
        EXPECT_EQ(p.anomaly, Anomaly::none);
    }
    return p.ip_version;
}

Raw le32(uint32_t v) {
    return be32(__builtin_bswap32(v));
}

Raw pktap(uint32_t link, const Raw& frame, uint32_t kind = 1, uint32_t length = 108) {
    return le32(length) + le32(kind) + le32(link) + Raw(length - 12, 0) + frame;
}

TEST(RareLinks, EveryTypeTsharkReadsIsRead) {
    constexpr unsigned read_by_tshark[] = {
        0,   1,   2,   3,   6,   7,   8,   9,   10,  11,  12,  13,  14,  16,  18,  19,  32,  50,  51,  99,
        100, 101, 104, 105, 106, 107, 108, 109, 112, 113, 114, 117, 118, 119, 121, 122, 123, 127, 128, 129,
        130, 131, 133, 135, 136, 137, 138, 139, 140, 141, 142, 143, 144, 147, 148, 149, 150, 151, 152, 153,
        154, 155, 156, 157, 158, 159, 160, 161, 162, 163, 165, 167, 169, 170, 171, 172, 173, 177, 178, 179,
        180, 181, 183, 184, 186, 187, 188, 189, 190, 192, 195, 196, 197, 199, 200, 201, 202, 203, 204, 209,
        210, 211, 212, 213, 214, 215, 220, 224, 225, 226, 227, 228, 229, 230, 231, 235, 236, 237, 239, 240,
        241, 242, 243, 245, 248, 249, 250, 251, 252, 253, 254, 255, 256, 258, 259, 260, 264, 266, 268, 270,
        271, 272, 273, 274, 275, 276, 279, 280, 283, 287, 288, 290, 292, 293, 294, 295};
    for (const unsigned type : read_by_tshark) EXPECT_TRUE(link_supported(type)) << type;
    for (const unsigned type : {4U, 5U, 70U, 175U, 300U, 400U, 65535U}) {
        EXPECT_FALSE(link_supported(type)) << type;
        EXPECT_EQ(decoded(frame4, static_cast<LinkType>(type)).anomaly, Anomaly::unsupported_link) << type;
    }
}

TEST(RareLinks, FramesWithoutIpAreOrdinary) {
    for (const unsigned type : {8U, 147U, 189U, 195U, 227U, 251U, 295U}) {
        EXPECT_TRUE(link_counted_only(type)) << type;
        EXPECT_FALSE(link_name(type).empty()) << type;
        const Packet p = decoded(frame4, static_cast<LinkType>(type));
        EXPECT_EQ(p.anomaly, Anomaly::none) << type;
        EXPECT_EQ(p.ip_version, 0) << type;
    }
    EXPECT_FALSE(link_counted_only(1));
    EXPECT_FALSE(link_counted_only(70000));
}

TEST(RareLinks, Pktap) {
    for (const LinkType link : {LinkType::pktap, LinkType::user2}) {
        EXPECT_EQ(version(pktap(1, frame4), link), 4);
        EXPECT_EQ(version(pktap(1, frame6, 1, 156), link), 6);
        EXPECT_EQ(version(pktap(12, v4), link), 4);
        EXPECT_EQ(version(pktap(0, Raw{30, 0, 0, 0} + v6), link), 6);
        EXPECT_EQ(version(pktap(1, frame4, 2), link), 0) << "no packet";
        EXPECT_EQ(version(pktap(147, v4), link), 0);
        EXPECT_EQ(version(pktap(258, pktap(1, frame4)), link), 0);
        EXPECT_EQ(version(be32(108) + be32(1) + be32(1) + Raw(96, 0) + frame4, link), 0);
    }
    const Packet p = decoded(pktap(1, frame4), LinkType::pktap);
    EXPECT_EQ(p.l3, 108 + 14);
    EXPECT_EQ(p.l4, 108 + 14 + 20);
    EXPECT_EQ(p.eth_src, 108 + 6 + 1);
    EXPECT_EQ(decoded(pktap(77777, v4), LinkType::pktap).anomaly, Anomaly::none);
    EXPECT_EQ(decoded(pktap(1, {}), LinkType::pktap).anomaly, Anomaly::short_link);
    const Packet raw = decoded(pktap(12, v4), LinkType::pktap);
    EXPECT_EQ(raw.l3, 108);
    EXPECT_EQ(raw.eth_src, 0);
}

TEST(RareLinks, PktapFragmentsAreWhole) {
    const Packet p = decoded(
        pktap(1, ether(0x86dd, ip6(Raw{17, 0, 0, 1, 0, 0, 0, 9} + udp(text("abc")), 44))), LinkType::pktap);
    EXPECT_TRUE(p.has(packet_flag::fragment));
    EXPECT_FALSE(p.has(packet_flag::cut_fragment));
    EXPECT_EQ(fragment_of(p).body.size(), 11u);
}

TEST(RareLinks, HeadersTooDeepForTheirOffsets) {
    const Packet p = decoded(pktap(12, v4, 1, 65530), LinkType::pktap);
    EXPECT_EQ(p.anomaly, Anomaly::deep_nesting);
    EXPECT_EQ(p.ip_version, 0);
    EXPECT_EQ(p.payload_bytes().size(), 0u);
}

TEST(RareLinks, PpiHoldsAnyLink) {
    const auto header = [](uint32_t link) { return Raw{0, 0, 12, 0} + le32(link) + Raw(4, 0); };
    EXPECT_EQ(version(header(1) + frame4, LinkType::ppi), 4);
    EXPECT_EQ(version(header(9) + ppp6, LinkType::ppi), 6);
    EXPECT_EQ(
        version(header(127) + Raw{0, 0, 8, 0, 0, 0, 0, 0} + Raw{8, 1} + Raw(22, 0) + llc4, LinkType::ppi), 4);
    EXPECT_EQ(version(header(192) + header(1) + frame4, LinkType::ppi), 0);
}

TEST(RareLinks, Erf) {
    const auto record = [](uint8_t kind, const Raw& frame, int wire = -1) {
        const unsigned size = static_cast<unsigned>(frame.size());
        return Raw(8, 0) + Raw{kind, 4} + be16(16 + size) + be16(0) +
               be16(wire < 0 ? size : static_cast<unsigned>(wire)) + frame;
    };
    const LinkType erf = LinkType::erf;
    for (const uint8_t kind : {uint8_t{2}, uint8_t{11}, uint8_t{16}, uint8_t{20}})
        EXPECT_EQ(version(record(kind, Raw{0, 0} + frame4), erf), 4);
    EXPECT_EQ(version(record(1, hdlc4), erf), 4);
    EXPECT_EQ(version(record(1, ppp6), erf), 6);
    EXPECT_EQ(version(record(17, Raw(4, 0) + hdlc4), erf), 4);
    EXPECT_EQ(version(record(4, Raw(4, 0) + llc4), erf), 4);
    EXPECT_EQ(version(record(9, Raw(8, 0) + llc4), erf), 4);
    EXPECT_EQ(version(record(22, v4), erf), 4);
    EXPECT_EQ(version(record(23, v6), erf), 6);
    EXPECT_EQ(version(record(0x82, Raw{0x80} + Raw(15, 0) + Raw{0, 0} + frame4), erf), 4) << "extensions";
    EXPECT_EQ(version(record(3, Raw{0, 0} + frame4), erf), 0);
    EXPECT_EQ(decoded(record(2, Raw{0, 0} + frame4, 36), erf).payload_len, 0u)
        << "the record says its length";
}

TEST(RareLinks, Tzsp) {
    const LinkType tzsp = LinkType::tzsp;
    EXPECT_EQ(version(Raw{1, 0, 0, 1, 1} + frame4, tzsp), 4);
    EXPECT_EQ(version(Raw{1, 0, 0, 1, 0, 10, 1, 5, 1} + frame6, tzsp), 6) << "padding and a field";
    EXPECT_EQ(version(Raw{1, 0, 0, 18, 1} + Raw{8, 1} + Raw(22, 0) + llc4, tzsp), 4);
    EXPECT_EQ(version(Raw{1, 0, 0, 7, 1} + v6, tzsp), 6);
    EXPECT_EQ(version(Raw{1, 4, 0, 1, 1} + frame4, tzsp), 0) << "keep-alive";
    EXPECT_EQ(version(Raw{1, 0, 0, 1} + frame4, tzsp), 0) << "no end of fields";
}

TEST(RareLinks, Netanalyzer) {
    EXPECT_EQ(version(Raw{0, 4, 0, 0} + frame4, LinkType::netanalyzer), 4);
    EXPECT_EQ(version(Raw{0, 8, 0, 0} + frame6, LinkType::netanalyzer), 6);
    EXPECT_EQ(version(Raw{0, 5, 0, 0} + frame4, LinkType::netanalyzer), 0) << "another input";
    EXPECT_EQ(version(Raw{0, 12, 0, 0} + frame4, LinkType::netanalyzer), 0) << "version 3";
}

TEST(RareLinks, SymantecAndExportedPdus) {
    EXPECT_EQ(version(Raw(6, 0) + be16(0x0800) + Raw(36, 0) + v4, LinkType::symantec_firewall), 4);
    EXPECT_EQ(version(Raw(10, 0) + be16(0x0800) + Raw(44, 0) + v4, LinkType::symantec_firewall), 4);
    const auto pdu = [](std::string_view name, const Raw& data) {
        return Raw{0, 20, 0, 4, 1, 2, 3, 4, 0, 12} + be16(static_cast<unsigned>(name.size()) + 1) +
               text(name) + Raw{0} + Raw(4, 0) + data;
    };
    EXPECT_EQ(version(pdu("ip", v4), LinkType::exported_pdu), 4);
    EXPECT_EQ(version(pdu("ipv6", v6), LinkType::exported_pdu), 6);
    EXPECT_EQ(version(pdu("raw_ip", v6), LinkType::exported_pdu), 6);
    EXPECT_EQ(version(pdu("eth_withoutfcs", frame4), LinkType::exported_pdu), 4);
    EXPECT_EQ(version(pdu("dns", v4), LinkType::exported_pdu), 0);
}

TEST(RareLinks, AtmAndGfp) {
    for (const unsigned type : {16U, 18U, 19U, 106U}) EXPECT_EQ(version(v4, static_cast<LinkType>(type)), 4);
    EXPECT_EQ(version(llc4, LinkType::atm_rfc1483_dlt), 4);
    EXPECT_EQ(version(Raw{2, 0, 0, 100} + llc4, LinkType::sunatm), 4);
    EXPECT_EQ(version(Raw{0x81, 0, 0, 100, 0, 1} + frame6, LinkType::sunatm), 6) << "LAN emulation";
    EXPECT_EQ(version(Raw{1, 0, 0, 100, 0xff, 0} + frame6, LinkType::sunatm), 0) << "... its control frames";
    EXPECT_EQ(version(Raw{0, 0, 0, 100} + v4, LinkType::sunatm), 4);
    EXPECT_EQ(version(Raw{0, 0, 0, 5} + v4, LinkType::sunatm), 0) << "signalling";
    EXPECT_EQ(version(Raw{6, 0, 0, 100} + v4, LinkType::sunatm), 0);
    for (const LinkType gfp : {LinkType::gfp_t, LinkType::gfp_f}) {
        EXPECT_EQ(version(Raw{0, 99, 0, 0, 0, 1, 0, 0} + frame4, gfp), 4);
        EXPECT_EQ(version(Raw{0, 99, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0} + frame4, gfp), 4) << "linear extension";
        EXPECT_EQ(version(Raw{0, 99, 0, 0, 0x10, 17, 0, 0} + v6 + Raw(4, 0), gfp), 6);
        EXPECT_EQ(version(Raw{0, 99, 0, 0, 0x80, 1, 0, 0} + frame4, gfp), 0);
    }
}

TEST(RareLinks, ArcnetAndAx25) {
    EXPECT_EQ(version(Raw{1, 2, 0xf0} + v4, LinkType::arcnet), 4);
    EXPECT_EQ(version(Raw{1, 2, 0xd4, 0, 0, 1} + v4, LinkType::arcnet), 4);
    EXPECT_EQ(version(Raw{1, 2, 0xd4, 0xff, 0xff, 0xff, 0xd4, 0, 0, 1} + v4, LinkType::arcnet), 4);
    EXPECT_EQ(version(Raw{1, 2, 0xc4, 0, 0, 1} + v6, LinkType::arcnet), 6);
    EXPECT_EQ(version(Raw{1, 2, 0, 0, 0xd4, 0xff, 0, 1} + v4, LinkType::arcnet_linux), 4);
    EXPECT_EQ(version(Raw{1, 2, 0xd5, 0, 0, 1} + v4, LinkType::arcnet), 0) << "ARP";
    const Raw station(7, 0x60), last(7, 0x61);
    EXPECT_EQ(version(station + last + Raw{3, 0xcc} + v4, LinkType::ax25), 4);
    EXPECT_EQ(version(station + station + station + last + Raw{0x22, 0xcc} + v4, LinkType::ax25), 4);
    EXPECT_EQ(version(station + last + Raw{3, 0xcd} + v4, LinkType::ax25), 0);
    EXPECT_EQ(version(Raw{0x10} + station + last + Raw{3, 0xcc} + v4, LinkType::ax25_kiss), 4);
    EXPECT_EQ(version(Raw{0x11} + station + last + Raw{3, 0xcc} + v4, LinkType::ax25_kiss), 0);
}

TEST(RareLinks, Juniper) {
    const Raw header{'M', 'G', 'C', 0}, extended{'M', 'G', 'C', 0x80, 0, 3, 1, 1, 5};
    for (const Raw& before : {header, extended, Raw{}}) {
        EXPECT_EQ(version(before + frame4, LinkType::juniper_ether), 4);
        EXPECT_EQ(version(before + frame4, LinkType::juniper_pppoe), 4);
        EXPECT_EQ(version(before + ppp6, LinkType::juniper_ppp), 6);
        EXPECT_EQ(version(before + hdlc4, LinkType::juniper_chdlc), 4);
        EXPECT_EQ(version(before + Raw{0x18, 0x41, 3, 0x8e} + v6, LinkType::juniper_frelay), 6);
        EXPECT_EQ(version(before + Raw(12, 0) + v4, LinkType::juniper_services), 4);
        EXPECT_EQ(version(before + Raw(18, 0) + v4, LinkType::juniper_vp), 4);
        EXPECT_EQ(version(before + Raw{6, 0, 0, 0} + v6, LinkType::juniper_ggsn), 6);
    }
    EXPECT_EQ(version(header + Raw(4, 0) + llc4, LinkType::juniper_atm1), 4);
    EXPECT_EQ(version(header + Raw(4, 0) + Raw{3, 0xcc} + v4, LinkType::juniper_atm1), 4);
    EXPECT_EQ(version(header + Raw(8, 0) + v6, LinkType::juniper_atm2), 6);
    EXPECT_EQ(version(header + Raw(8, 0) + Raw{0, 0x21} + v4, LinkType::juniper_atm2), 4);
    EXPECT_EQ(version(header + Raw(4, 0) + Raw{0, 0x21} + v4, LinkType::juniper_atm1), 0);
    EXPECT_EQ(version(header + Raw{0, 0, 0, 0x21} + v4, LinkType::juniper_mlppp), 4);
    EXPECT_EQ(version(header + Raw{0x40} + Raw(7, 0) + v4, LinkType::juniper_mlppp), 4);
    EXPECT_EQ(version(header + Raw{0, 0, 3, 0xcc} + v4, LinkType::juniper_mlfr), 4);
    EXPECT_EQ(version(Raw{'M', 'G', 'C', 2, 2, 0, 0, 0} + v4, LinkType::juniper_ether), 4)
        << "no link header";
    EXPECT_EQ(version(Raw{'M', 'G', 'C', 0x82, 0, 1, 9, 6, 0, 0, 0} + v6, LinkType::juniper_ppp), 6);
}

TEST(RareLinks, PreemptibleEthernet) {
    const Raw check4{0x97, 0xcc, 0x9e, 0x8e}, preamble(7, 0x55); // zlib.crc32(frame4), little-endian
    const LinkType link = LinkType::mpacket;
    for (const uint8_t delimiter :
         {uint8_t{0xd5}, uint8_t{0xe6}, uint8_t{0x4c}, uint8_t{0x7f}, uint8_t{0xb3}}) {
        EXPECT_EQ(version(preamble + Raw{delimiter} + frame4 + check4, link), 4);
        EXPECT_EQ(version(preamble + Raw{delimiter} + frame4 + Raw(4, 0), link), 0) << "a first fragment";
    }
    EXPECT_EQ(version(Raw{0x55, 0xd5} + frame4 + check4, link), 4) << "short preamble";
    EXPECT_EQ(version(frame4, link), 4) << "none";
    EXPECT_EQ(version(Raw(6, 0x55) + Raw{0x61, 0xe6} + frame4 + check4, link), 0) << "a later fragment";
    EXPECT_EQ(version(preamble + Raw{0x07} + frame4 + check4, link), 0) << "verification";
}

// tshark 4.0 does not read these; the layouts are those of the registry of link types.
TEST(RareLinks, SwitchTags) {
    const Raw addresses(frame4.begin(), frame4.begin() + 12), rest(frame4.begin() + 12, frame4.end());
    EXPECT_EQ(version(addresses + Raw(4, 1) + rest, LinkType::dsa_tag_dsa), 4);
    EXPECT_EQ(version(addresses + Raw(4, 1) + rest, LinkType::dsa_tag_brcm), 4);
    EXPECT_EQ(version(addresses + Raw{0xda, 0xda, 0, 0} + Raw(4, 1) + rest, LinkType::dsa_tag_edsa), 4);
    EXPECT_EQ(version(Raw(4, 1) + frame4, LinkType::dsa_tag_brcm_prepend), 4);
    EXPECT_EQ(version(Raw{0, 0x21} + v4, LinkType::ppp_pppd), 4);
}

} // namespace
} // namespace visor::wire
