// Headers of networks' own that stand between Ethernet and what it carries: MACsec without encryption
// (IEEE 802.1AE), service chaining (RFC 8300), backbone bridges (IEEE 802.1ah), TRILL (RFC 6325), FabricPath,
// HSR (IEC 62439-3), Cisco's metadata and Arista's timestamps; the tags of port extenders (IEEE 802.1BR,
// VN-TAG) and of redundant paths (IEEE 802.1CB), and the mesh of B.A.T.M.A.N. advanced.
#include "wire/layers.hpp"

namespace visor::wire::layers {

namespace {
// The security tag; then the frame goes on with its own EtherType, and a check value ends it.
void macsec(Packet& p, uint32_t off, End end, unsigned depth) {
    constexpr uint8_t has_sci = 0x20, encrypted_or_changed = 0x0c;
    constexpr uint32_t check_size = 16;
    if (end.captured < off + 6) return stop(p, Anomaly::short_link);
    const uint8_t control = p.data[off];
    const uint32_t short_length = p.data[off + 1] & 0x3fU; // of frames below 48 bytes; their padding follows
    if ((control & encrypted_or_changed) != 0) return;
    off += (control & has_sci) != 0 ? 14 : 6;
    if (end.captured < off + 2) return stop(p, Anomaly::short_link);
    if (short_length != 0)
        end = end.within(off + short_length);
    else if (end.reported >= off + 2 + check_size)
        end = end.within(end.reported - check_size);
    if (end.captured < off + 2) return stop(p, Anomaly::short_link);
    ethertype(p, load_be16(p.data + off), off + 2, end, depth);
}

// Base header: length in words of four bytes, then what follows.
void service_header(Packet& p, uint32_t off, End end, unsigned depth) {
    if (end.captured < off + 8) return stop(p, Anomaly::short_link);
    const uint32_t next = p.data[off + 3];
    const uint32_t length = (p.data[off + 1] & 0x3fU) * 4;
    if (length < 8) return stop(p, Anomaly::short_link);
    off += length;
    if (next == 1) return ipv4(p, off, end);
    if (next == 2) return ipv6(p, off, end);
    if (next == 3) return ethernet(p, off, end, depth);
    if (next == 5) mpls(p, off, end, depth);
}

// Subtype 1, a time of eight or six bytes by version, then the frame's own EtherType.
void arista(Packet& p, uint32_t off, End end, unsigned depth) {
    if (end.captured < off + 4) return stop(p, Anomaly::short_link);
    if (load_be16(p.data + off) != 1) return;
    const uint32_t version = p.data[off + 3];
    if (version != 0x10 && version != 0x20) return;
    off += version == 0x10 ? 12 : 10;
    if (end.captured < off + 2) return stop(p, Anomaly::short_link);
    ethertype(p, load_be16(p.data + off), off + 2, end, depth);
}

// A header of `size` bytes that ends with the frame's own EtherType.
void fixed_shim(Packet& p, uint32_t off, uint32_t size, End end, unsigned depth) {
    off += size;
    if (end.captured < off) return stop(p, Anomaly::short_link);
    ethertype(p, load_be16(p.data + off - 2), off, end, depth);
}

// The frame stands whole behind its packet's header, which both versions of the protocol have differently;
// parts of fragmented frames are not put together.
void batman(Packet& p, uint32_t off, End end, unsigned depth) {
    if (end.captured < off + 2) return stop(p, Anomaly::short_link);
    const uint32_t version = p.data[off + 1];
    switch (version << 8 | p.data[off]) {
    case 14 << 8 | 3: // unicast
    case 15 << 8 | 0x40:
        return ethernet(p, off + 10, end, depth);
    case 14 << 8 | 4: // broadcast
    case 15 << 8 | 1:
        return ethernet(p, off + 14, end, depth);
    case 14 << 8 | 9: // unicast with the originator's address
    case 15 << 8 | 0x42:
        return ethernet(p, off + 18, end, depth);
    default:
        return;
    }
}
} // namespace

void shim(Packet& p, uint32_t type, uint32_t off, End end, unsigned depth) {
    switch (type) {
    case 0x88e5:
        return macsec(p, off, end, depth);
    case 0x894f:
        return service_header(p, off, end, depth);
    case 0xd28b:
        return arista(p, off, end, depth);
    case 0x892f: // HSR: path and size, sequence number
    case 0xf1c1: // 802.1CB: reserved, sequence number
        return fixed_shim(p, off, 6, end, depth);
    case 0x8926: // VN-TAG: direction and virtual interfaces
        if (end.captured < off + 6) return stop(p, Anomaly::short_link);
        return type_or_length(p, load_be16(p.data + off + 4), off + 6, end, depth);
    case 0x893f: // 802.1BR: priority and channels
    case 0x8909: // Cisco's metadata: version, length, option, value
        return fixed_shim(p, off, 8, end, depth);
    case 0x4305:
        return batman(p, off, end, depth);
    case 0xa0ed: // 6LoWPAN (RFC 7973): only what is not compressed
        if (end.captured <= off) return stop(p, Anomaly::short_link);
        if (p.data[off] == 0x41) ipv6(p, off + 1, end);
        return;
    case 0x88e7: // 802.1ah: service tag, then the customer's frame
        return ethernet(p, off + 4, end, depth);
    case 0x8903: // FabricPath: tree and hop count, then the edge's frame
        return ethernet(p, off + 2, end, depth);
    case 0x22f3: // TRILL: six bytes and options, then the edge's frame
        if (end.captured < off + 6) return stop(p, Anomaly::short_link);
        return ethernet(p, off + 6 + (load_be16(p.data + off) >> 6 & 31U) * 4, end, depth);
    default:
        return;
    }
}

} // namespace visor::wire::layers
