// One captured frame, decoded once for every handler: where its outermost headers are and what they say.
//
// Outermost means: below VLAN tags, MPLS labels, PPPoE and the link layer's own framing, but above any
// tunnel: an IP-in-IP, GRE, VXLAN or Geneve packet counts as the outer packet, an ICMP error as ICMP.
// Threads: plain value. Owns: nothing; `data` is valid until the block it came from is released.
// Units: offsets are bytes from the start of the frame; times are nanoseconds since 1970.
// Wire: IEEE 802.3/802.1Q/802.1ad, RFC 3032 (MPLS), RFC 2516 (PPPoE), RFC 791, RFC 8200, RFC 768, RFC 9293.
#pragma once

#include "base/bytes.hpp"
#include "base/ip.hpp"
#include "wire/link.hpp"

#include <string_view>

namespace visor::wire {

// IP protocol numbers the decoder and the handlers name (IANA protocol-numbers).
namespace ip_proto {
inline constexpr uint8_t icmp = 1, ipip = 4, tcp = 6, udp = 17, ipv6 = 41, gre = 47, icmp6 = 58, sctp = 132;
inline constexpr uint8_t none = 255; // IANA reserved: the IP header is cut or damaged, or nothing follows it
} // namespace ip_proto

enum class Direction : uint8_t { unknown, in, out };

// What kept a frame from being decoded to the end. It is still counted; the ledger names the reason.
enum class Anomaly : uint8_t {
    none,
    short_link,      // frame ends inside the link header, a tag or a label stack
    short_ip,        // frame ends inside the IP header or its extension headers
    bad_ip_header,   // version or header length that cannot be
    bad_ip_length,   // total length smaller than the header
    short_l4,        // frame ends inside the TCP/UDP/SCTP/ICMP header
    bad_l4_length,   // UDP length or TCP data offset that cannot be
    deep_nesting,    // more tags, labels or extension headers than the decoder follows
    unsupported_link // the link type of this packet's interface is not one we read
};
inline constexpr size_t anomaly_count = 9;
std::string_view anomaly_name(Anomaly anomaly); // "short_ip"

namespace packet_flag {
inline constexpr uint8_t fragment = 1; // part of a fragmented datagram (RFC 791 MF or offset, RFC 8200 4.5)
inline constexpr uint8_t later_fragment = 2; // ... and not its first part: there is no layer 4 header
inline constexpr uint8_t cut = 4;            // captured length below the length on the wire
inline constexpr uint8_t has_ports = 8;      // src_port and dst_port were captured
inline constexpr uint8_t cut_fragment = 32;  // a fragment of which not all that its header says was captured
inline constexpr uint8_t has_addresses =
    16; // src_ip() and dst_ip() were captured; without it they read as zeros
} // namespace packet_flag

namespace tcp_flag {
inline constexpr uint8_t fin = 1, syn = 2, rst = 4, psh = 8, ack = 16;
} // namespace tcp_flag

// What a packet counts as: layer 4 of its outermost headers. Parts of a datagram without that header, and
// what has no IP header, are others.
enum class Layer4 : uint8_t { udp, tcp, other };

struct Packet {
    const uint8_t* data = nullptr;
    const uint8_t* addresses =
        nullptr; // source, then destination, in the frame; zeros elsewhere when not captured
    int64_t ts_ns = 0;
    uint64_t flow_hash = 0; // keyed, the same for both directions of a 5-tuple; set by the engine
    uint32_t caplen = 0;
    uint32_t wirelen = 0;
    uint32_t payload_len = 0; // captured layer 4 payload, bounded by the IP and UDP lengths
    uint16_t l3 = 0;          // offset of the IP header; meaningful only with ip_version (0 with raw IP)
    uint16_t l4 = 0;          // offset of the layer 4 header; 0 when there is none captured
    uint16_t payload = 0;     // offset of the layer 4 payload; 0 when there is none
    uint16_t src_port = 0, dst_port = 0;
    uint16_t eth_src = 0;   // offset of the 6-byte source MAC + 1; 0 when the link has none
    uint8_t ip_version = 0; // 0, 4 or 6
    Anomaly anomaly = Anomaly::none;
    uint8_t proto = 0; // layer 4 protocol after extension headers; meaningless when ip_version is 0
    uint8_t tcp_flags = 0;
    uint8_t flags = 0;                                  // packet_flag
    Direction direction = Direction::unknown;           // set by the engine
    uint8_t kind = static_cast<uint8_t>(Layer4::other); // kind_of(ip_version, layer4()), below `kinds`

    static constexpr size_t kinds = 16;
    static uint8_t kind_of(uint8_t ip_version, Layer4 layer4) {
        return static_cast<uint8_t>(ip_version << 1 | static_cast<uint8_t>(layer4));
    }
    Layer4 layer4() const { return is_udp() ? Layer4::udp : is_tcp() ? Layer4::tcp : Layer4::other; }

    bool has(uint8_t flag) const { return (flags & flag) != 0; }
    bool is_v4() const { return ip_version == 4; }
    bool is_udp() const { return proto == ip_proto::udp && ip_version && !has(packet_flag::later_fragment); }
    bool is_tcp() const { return proto == ip_proto::tcp && ip_version && !has(packet_flag::later_fragment); }
    const uint8_t* src_ip() const { return addresses; } // 4 or 16 bytes; only with ip_version
    const uint8_t* dst_ip() const { return addresses + ip_len(); }
    size_t ip_len() const { return is_v4() ? 4 : 16; }
    IpAddress src() const { return is_v4() ? IpAddress::v4(src_ip()) : IpAddress::v6(src_ip()); }
    IpAddress dst() const { return is_v4() ? IpAddress::v4(dst_ip()) : IpAddress::v6(dst_ip()); }
    Bytes payload_bytes() const {
        return payload ? Bytes{data + payload, payload_len} : Bytes{data + caplen, 0};
    }
};
static_assert(sizeof(Packet) <= 64);

// Where a fragment belongs (RFC 791 section 3.2, RFC 8200 section 4.5). Only for packets flagged `fragment`.
struct Fragment {
    uint32_t id = 0;
    uint32_t offset = 0; // bytes
    bool more = false;
    Bytes body; // this fragment's part of the datagram, as captured
};
Fragment fragment_of(const Packet& packet);

} // namespace visor::wire
