#include "wire/decode.hpp"

#include "wire/test_frames.hpp"

#include <gtest/gtest.h>

#include <memory>

namespace visor::wire {
namespace {
using namespace test;

const Raw hello = text("hello");

void expect_udp4(const Packet& p, size_t l3) {
    EXPECT_EQ(p.ip_version, 4);
    EXPECT_TRUE(p.is_udp());
    EXPECT_EQ(p.l3, l3);
    EXPECT_EQ(p.l4, l3 + 20);
    EXPECT_EQ(p.src_port, 1000);
    EXPECT_EQ(p.dst_port, 53);
    EXPECT_TRUE(p.has(packet_flag::has_ports));
    EXPECT_EQ(p.src().text(), "10.0.0.1");
    EXPECT_EQ(p.dst().text(), "10.0.0.2");
    EXPECT_EQ(p.payload, l3 + 28);
    EXPECT_EQ(p.payload_len, 5u);
    EXPECT_EQ(p.anomaly, Anomaly::none);
}

TEST(Decode, UdpOverIpv4LeavesPaddingOut) {
    const Raw frame = ether(0x0800, ip4(udp(hello))) + Raw(13, 0xaa);
    const Packet p = decoded(frame);
    expect_udp4(p, 14);
    EXPECT_EQ(p.eth_src, 7);
    EXPECT_EQ(p.flags, packet_flag::has_ports | packet_flag::has_addresses);
    EXPECT_EQ(p.caplen, frame.size());
    EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(p.payload_bytes().data()), 5), "hello");
}

TEST(Decode, TcpFlagsAndOptions) {
    const Raw frame =
        ether(0x0800, ip4(tcp(Raw(12, 1) + hello, tcp_flag::syn | tcp_flag::ack, 8), {.proto = 6}));
    const Packet p = decoded(frame);
    EXPECT_TRUE(p.is_tcp());
    EXPECT_EQ(p.tcp_flags, tcp_flag::syn | tcp_flag::ack);
    EXPECT_EQ(p.payload_len, 5u);
    EXPECT_EQ(p.payload, 14 + 20 + 32);
}

TEST(Decode, Ipv6AndItsAddresses) {
    const Packet p = decoded(ether(0x86dd, ip6(udp(hello))));
    EXPECT_EQ(p.ip_version, 6);
    EXPECT_TRUE(p.is_udp());
    EXPECT_EQ(p.src().text(), "2001:db8::1");
    EXPECT_EQ(p.dst().text(), "2001:db8::2");
    EXPECT_EQ(p.payload_len, 5u);
}

TEST(Decode, EmptyPayloadIsNotNoPayload) {
    const Packet p = decoded(ether(0x0800, ip4(udp({}))) + Raw(18, 0));
    EXPECT_EQ(p.payload, 42);
    EXPECT_EQ(p.payload_len, 0u);
}

TEST(Decode, ReusedPacketCarriesNothingOver) {
    Packet p = decoded(ether(0x0800, ip4(tcp(hello), {.proto = 6, .fragment = 0x2000})));
    p.ts_ns = 5;
    p.flow_hash = 6;
    p.direction = Direction::out;
    const Raw arp = ether(0x0806, Raw(28, 1));
    decode(LinkType::ethernet, arp.data(), 42, 42, p);
    EXPECT_EQ(p.ip_version, 0);
    EXPECT_FALSE(p.is_tcp());
    EXPECT_EQ(p.flags, 0);
    EXPECT_EQ(p.l4 | p.payload | p.src_port | p.tcp_flags, 0);
    EXPECT_EQ(p.payload_len, 0u);
    EXPECT_FALSE(p.payload_bytes().data() == nullptr);
    EXPECT_EQ(p.ts_ns, 5);
    EXPECT_EQ(p.flow_hash, 6u);
    EXPECT_EQ(p.direction, Direction::out);
}

