// UDP (RFC 768), TCP (RFC 9293), SCTP (RFC 9260) and the ICMPs (RFC 792, RFC 4443): ports, flags and where
// payload is.
#include "wire/layers.hpp"

namespace visor::wire::layers {

namespace {
void ports(Packet& p, const uint8_t* b) {
    p.src_port = load_be16(b);
    p.dst_port = load_be16(b + 2);
    p.flags |= packet_flag::has_ports;
}

void payload(Packet& p, uint32_t off, uint32_t end) {
    if (off > 0xffff) return stop(p, Anomaly::deep_nesting);
    p.payload = static_cast<uint16_t>(off);
    p.payload_len = end > off ? end - off : 0;
}

void udp(Packet& p, uint32_t off, End end) {
    const uint8_t* b = p.data + off;
    if (end.captured < off + 8) {
        if (end.captured >= off + 4) ports(p, b);
        return stop(p, Anomaly::short_l4);
    }
    ports(p, b);
    const uint32_t length = load_be16(b + 4);
    if (length >= 8)
        end = end.within(off + length);
    else if (length != 0 || p.ip_version == 4) // RFC 2675 section 4: 0 is a jumbogram's
        return stop(p, Anomaly::bad_l4_length);
    payload(p, off + 8, end.captured);
}

void tcp(Packet& p, uint32_t off, End end) {
    const uint8_t* b = p.data + off;
    if (end.captured >= off + 4) ports(p, b);
    if (end.captured >= off + 14) p.tcp_flags = b[13];
    if (end.captured < off + 20) return stop(p, Anomaly::short_l4);
    const uint32_t header = (b[12] >> 4) * 4U;
    if (header < 20) return stop(p, Anomaly::bad_l4_length);
    if (end.captured < off + header)
        return stop(p, end.reported < off + header ? Anomaly::bad_l4_length : Anomaly::short_l4);
    payload(p, off + header, end.captured);
}

void fixed(Packet& p, uint32_t off, End end, uint32_t header) {
    if (end.captured < off + header) return stop(p, Anomaly::short_l4);
    payload(p, off + header, end.captured);
}
} // namespace

void transport(Packet& p, uint8_t proto, uint32_t off, End end) {
    p.proto = proto;
    if (off > 0xffff) return stop(p, Anomaly::deep_nesting);
    if (end.captured > off) p.l4 = static_cast<uint16_t>(off);
    switch (proto) {
    case ip_proto::udp:
        return udp(p, off, end);
    case ip_proto::tcp:
        return tcp(p, off, end);
    case ip_proto::icmp:
        return fixed(p, off, end, 8);
    case ip_proto::icmp6:
        return fixed(p, off, end, 4);
    case ip_proto::sctp:
        if (end.captured >= off + 4) ports(p, p.data + off);
        return fixed(p, off, end, 12);
    default:
        return;
    }
}

} // namespace visor::wire::layers
