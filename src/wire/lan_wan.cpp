// Token Ring, FDDI, Fibre Channel, Frame Relay, ATM and GFP: IP behind 802.2 LLC or its likes (RFC 1042, RFC
// 2625, RFC 2427, RFC 2684, ITU-T G.7041); ARCNET (RFC 1201) and AX.25, with numbers of their own.
#include "wire/layers.hpp"

namespace visor::wire::layers {

// RFC 2427: network layer protocol identifiers (ISO/IEC TR 9577).
void nlpid(Packet& p, uint32_t off, End end) {
    if (end.captured > off && p.data[off] == 0) ++off; // padding
    if (end.captured <= off) return stop(p, Anomaly::short_link);
    switch (p.data[off]) {
    case 0xcc:
        return ipv4(p, off + 1, end);
    case 0x8e:
        return ipv6(p, off + 1, end);
    case 0x80:
        return snap(p, off + 1, end, 1, 0);
    case 0xcf:
        return ppp(p, off + 1, end, 1);
    default:
        return;
    }
}

// Access control, frame control, addresses; a set group bit in the source address announces a source route.
void token_ring(Packet& p, End end) {
    if (end.captured < 16) return stop(p, Anomaly::short_link);
    if (p.data[1] >> 6 != 1) return; // not LLC
    p.eth_src = 8 + 1;
    uint32_t off = 14;
    if ((p.data[8] & 0x80) != 0) {
        const uint32_t route = p.data[14] & 31U;
        if (route < 2 || route % 2 != 0) return stop(p, Anomaly::short_link);
        off += route;
    }
    llc(p, off, end, 1);
}

void fddi(Packet& p, End end) {
    if (end.captured < 13) return stop(p, Anomaly::short_link);
    p.eth_src = 7 + 1;
    if ((p.data[0] & 0xf0) == 0x50) llc(p, 13, end, 1); // asynchronous LLC
}

// Fibre Channel addresses are eight bytes, the MAC address their last six.
void ip_over_fc(Packet& p, End end) {
    if (end.captured < 16) return stop(p, Anomaly::short_link);
    p.eth_src = 10 + 1;
    llc(p, 16, end, 1);
}

// Q.922 address of two to four bytes, the last one odd; then control and NLPID, or Cisco's EtherType.
void frame_relay(Packet& p, uint32_t off, End end) {
    const uint32_t last = off + 4;
    ++off;
    while (off < last && off < end.captured && (p.data[off] & 1) == 0) ++off;
    ++off;
    if (end.captured < off + 2) return stop(p, Anomaly::short_link);
    const uint32_t control = p.data[off];
    const bool exchange_id = (control & 0xef) == 0xaf;
    if ((control & 3) == 3 && !exchange_id) return nlpid(p, off + 1, end); // unnumbered
    ethertype(p, load_be16(p.data + off), off + 2, end, 1);
}

// Solaris's driver: kind of traffic, VPI, VCI. A kind it does not tell is known by its first bytes.
void sunatm(Packet& p, End end) {
    constexpr uint32_t lane = 1, llc_multiplexed = 2, management = 5, signalling = 6, signalling_circuit = 5;
    if (end.captured < 8) return stop(p, Anomaly::short_link);
    const uint32_t kind = p.data[0] & 15U;
    if (kind == lane) { // LAN emulation: its client's number, or ff 00 before control frames
        if (load_be16(p.data + 4) != 0xff00) ethernet(p, 6, end, 1);
        return;
    }
    if (kind == management || kind == signalling) return;
    if (kind == llc_multiplexed) return llc(p, 4, end, 1);
    if (load_be16(p.data + 2) == signalling_circuit) return;
    if (load_be32(p.data + 4) >> 8 == 0xaaaa03) return llc(p, 4, end, 1);
    if (load_be16(p.data + 4) == 0) return ethernet(p, 6, end, 1);
    const unsigned nibble = p.data[4] >> 4;
    if (nibble == 4 || nibble == 6) ipv4(p, 4, end); // RFC 2225: IPv4 alone
}

// RFC 1051 sends IP bare; RFC 1201 with a flag and a sequence number. An exception frame has them twice on
// the wire; Linux drops the first.
void arcnet(Packet& p, uint32_t off, End end, bool exceptions) {
    constexpr uint32_t ip_1051 = 0xf0, ip_1201 = 0xd4, ipv6_1201 = 0xc4, exception = 0xff;
    if (end.captured <= off) return stop(p, Anomaly::short_link);
    const uint32_t protocol = p.data[off];
    if (protocol == ip_1051) return ipv4(p, off + 1, end);
    if (protocol != ip_1201 && protocol != ipv6_1201) return;
    if (end.captured < off + 4) return stop(p, Anomaly::short_link);
    off += exceptions && p.data[off + 1] == exception ? 8 : 4;
    protocol == ip_1201 ? ipv4(p, off, end) : ipv6(p, off, end);
}

// Addresses of seven bytes, the last one marked; control; a protocol in frames that carry data.
void ax25(Packet& p, uint32_t off, End end) {
    constexpr uint32_t ip = 0xcc;
    do {
        off += 7;
        if (end.captured < off + 2) return stop(p, Anomaly::short_link);
    } while ((p.data[off - 1] & 1) == 0);
    const uint32_t control = p.data[off];
    const bool carries_data = control == 3 || (control & 1) == 0; // UI and I frames
    if (carries_data && p.data[off + 1] == ip) ipv4(p, off + 2, end);
}

// Core header; payload header: kind of frame, check sequence, extension; kind of user payload.
void gfp(Packet& p, End end) {
    constexpr uint32_t client_data = 0, management = 5, linear_extension = 1;
    constexpr uint8_t has_check_sequence = 0x10;
    if (end.captured < 8) return stop(p, Anomaly::short_link);
    const uint8_t type = p.data[4];
    if (type >> 5 != client_data && type >> 5 != management) return;
    if ((type & has_check_sequence) != 0 && end.reported >= 12) end = end.within(end.reported - 4);
    const uint32_t off = (type & 15) == linear_extension ? 12 : 8;
    switch (p.data[5]) {
    case 1:
        return ethernet(p, off, end, 1);
    case 2:
        return ppp_hdlc(p, off, end, 1);
    case 12:
    case 13:
        return mpls(p, off, end, 1);
    case 16:
        return ipv4(p, off, end);
    case 17:
        return ipv6(p, off, end);
    default:
        return;
    }
}

} // namespace visor::wire::layers