TEST(DecodeIp4, Fragments) {
    Packet p = decoded(ether(0x0800, ip4(udp(hello), {.fragment = 0x2000})));
    EXPECT_TRUE(p.has(packet_flag::fragment));
    EXPECT_TRUE(p.is_udp());
    Fragment f = fragment_of(p);
    EXPECT_EQ(f.id, 77u);
    EXPECT_EQ(f.offset, 0u);
    EXPECT_TRUE(f.more);
    EXPECT_EQ(f.body.size(), 13u);

    p = decoded(ether(0x0800, ip4(udp(hello), {.fragment = 3})) + Raw(9, 0));
    EXPECT_TRUE(p.has(packet_flag::later_fragment));
    EXPECT_FALSE(p.is_udp());
    EXPECT_EQ(p.proto, 17);
    EXPECT_EQ(p.l4, 0);
    f = fragment_of(p);
    EXPECT_EQ(f.offset, 24u);
    EXPECT_FALSE(f.more);
    EXPECT_EQ(f.body.size(), 13u);
}

TEST(DecodeIp4, DontFragmentIsNoFragment) {
    EXPECT_FALSE(decoded(ether(0x0800, ip4(udp(hello), {.fragment = 0x4000}))).has(packet_flag::fragment));
    EXPECT_EQ(fragment_of(decoded(ether(0x0800, ip4(udp(hello))))).body.size(), 0u);
}

TEST(DecodeIp4, DamagedHeadersStillCountAsIpv4) {
    const struct {
        V4 o;
        Anomaly why;
    } cases[] = {
        {{.first = 0x44}, Anomaly::bad_ip_header}, {{.first = 0x55}, Anomaly::bad_ip_header},
        {{.total = 19}, Anomaly::bad_ip_length},   {{.total = 1}, Anomaly::bad_ip_length},
        {{.first = 0x4f}, Anomaly::bad_ip_length},
    };
    for (const auto& c : cases) {
        const Packet p = decoded(ether(0x0800, ip4(udp(hello), c.o)));
        EXPECT_EQ(p.ip_version, 4);
        EXPECT_EQ(p.anomaly, c.why);
        EXPECT_FALSE(p.is_udp());
        EXPECT_EQ(p.l4, 0);
    }
}

TEST(DecodeIp4, TotalLengthZeroIsTheFrames) {
    expect_udp4(decoded(ether(0x0800, ip4(udp(hello), {.total = 0}))), 14);
}

TEST(DecodeIp4, HeaderAloneHasNoProtocol) {
    const Packet p = decoded(ether(0x0800, ip4(udp(hello), {.total = 20})));
    EXPECT_EQ(p.ip_version, 4);
    EXPECT_EQ(p.proto, ip_proto::none);
    EXPECT_TRUE(p.has(packet_flag::has_addresses));
}

TEST(DecodeIp4, OptionsAreSkipped) {
    const Packet p = decoded(ether(0x0800, ip4(udp(hello), {.options = Raw(12, 1)})));
    EXPECT_EQ(p.l4, 14 + 32);
    EXPECT_EQ(p.payload_len, 5u);
}

TEST(DecodeIp4, AuthenticationHeaderIsFollowed) {
    const Raw ah = Raw{17, 4, 0, 0} + Raw(20, 0);
    EXPECT_TRUE(decoded(ether(0x0800, ip4(ah + udp(hello), {.proto = 51}))).is_udp());
}

TEST(DecodeIp4, MislabelledIpv6IsWhatTheLabelSays) {
    const Packet p = decoded(ether(0x0800, ip6(udp(hello))));
    EXPECT_EQ(p.ip_version, 4);
    EXPECT_FALSE(p.is_udp());
    EXPECT_EQ(p.anomaly, Anomaly::bad_ip_header);
    EXPECT_EQ(decoded(ether(0x86dd, ip4(udp(hello)))).ip_version, 0);
}

TEST(DecodeIp4, FragmentsSayWhetherTheyAreWhole) {
    const Raw whole = ether(0x0800, ip4(udp(hello), {.fragment = 0x2000}));
    EXPECT_FALSE(decoded(whole).has(packet_flag::cut_fragment));
    const Packet cut = decoded(ether(0x0800, ip4(udp(hello), {.total = 1500, .fragment = 0x2000})));
    EXPECT_TRUE(cut.has(packet_flag::cut_fragment));
    EXPECT_TRUE(cut.is_udp());
    EXPECT_EQ(cut.payload_len, 5u);
    EXPECT_FALSE(decoded(ether(0x0800, ip4(udp(hello), {.total = 1500}))).has(packet_flag::cut_fragment));
    const Raw fragment6 = Raw{17, 0, 0, 1, 0, 0, 0, 7} + udp(hello);
    EXPECT_FALSE(decoded(ether(0x86dd, ip6(fragment6, 44))).has(packet_flag::cut_fragment));
    EXPECT_TRUE(decoded(ether(0x86dd, ip6(fragment6, 44, 600))).has(packet_flag::cut_fragment));
}

