// PPP in its framings: HDLC-like (RFC 1662), over Ethernet (RFC 2516), and Cisco's HDLC.
#include "wire/layers.hpp"

namespace visor::wire::layers {

namespace {
// RFC 1990 section 3: long sequence numbers, the default; only the first fragment has a protocol field.
void multilink(Packet& p, uint32_t off, End end, unsigned depth) {
    if (end.captured < off + 4) return stop(p, Anomaly::short_link);
    if ((p.data[off] & 0x80) != 0) ppp(p, off + 4, end, depth);
}

// RFC 3518 section 4.1: flags, MAC type, then the frame.
void bridged(Packet& p, uint32_t off, End end, unsigned depth) {
    if (end.captured < off + 2) return stop(p, Anomaly::short_link);
    if (p.data[off + 1] == 1) ethernet(p, off + 2, end, depth);
}
} // namespace

void ppp(Packet& p, uint32_t off, End end, unsigned depth) {
    if (depth > nesting_max) return stop(p, Anomaly::deep_nesting);
    if (end.captured <= off) return stop(p, Anomaly::short_link);
    uint32_t protocol = p.data[off];
    if ((protocol & 1) == 0) { // an odd first byte is a compressed protocol field (RFC 1661 section 6.5)
        if (end.captured < off + 2) return stop(p, Anomaly::short_link);
        protocol = load_be16(p.data + off);
        ++off;
    }
    ++off;
    switch (protocol) {
    case 0x0021:
    case 0x0800: // an EtherType by mistake, as is 86dd
        return ipv4(p, off, end);
    case 0x0061: // full headers of RTP compression (RFC 2509)
        if (end.captured > off && p.data[off] >> 4 == 4) ipv4(p, off, end);
        return;
    case 0x002f:
        return vj_uncompressed(p, off, end);
    case 0x0057:
    case 0x86dd:
        return ipv6(p, off, end);
    case 0x0031:
        return bridged(p, off, end, depth + 1);
    case 0x003d:
        return multilink(p, off, end, depth + 1);
    case 0x0281:
    case 0x0283:
        return mpls(p, off, end, depth + 1);
    default:
        return;
    }
}

void ppp_hdlc(Packet& p, uint32_t off, End end, unsigned depth) {
    if (end.captured <= off) return stop(p, Anomaly::short_link);
    const uint32_t address = p.data[off];
    if (address == 0x0f || address == 0x8f) return chdlc(p, off, end);
    if (address == 0xff) off += 2; // with address and control field
    ppp(p, off, end, depth);
}

void pppoe(Packet& p, uint32_t off, End end, unsigned depth) {
    if (end.captured < off + 6) return stop(p, Anomaly::short_link);
    const uint32_t length = load_be16(p.data + off + 4);
    off += 6;
    ppp(p, off, end.within(off + length), depth);
}

void chdlc(Packet& p, uint32_t off, End end) {
    if (end.captured <= off + 4) return stop(p, Anomaly::short_link); // a header alone carries nothing
    ethertype(p, load_be16(p.data + off + 2), off + 4, end, 1);
}

} // namespace visor::wire::layers
