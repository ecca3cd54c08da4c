// Link layers that are a capture's own invention: Linux cooked v1 and v2, BSD loopback, and IP with nothing
// before it.
#include "wire/layers.hpp"

namespace visor::wire::layers {

namespace {
constexpr uint32_t arphrd_netlink = 824;

// What follows a cooked header: an EtherType, or one of Linux's own numbers below 1536 (if_ether.h).
void cooked_payload(Packet& p, uint32_t hardware, uint32_t protocol, uint32_t off, End end) {
    if (hardware == arphrd_netlink) return;
    switch (protocol) {
    case 0x0003:
        return ethernet(p, off, end, 1);
    case 0x0004:
        return llc(p, off, end, 1);
    case 0x0007:
        return ppp_hdlc(p, off, end, 1);
    default:
        break;
    }
    if (protocol > 1535) ethertype(p, protocol, off, end, 1);
}

// Address families of IPv6 differ among the systems that write this header.
void family_payload(Packet& p, uint32_t family, uint32_t off, End end) {
    switch (family) {
    case 2:
        return ipv4(p, off, end);
    case 24:
    case 28:
    case 30:
        return ipv6(p, off, end);
    default:
        return;
    }
}

// The family is in the byte order of the machine that captured, in 32 bits or in either half of them: what
// makes it a small number. Some writers put an EtherType there, some PPP.
uint32_t null_family(uint32_t little_endian) {
    uint32_t v = little_endian;
    if (v > 0xffff) return v < 0x60000 ? v >> 16 : __builtin_bswap32(v);
    return (v & 0xff) == 0 && v < 0x600 ? v >> 8 : v;
}
} // namespace

void linux_cooked(Packet& p, End end) {
    if (end.captured < 16) return stop(p, Anomaly::short_link);
    if (load_be16(p.data + 4) == 6) p.eth_src = 6 + 1;
    cooked_payload(p, load_be16(p.data + 2), load_be16(p.data + 14), 16, end);
}

void linux_cooked2(Packet& p, End end) {
    if (end.captured < 20) return stop(p, Anomaly::short_link);
    if (p.data[11] == 6) p.eth_src = 12 + 1;
    cooked_payload(p, load_be16(p.data + 8), load_be16(p.data), 20, end);
}

void null_loop(Packet& p, End end) {
    if (end.captured < 4) return stop(p, Anomaly::short_link);
    if (load_be16(p.data) == 0xff03) return ppp_hdlc(p, 0, end, 1);
    const uint32_t family = null_family(load_le32(p.data));
    if (family > 1500) return ethertype(p, family & 0xffff, 4, end, 1);
    family_payload(p, family, 4, end);
}

void loop(Packet& p, End end) {
    if (end.captured < 4) return stop(p, Anomaly::short_link);
    family_payload(p, load_be32(p.data), 4, end);
}

// Frames of this type by ISDN drivers may begin with PPP, PPP after one byte, or ten zeros.
void raw_ip(Packet& p, End end) {
    static constexpr uint8_t zeros[10] = {};
    if (end.captured >= 2 && load_be16(p.data) == 0xff03) return ppp_hdlc(p, 0, end, 1);
    if (end.captured >= 3 && load_be16(p.data + 1) == 0xff03) return ppp_hdlc(p, 1, end, 1);
    if (end.captured < 8) return stop(p, Anomaly::short_link); // too short to be told apart
    if (end.captured >= 10 && std::memcmp(p.data, zeros, 10) == 0) return ipv4(p, 10, end);
    if (p.data[0] >> 4 == 4) return ipv4(p, 0, end);
    if (p.data[0] >> 4 == 6) ipv6(p, 0, end);
}

// The header says its length, padded to four bytes.
void pflog(Packet& p, End end) {
    if (end.captured < 2) return stop(p, Anomaly::short_link);
    const uint32_t header = (p.data[0] + 3U) & ~3U;
    if (end.captured < header) return stop(p, Anomaly::short_link);
    family_payload(p, p.data[1], header, end);
}

// OpenBSD numbers its families as family_payload does, but for the other systems' IPv6.
void enc(Packet& p, End end) {
    if (end.captured < 12) return stop(p, Anomaly::short_link);
    uint32_t family = load_be32(p.data);
    if (family > 0xffff) family = __builtin_bswap32(family);
    if (family == 2 || family == 24) family_payload(p, family, 12, end);
}

// Attributes of 16-bit length and type in the byte order of a little-endian host; number 9 is the packet.
void nflog(Packet& p, End end) {
    uint32_t off = 4;
    while (end.captured >= off + 4) {
        const uint32_t length = p.data[off] | p.data[off + 1] << 8,
                       type = p.data[off + 2] | p.data[off + 3] << 8;
        if (length < 4 || off + length > end.reported) return stop(p, Anomaly::short_link);
        if (type == 9) {
            if (p.data[0] == 2) return ipv4(p, off + 4, end.within(off + length));
            if (p.data[0] == 10) ipv6(p, off + 4, end.within(off + length));
            return;
        }
        off += (length + 3) & ~3U;
    }
    stop(p, Anomaly::short_link);
}

// Version, family as Solaris numbers them, hook, length, interfaces and zones.
void ipnet(Packet& p, End end) {
    if (end.captured < 24) return stop(p, Anomaly::short_link);
    if (p.data[1] == 2) return ipv4(p, 24, end);
    if (p.data[1] == 26) ipv6(p, 24, end);
}

} // namespace visor::wire::layers