TEST(DecodeIp4, TunnelsCountAsTheOuterPacket) {
    const Packet p = decoded(ether(0x0800, ip4(ip6(udp(hello)), {.proto = 41})));
    EXPECT_EQ(p.ip_version, 4);
    EXPECT_EQ(p.proto, 41);
    EXPECT_FALSE(p.is_udp());
}

TEST(DecodeIp6, ExtensionHeaders) {
    const Raw pad{1, 4, 0, 0, 0, 0};
    const Raw chain = Raw{60, 0} + pad + Raw{43, 0} + pad + Raw{51, 0, 253, 0, 0, 0, 0, 0} +
                      Raw{17, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    const Packet p = decoded(ether(0x86dd, ip6(chain + udp(hello), 0)));
    EXPECT_TRUE(p.is_udp());
    EXPECT_EQ(p.l4, 14 + 40 + chain.size());
    EXPECT_EQ(p.payload_len, 5u);
}

TEST(DecodeIp6, SegmentListMustFitItsHeader) {
    const Raw head = Raw{17, 2, 4, 0};
    const Raw list = Raw{0, 0, 0} + Raw(16, 1);
    EXPECT_TRUE(decoded(ether(0x86dd, ip6(head + Raw{0} + list + udp(hello), 43))).is_udp());
    const Packet p = decoded(ether(0x86dd, ip6(head + Raw{1} + list + udp(hello), 43)));
    EXPECT_FALSE(p.is_udp());
    EXPECT_EQ(p.anomaly, Anomaly::bad_ip_header);
}

TEST(DecodeIp6, Fragments) {
    const Raw pad{1, 4, 0, 0, 0, 0};
    const Raw head = Raw{44, 0} + pad;
    Packet p = decoded(ether(0x86dd, ip6(head + Raw{17, 0, 0, 1, 0, 0, 0, 9} + udp(hello), 60)) + Raw(7, 0));
    EXPECT_TRUE(p.is_udp());
    Fragment f = fragment_of(p);
    EXPECT_EQ(f.id, 9u);
    EXPECT_TRUE(f.more);
    EXPECT_EQ(f.offset, 0u);
    EXPECT_EQ(f.body.size(), 13u);

    p = decoded(ether(0x86dd, ip6(head + Raw{17, 0, 1, 0, 0, 0, 0, 9} + hello, 60)));
    EXPECT_TRUE(p.has(packet_flag::later_fragment));
    EXPECT_FALSE(p.is_udp());
    EXPECT_EQ(p.proto, 17);
    f = fragment_of(p);
    EXPECT_EQ(f.offset, 256u);
    EXPECT_FALSE(f.more);
    EXPECT_EQ(f.body.size(), 5u);

    p = decoded(ether(0x86dd, ip6(Raw{17, 0, 0, 0, 0, 0, 0, 9} + udp(hello), 44)));
    EXPECT_FALSE(p.has(packet_flag::fragment)) << "atomic";
    EXPECT_TRUE(p.is_udp());
}

TEST(DecodeIp6, EndsOfTheChain) {
    EXPECT_EQ(decoded(ether(0x86dd, ip6(Raw(16, 0), 50))).proto, 50);
    EXPECT_EQ(decoded(ether(0x86dd, ip6(udp(hello), 59))).proto, 59);
    const Raw mobility{17, 0, 0, 0, 0, 0, 0, 0};
    EXPECT_EQ(decoded(ether(0x86dd, ip6(mobility + udp(hello), 135))).proto, 135);
}

TEST(DecodeIp6, OptionsMayOverrunTheirHeaderButNotThePacket) {
    const auto first_option = [](uint8_t length) {
        return decoded(ether(0x86dd, ip6(Raw{17, 0, 1, length, 0, 0, 0, 0} + udp(hello), 0)));
    };
    EXPECT_TRUE(first_option(4).is_udp());
    EXPECT_TRUE(first_option(12).is_udp());
    EXPECT_FALSE(first_option(200).is_udp());
    EXPECT_EQ(first_option(200).anomaly, Anomaly::short_ip);
}

TEST(DecodeIp6, ChainsAreBounded) {
    Raw chain;
    for (int i = 0; i < 400; ++i) chain = chain + Raw{60, 0, 1, 4, 0, 0, 0, 0};
    const Packet p = decoded(ether(0x86dd, ip6(chain, 60)));
    EXPECT_EQ(p.ip_version, 6);
    EXPECT_EQ(p.anomaly, Anomaly::deep_nesting);
}

TEST(DecodeIp6, Jumbogram) {
    const Raw jumbo = Raw{17, 0, 0xc2, 4} + be32(70000 + 16);
    const Raw datagram = be16(1000) + be16(53) + be16(0) + be16(0) + Raw(70000, 1);
    const Packet p = decoded(ether(0x86dd, ip6(jumbo + datagram, 0, 0)) + Raw(4, 0));
    EXPECT_TRUE(p.is_udp());
    EXPECT_EQ(p.payload_len, 70000u);
    EXPECT_FALSE(decoded(ether(0x86dd, ip6(Raw{17, 0, 1, 4, 0, 0, 0, 0} + udp(hello), 0, 0))).is_udp());
}

TEST(DecodeIp6, NothingFollowsALengthOfZeroThatIsNoJumbogram) {
    const Packet u = decoded(ether(0x86dd, ip6(udp(hello), 17, 0)));
    EXPECT_TRUE(u.is_udp());
    EXPECT_EQ(u.anomaly, Anomaly::short_l4);
    EXPECT_FALSE(u.has(packet_flag::has_ports));
    EXPECT_EQ(u.payload_len, 0u);
    const Packet t = decoded(ether(0x86dd, ip6(tcp(hello), 6, 0)));
    EXPECT_TRUE(t.is_tcp());
    EXPECT_EQ(t.anomaly, Anomaly::short_l4);
}

TEST(DecodeL4, DamagedLengths) {
    Raw d = udp(hello);
    d[5] = 7;
    Packet p = decoded(ether(0x0800, ip4(d)));
    EXPECT_TRUE(p.is_udp());
    EXPECT_EQ(p.anomaly, Anomaly::bad_l4_length);
    EXPECT_EQ(p.payload, 0);
    d[5] = 200;
    p = decoded(ether(0x0800, ip4(d)));
    EXPECT_EQ(p.payload_len, 5u) << "bounded by what IP says";
    d[5] = 10;
    EXPECT_EQ(decoded(ether(0x0800, ip4(d))).payload_len, 2u);

    p = decoded(ether(0x0800, ip4(tcp(hello, 2, 4), {.proto = 6})));
    EXPECT_TRUE(p.is_tcp());
    EXPECT_EQ(p.anomaly, Anomaly::bad_l4_length);
    EXPECT_EQ(p.tcp_flags, 2);
    p = decoded(ether(0x0800, ip4(tcp(hello, 2, 15), {.proto = 6})));
    EXPECT_EQ(p.anomaly, Anomaly::bad_l4_length);
}

TEST(DecodeL4, OtherProtocols) {
    Packet p = decoded(ether(0x0800, ip4(Raw(12, 0) + hello, {.proto = 132})));
    EXPECT_TRUE(p.has(packet_flag::has_ports));
    EXPECT_EQ(p.payload_len, 5u);
    p = decoded(ether(0x0800, ip4(Raw{3, 3, 0, 0, 0, 0, 0, 0} + ip4(udp(hello)), {.proto = 1})));
    EXPECT_EQ(p.proto, ip_proto::icmp);
    EXPECT_FALSE(p.is_udp()) << "the quoted packet is payload";
    EXPECT_EQ(p.payload_len, 33u);
}

// Whatever is cut off, the decoder stays inside the bytes and what it says holds together.
void expect_sane(const Packet& p) {
    EXPECT_LE(static_cast<size_t>(p.payload) + p.payload_len, p.caplen);
    EXPECT_LE(p.l4, p.caplen);
    EXPECT_EQ(p.has(packet_flag::cut), p.caplen < p.wirelen);
    if (p.has(packet_flag::has_ports)) {
        EXPECT_LE(p.l4 + 4u, p.caplen);
    }
    if (p.ip_version != 0) {
        uint8_t sum = 0;
        for (size_t i = 0; i < 2 * p.ip_len(); ++i) sum = static_cast<uint8_t>(sum | p.src_ip()[i]);
        EXPECT_EQ(sum != 0, p.has(packet_flag::has_addresses));
    }
    if (p.has(packet_flag::fragment)) {
        const Fragment f = fragment_of(p);
        EXPECT_GE(f.body.data(), p.data);
        EXPECT_LE(f.body.data() + f.body.size(), p.data + p.caplen);
    }
}

TEST(Decode, CutAtEveryByte) {
    const Raw pad{1, 4, 0, 0, 0, 0};
    const Raw frames[] = {
        ether(0x0800, ip4(udp(hello))),
        ether(0x0800, ip4(tcp(hello), {.proto = 6, .fragment = 0x2000, .options = Raw(8, 1)})),
        ether(0x86dd, ip6(Raw{44, 0} + pad + Raw{6, 0, 0, 1, 0, 0, 0, 9} + tcp(hello), 0)),
        ether(0x8100, be16(5) + be16(0x8847) + be32(100 << 12) + be32(0x64100) + ip4(udp(hello))),
        ether(0x8864, Raw{0x11, 0, 0, 1} + be16(35) + be16(0x21) + ip4(udp(hello))),
        ether(41, Raw{0xaa, 0xaa, 3, 0, 0, 0} + be16(0x0800) + ip4(udp(hello))),
    };
    for (const Raw& whole : frames) {
        for (size_t size = 0; size <= whole.size(); ++size) {
            const auto exact = std::make_unique<uint8_t[]>(size); // so that a sanitizer sees one byte too far
            std::copy_n(whole.begin(), size, exact.get());
            Packet p;
            for (const size_t wirelen : {size, whole.size()}) {
                decode(LinkType::ethernet, exact.get(), static_cast<uint32_t>(size),
                       static_cast<uint32_t>(wirelen), p);
                expect_sane(p);
            }
            if (size == whole.size()) {
                EXPECT_EQ(p.anomaly, Anomaly::none);
                EXPECT_EQ(p.payload_len, 5u);
            }
        }
    }
}

TEST(Decode, CutFramesAreClassifiedAsFarAsBytesGo) {
    const Raw whole = ether(0x0800, ip4(udp(hello)));
    const auto cut = [&](size_t size) {
        return decoded(Raw(whole.begin(), whole.begin() + static_cast<int>(size)), LinkType::ethernet, 47);
    };
    EXPECT_EQ(cut(13).anomaly, Anomaly::short_link);
    EXPECT_EQ(cut(14).ip_version, 4);
    EXPECT_EQ(cut(14).proto, ip_proto::none);
    EXPECT_EQ(cut(33).anomaly, Anomaly::short_ip);
    EXPECT_FALSE(cut(33).is_udp());
    EXPECT_TRUE(cut(34).is_udp()) << "IP says so, though no byte of UDP is here";
    EXPECT_EQ(cut(34).l4, 0);
    EXPECT_FALSE(cut(37).has(packet_flag::has_ports));
    EXPECT_TRUE(cut(38).has(packet_flag::has_ports));
    EXPECT_EQ(cut(38).anomaly, Anomaly::short_l4);
    EXPECT_EQ(cut(44).anomaly, Anomaly::none);
    EXPECT_EQ(cut(44).payload_len, 2u);
    EXPECT_TRUE(cut(44).has(packet_flag::cut));
}

TEST(Anomalies, HaveNames) {
    EXPECT_EQ(anomaly_name(Anomaly::short_ip), "short_ip");
    for (size_t i = 0; i < anomaly_count; ++i) EXPECT_FALSE(anomaly_name(static_cast<Anomaly>(i)).empty());
    EXPECT_EQ(decoded({1, 2, 3}, static_cast<LinkType>(9999)).anomaly, Anomaly::unsupported_link);
}

} // namespace
} // namespace visor::wire
