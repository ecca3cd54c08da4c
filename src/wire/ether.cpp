// IEEE 802.3 frames: Ethernet II and 802.2 LLC/SNAP, 802.1Q/802.1ad tags, and the dispatch on EtherType.
#include "wire/layers.hpp"

namespace visor::wire::layers {

namespace {
constexpr uint32_t length_max = 1500; // IEEE 802.3 3.2.6: up to here the field is a length, from 1536 a type
constexpr unsigned tags_max = 20;

bool is_tag(uint32_t type) {
    return type == 0x8100 || type == 0x88a8 || type == 0x9100;
}

// A length field instead of a type, after the addresses or after a tag: LLC, or Novell's raw IPX (no LLC, ff
// ff).
void length_framed(Packet& p, uint32_t length, uint32_t off, End end, unsigned depth) {
    end = end.within(off + length);
    if (end.captured >= off + 2 && load_be16(p.data + off) == 0xffff) return;
    llc(p, off, end, depth);
}

// Cisco's Inter-Switch Link: an address of five bytes and a kind of frame in place of a destination, a length
// in place of a type, then 12 bytes before the whole frame.
bool is_isl(const uint8_t* addresses) {
    constexpr uint64_t group = 0x01000c0000, other_group = 0x0c000c0000; // kind 0: Ethernet
    const uint64_t to = static_cast<uint64_t>(load_be32(addresses)) << 8 | addresses[4];
    return (to == group || to == other_group) && addresses[5] >> 4 == 0;
}
} // namespace

void ethernet(Packet& p, uint32_t off, End end, unsigned depth) {
    if (end.captured < off + 14) return stop(p, Anomaly::short_link);
    if (p.eth_src == 0) p.eth_src = static_cast<uint16_t>(off + 7);
    const uint32_t type = load_be16(p.data + off + 12);
    off += 14;
    if (type > length_max) return ethertype(p, type, off, end, depth);
    if (is_isl(p.data + off - 14) && depth <= nesting_max)
        return ethernet(p, off + 12, type != 0 ? end.within(off + type) : end, depth + 1);
    if (type != 0) length_framed(p, type, off, end, depth); // length 0 is taken for an unknown type
}

void type_or_length(Packet& p, uint32_t value, uint32_t off, End end, unsigned depth) {
    value > length_max ? ethertype(p, value, off, end, depth) : length_framed(p, value, off, end, depth);
}

// RFC 1042: OUI 0 and Cisco's 00-00-f8 carry an EtherType; 00-80-c2 bridges whole frames (RFC 2427
// section 4.2).
void snap(Packet& p, uint32_t off, End end, unsigned depth, uint32_t bridge_padding) {
    if (end.captured < off + 5) return stop(p, Anomaly::short_link);
    const uint32_t oui = load_be32(p.data + off) >> 8;
    const uint32_t pid = load_be16(p.data + off + 3);
    off += 5;
    if (oui == 0 || oui == 0x0000f8) return ethertype(p, pid, off, end, depth);
    if (oui == 0x0080c2 && (pid == 0x0001 || pid == 0x0007)) ethernet(p, off + bridge_padding, end, depth);
}
void llc(Packet& p, uint32_t off, End end, unsigned depth) {
    if (end.captured < off + 3) return stop(p, Anomaly::short_link);
    const uint32_t dsap = p.data[off], ssap = p.data[off + 1], control = p.data[off + 2];
    const bool unnumbered = (control & 3) == 3;
    off += unnumbered ? 3 : 4; // I and S frames have a 16-bit control field
    const bool carries_data = control == 3 || (control & 1) == 0; // UI and I frames
    if (!carries_data || ++depth > nesting_max) return;
    if (dsap == 0xaa && ssap == 0xaa) return snap(p, off, end, depth, 2);
    if (dsap == 0xfe && control == 3) return nlpid(p, off, end); // ISO network layer
    if (dsap == 0x06) ipv4(p, off, end);                         // the ARPANET IP SAP
}

void ethertype(Packet& p, uint32_t type, uint32_t off, End end, unsigned depth) {
    for (unsigned tags = 0; is_tag(type); ++tags) {
        if (tags == tags_max) return stop(p, Anomaly::deep_nesting);
        if (end.captured < off + 4) return stop(p, Anomaly::short_link);
        type = load_be16(p.data + off + 2);
        off += 4;
        if (type <= length_max) return length_framed(p, type, off, end, depth);
    }
    if (depth > nesting_max) return stop(p, Anomaly::deep_nesting);
    switch (type) {
    case 0x0800:
        return ipv4(p, off, end);
    case 0x86dd:
        return ipv6(p, off, end);
    case 0x8847:
    case 0x8848:
        return mpls(p, off, end, depth + 1);
    case 0x8864:
        return pppoe(p, off, end, depth + 1);
    case 0x8870: // jumbo frames in place of a length
        return llc(p, off, end, depth + 1);
    case 0x6558:
        return ethernet(p, off, end, depth + 1); // transparent Ethernet bridging
    default:
        return shim(p, type, off, end, depth + 1);
    }
}

} // namespace visor::wire::layers
