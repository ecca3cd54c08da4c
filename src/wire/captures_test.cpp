// Whole captures through the parsers; what they hold was counted by other tools. The files are not part of
// the source tree: VISOR_SHARED names the folder, else ../shared beside the tree is tried.
#include "wire/decode.hpp"
#include "wire/dhcp.hpp"
#include "wire/dns.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace visor::wire {
namespace {

std::string shared_file(const std::string& name) {
    const char* root = std::getenv("VISOR_SHARED");
    const std::string here = __FILE__;
    const std::string tree = here.substr(0, here.rfind("/src/wire/"));
    return (root != nullptr ? std::string(root) : tree + "/../shared") + "/" + name;
}

// Classic little-endian pcap.
class Capture {
public:
    explicit Capture(const std::string& name) : path_(shared_file(name)) {
        std::ifstream in(path_, std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(in), {});
    }
    bool found() const { return bytes_.size() > 24; }
    const std::string& path() const { return path_; }
    template <class F>
    void each(F use) const {
        const auto link = static_cast<LinkType>(load_native<uint32_t>(bytes_.data() + 20));
        for (size_t at = 24; at + 16 <= bytes_.size();) {
            const auto caplen = load_native<uint32_t>(bytes_.data() + at + 8);
            Packet p;
            decode(link, bytes_.data() + at + 16, caplen, load_native<uint32_t>(bytes_.data() + at + 12), p);
            EXPECT_EQ(p.anomaly, Anomaly::none);
            use(p);
            at += 16 + caplen;
        }
    }

private:
    std::string path_;
    std::vector<uint8_t> bytes_;
};

TEST(Captures, MixedTraffic) {
    const Capture capture("captures/ref_mixed.pcap");
    if (!capture.found()) GTEST_SKIP() << capture.path() << " is not here";
    std::map<std::string, int> n;
    capture.each([&](const Packet& p) {
        ++n[p.is_v4() ? "v4" : p.ip_version == 6 ? "v6" : "none"];
        ++n[p.has(packet_flag::later_fragment) ? "fragment"
            : p.is_udp()                       ? "udp"
            : p.is_tcp()                       ? "tcp"
                                               : "other"];
    });
    const std::map<std::string, int> want = {{"v4", 397},     {"v6", 100},  {"tcp", 333},
                                             {"fragment", 8}, {"udp", 132}, {"other", 24}};
    EXPECT_EQ(n, want);
}

TEST(Captures, TagsLabelsAndTunnels) {
    const Capture vlan("captures/vlan10.pcap");
    if (!vlan.found()) GTEST_SKIP() << vlan.path() << " is not here";
    const Capture mpls("captures/mpls2.pcap");
    if (!mpls.found()) GTEST_SKIP() << mpls.path() << " is not here";
    const Capture vxlan("captures/tun_vxlan.pcap");
    if (!vxlan.found()) GTEST_SKIP() << vxlan.path() << " is not here";
    int dns = 0, outer_udp = 0, icmp = 0;
    const auto count = [&](const Packet& p) { dns += p.is_udp() && p.dst_port == 53; };
    vlan.each(count);
    EXPECT_EQ(dns, 5);
    mpls.each(count);
    EXPECT_EQ(dns, 10);
    vxlan.each([&](const Packet& p) {
        icmp += p.proto == ip_proto::icmp; // errors that quote such a packet
        outer_udp += p.is_udp() && p.dst_port == 4789;
    });
    EXPECT_EQ(outer_udp, 9);
    EXPECT_EQ(icmp, 6);
}

TEST(Captures, DnsNames) {
    const Capture capture("fixtures/pcap/dns_ipv4_udp.pcap");
    if (!capture.found()) GTEST_SKIP() << capture.path() << " is not here";
    std::set<std::string> names;
    int queries = 0, replies = 0;
    capture.each([&](const Packet& p) {
        ASSERT_TRUE(p.is_udp());
        const DnsMessage d = parse_dns(p.payload_bytes());
        ASSERT_EQ(d.anomaly, DnsAnomaly::none);
        EXPECT_EQ(walk_dns_records(d).anomaly, DnsAnomaly::none);
        ++(d.header.flags.response() ? replies : queries);
        char out[dns_name_text_max];
        names.emplace(out, dns_name_text(d.bytes, d.name, true, out));
    });
    EXPECT_EQ(queries, 70);
    EXPECT_EQ(replies, 70);
    EXPECT_EQ(names.size(), 70u);
    for (const std::string& name : names) EXPECT_EQ(name.substr(name.size() - 9), ".test.com");
}

TEST(Captures, Dnssec) {
    const Capture capture("fixtures/pcap/dnssec.pcap");
    if (!capture.found()) GTEST_SKIP() << capture.path() << " is not here";
    int signed_replies = 0, edns = 0;
    capture.each([&](const Packet& p) {
        const DnsRecords r = walk_dns_records(parse_dns(p.payload_bytes()));
        signed_replies += r.rrsig_in_answer;
        edns += r.edns;
    });
    EXPECT_EQ(signed_replies, 6);
    EXPECT_GT(edns, 0);
}

TEST(Captures, DhcpFlow) {
    const Capture capture("fixtures/pcap/dhcp-flow.pcap");
    if (!capture.found()) GTEST_SKIP() << capture.path() << " is not here";
    std::map<int, int> types;
    std::set<std::string> hosts;
    capture.each([&](const Packet& p) {
        const Dhcp4 d = parse_dhcp4(p.payload_bytes());
        ASSERT_TRUE(d.ok);
        ++types[d.type];
        if (d.type == dhcp4_type::request && d.hostname.ok())
            hosts.emplace(reinterpret_cast<const char*>(d.hostname.data()), d.hostname.size());
    });
    EXPECT_EQ(types, (std::map<int, int>{{dhcp4_type::discover, 1},
                                         {dhcp4_type::offer, 1},
                                         {dhcp4_type::request, 3},
                                         {dhcp4_type::ack, 3}}));
    EXPECT_TRUE(hosts.contains("Shannons-MBP"));
    EXPECT_TRUE(hosts.contains("Zenfone-8"));
}

} // namespace
} // namespace visor::wire
