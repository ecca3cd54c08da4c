// From a frame's bytes to a Packet.
//
// The frames most networks are made of are decoded in one straight line: Ethernet with at most one VLAN tag,
// IPv4 without options or fragments or IPv6 without extension headers, then UDP or TCP, every header captured
// and every length possible. All others go through the layers, which say the same of these, only later; tests
// and a fuzz target hold the two against each other. Threads: pure functions. Owns: nothing. Hot.
#pragma once

#include "wire/packet.hpp"

#include <algorithm>

namespace visor::wire {

namespace detail {

// An IP header of this version at `off`, of which at least an IPv4 header and the 8 bytes behind it are
// captured. A line for each version: whoever takes one meets no question about it further on.
template <uint8_t Version>
inline bool plain_ip(const uint8_t* d, uint32_t off, uint32_t caplen, uint32_t wirelen, Packet& p) {
    constexpr bool v4 = Version == 4;
    const uint8_t* const ip = d + off;
    const uint32_t length = load_be16(ip + (v4 ? 2 : 4)); // of IPv4 with the header
    if (v4 && (ip[0] != 0x45 || length < 20 || (load_be16(ip + 6) & 0x3fff) != 0)) return false;
    if (!v4 && (caplen < off + 48 || ip[0] >> 4 != 6 || length == 0)) return false;
    const uint8_t proto = ip[v4 ? 9 : 6];
    const uint32_t at = off + (v4 ? 20 : 40); // layer 4
    const uint8_t* const b = d + at;
    uint32_t end = std::min(v4 ? off + length : at + length, caplen), header = 8;
    auto layer4 = Layer4::udp;
    uint8_t tcp_flags = 0;
    if (proto == ip_proto::udp) {
        if (end < at + 8) return false;
        const uint32_t udp_length = load_be16(b + 4);
        if (udp_length < 8) return false;
        end = std::min(at + udp_length, end);
    } else if (proto == ip_proto::tcp) {
        if (end < at + 20) return false;
        header = (b[12] >> 4) * 4U;
        if (header < 20 || end < at + header) return false;
        tcp_flags = b[13];
        layer4 = Layer4::tcp;
    } else {
        return false;
    }
    p.data = d;
    p.addresses = ip + (v4 ? 12 : 8);
    p.caplen = caplen;
    p.wirelen = wirelen;
    p.payload_len = end - (at + header);
    p.l3 = static_cast<uint16_t>(off);
    p.l4 = static_cast<uint16_t>(at);
    p.payload = static_cast<uint16_t>(at + header);
    p.src_port = load_be16(b);
    p.dst_port = load_be16(b + 2);
    p.eth_src = 7;
    p.ip_version = Version;
    p.anomaly = Anomaly::none;
    p.proto = proto;
    p.tcp_flags = tcp_flags;
    p.flags = static_cast<uint8_t>(packet_flag::has_addresses | packet_flag::has_ports |
                                   (caplen < wirelen ? packet_flag::cut : 0));
    p.kind = Packet::kind_of(Version, layer4);
    return true;
}

} // namespace detail

// The IP version of a plain frame; 0 when it is none, and nothing was written.
inline uint8_t decode_plain(const uint8_t* d, uint32_t caplen, uint32_t wirelen, Packet& p) {
    if (caplen < 14 + 4 + 20 + 8) return 0;
    // Without a branch, after which a compiler would have each place in the frame as one of two numbers.
    const uint32_t tag = load_be16(d + 12) == 0x8100 ? 4 : 0, off = 14 + tag;
    const uint16_t type = load_be16(d + 12 + tag);
    if (type == 0x0800) return detail::plain_ip<4>(d, off, caplen, wirelen, p) ? 4 : 0;
    if (type == 0x86dd) return detail::plain_ip<6>(d, off, caplen, wirelen, p) ? 6 : 0;
    return 0;
}

// Layer by layer, any frame of any link type.
void decode_layers(LinkType link, const uint8_t* data, uint32_t caplen, uint32_t wirelen, Packet& out);

// Fills everything but ts_ns, flow_hash and direction. The IP version when the frame was plain, else 0.
inline uint8_t decode(LinkType link, const uint8_t* data, uint32_t caplen, uint32_t wirelen, Packet& out) {
    if (link == LinkType::ethernet) [[likely]]
        if (const uint8_t plain = decode_plain(data, caplen, wirelen, out)) [[likely]]
            return plain;
    decode_layers(link, data, caplen, wirelen, out);
    return 0;
}

} // namespace visor::wire
