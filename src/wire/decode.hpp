// From a frame's bytes to a Packet.
//
// The frames most networks are made of are decoded in one straight line: Ethernet with at most one VLAN tag,
// IPv4 without options or fragments or IPv6 without extension headers, then UDP or TCP, every header captured
// and every length possible. All others go through the layers, which say the same of these, only later; tests
// and a fuzz target hold the two against each other. Threads: pure functions. Owns: nothing. Hot.
#pragma once

#include "wire/packet.hpp"

namespace visor::wire {

namespace detail {

struct PlainL4 {
    uint32_t offset; // of the layer 4 header; 0 when this is no plain packet
    uint32_t end;    // of the datagram, as captured
    uint8_t proto;
};

// An IP header at `off`, of which at least an IPv4 header and the 8 bytes behind it are captured.
inline PlainL4 plain_ip(const uint8_t* d, uint32_t off, uint32_t caplen, uint16_t type, Packet& p) {
    const uint8_t* ip = d + off;
    p.l3 = static_cast<uint16_t>(off);
    if (type == 0x0800) {
        const uint32_t total = load_be16(ip + 2);
        if (ip[0] != 0x45 || total < 20 || (load_be16(ip + 6) & 0x3fff) != 0) return {};
        p.ip_version = 4;
        p.addresses = ip + 12;
        return {off + 20, off + total < caplen ? off + total : caplen, ip[9]};
    }
    const uint32_t length = load_be16(ip + 4);
    if (type != 0x86dd || caplen < off + 48 || ip[0] >> 4 != 6 || length == 0) return {};
    p.ip_version = 6;
    p.addresses = ip + 8;
    return {off + 40, off + 40 + length < caplen ? off + 40 + length : caplen, ip[6]};
}

} // namespace detail

// False when this is no plain frame; then nothing it wrote counts.
inline bool decode_plain(const uint8_t* d, uint32_t caplen, uint32_t wirelen, Packet& p) {
    if (caplen < 14 + 4 + 20 + 8) return false;
    uint32_t off = 14;
    uint16_t type = load_be16(d + 12);
    if (type == 0x8100) {
        type = load_be16(d + 16);
        off = 18;
    }
    const detail::PlainL4 l4 = detail::plain_ip(d, off, caplen, type, p);
    const uint8_t* b = d + l4.offset;
    uint32_t end = l4.end, header = 8;
    auto layer4 = Layer4::udp;
    p.tcp_flags = 0;
    if (l4.proto == ip_proto::udp) {
        if (end < l4.offset + 8) return false;
        const uint32_t length = load_be16(b + 4);
        if (length < 8) return false;
        end = l4.offset + length < end ? l4.offset + length : end;
    } else if (l4.proto == ip_proto::tcp) {
        if (end < l4.offset + 20) return false;
        header = (b[12] >> 4) * 4U;
        if (header < 20 || end < l4.offset + header) return false;
        p.tcp_flags = b[13];
        layer4 = Layer4::tcp;
    } else {
        return false;
    }
    p.data = d;
    p.caplen = caplen;
    p.wirelen = wirelen;
    p.payload = static_cast<uint16_t>(l4.offset + header);
    p.payload_len = end - (l4.offset + header);
    p.l4 = static_cast<uint16_t>(l4.offset);
    p.src_port = load_be16(b);
    p.dst_port = load_be16(b + 2);
    p.eth_src = 7;
    p.proto = l4.proto;
    p.flags = static_cast<uint8_t>(packet_flag::has_addresses | packet_flag::has_ports |
                                   (caplen < wirelen ? packet_flag::cut : 0));
    p.anomaly = Anomaly::none;
    p.kind = Packet::kind_of(p.ip_version, layer4);
    return true;
}

// Layer by layer, any frame of any link type.
void decode_layers(LinkType link, const uint8_t* data, uint32_t caplen, uint32_t wirelen, Packet& out);

// Fills everything but ts_ns, flow_hash and direction. True when the frame was plain.
inline bool decode(LinkType link, const uint8_t* data, uint32_t caplen, uint32_t wirelen, Packet& out) {
    if (link == LinkType::ethernet && decode_plain(data, caplen, wirelen, out)) [[likely]]
        return true;
    decode_layers(link, data, caplen, wirelen, out);
    return false;
}

} // namespace visor::wire
