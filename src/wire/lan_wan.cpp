// Token Ring, FDDI, Fibre Channel and Frame Relay: IP behind 802.2 LLC or its likes (RFC 1042, RFC 2625, RFC
// 2427).
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
void frame_relay(Packet& p, End end) {
    uint32_t off = 1;
    while (off < 4 && off < end.captured && (p.data[off] & 1) == 0) ++off;
    ++off;
    if (end.captured < off + 2) return stop(p, Anomaly::short_link);
    const uint32_t control = p.data[off];
    const bool exchange_id = (control & 0xef) == 0xaf;
    if ((control & 3) == 3 && !exchange_id) return nlpid(p, off + 1, end); // unnumbered
    ethertype(p, load_be16(p.data + off), off + 2, end, 1);
}

} // namespace visor::wire::layers
