// MPLS label stacks (RFC 3032) and what may follow them: nothing in the stack says what it carries.
#include "wire/layers.hpp"

namespace visor::wire::layers {

namespace {
constexpr uint32_t label_oam_alert = 14; // RFC 3429: a Y.1711 message
constexpr uint32_t label_gal = 13;       // RFC 5586: an associated channel

// RFC 4385 section 5: 0001, version, reserved, channel type; IPv4 and IPv6 channels of RFC 4446.
void associated_channel(Packet& p, uint32_t off, End end) {
    if (end.captured < off + 4) return stop(p, Anomaly::short_link);
    const uint32_t channel = load_be16(p.data + off + 2);
    if (channel == 0x0021) return ipv4(p, off + 4, end);
    if (channel == 0x0057) ipv6(p, off + 4, end);
}

// First nibble 0: an Ethernet pseudowire, with the control word of RFC 4448 unless the bytes read better as a
// frame between two registered unicast addresses without one.
void pseudowire(Packet& p, uint32_t off, End end, unsigned depth) {
    if (end.captured >= off + 15) {
        const uint8_t* b = p.data + off;
        const uint32_t type = load_be16(b + 12);
        const bool registered = (b[0] & 3) == 0 && (b[6] & 3) == 0;
        const bool plain = (type == 0x0800 && b[14] >> 4 == 4) || (type == 0x86dd && b[14] >> 4 == 6) ||
                           type == 0x8100 || type == 0x88a8 || type == 0x0806;
        if (registered && plain) return ethernet(p, off, end, depth);
    }
    ethernet(p, off + 4, end, depth);
}
} // namespace

void mpls(Packet& p, uint32_t off, End end, unsigned depth) {
    uint32_t entry = 0;
    for (unsigned labels = 0; (entry & 0x100) == 0; ++labels) {
        if (labels > nesting_max * 4 || depth > nesting_max) return stop(p, Anomaly::deep_nesting);
        if (end.captured < off + 4) return stop(p, Anomaly::short_link);
        entry = load_be32(p.data + off);
        off += 4;
    }
    if (end.captured <= off) return stop(p, Anomaly::short_link);
    const uint32_t label = entry >> 12;
    if (label == label_oam_alert) return;
    const unsigned nibble = p.data[off] >> 4;
    if (label == label_gal || nibble == 1) return associated_channel(p, off, end);
    if (nibble == 4) return ipv4(p, off, end);
    if (nibble == 6) return ipv6(p, off, end);
    if (nibble == 0) pseudowire(p, off, end, depth + 1);
}

} // namespace visor::wire::layers
