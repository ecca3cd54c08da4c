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

// Whether these are the first bytes of a registered address: 1 for the blocks the IEEE gave out whole, which
// most equipment has, and for the prefix of virtual machines; 0 when they may be, as any unicast address that
// is not locally administered; -1 else.
int registered(const uint8_t* address) {
    static constexpr uint8_t given_out_whole[] = {0x30, 0x40, 0x50, 0x60, 0x80, 0x90, 0xa0, 0xc0, 0xd0, 0xe0};
    const uint8_t second = address[1];
    if (address[0] == 0) {
        if (second <= 0x26) return 1;
        for (const uint8_t block : given_out_whole)
            if (second == block) return 1;
    }
    if (load_be32(address) >> 8 == 0x525400) return 1;
    return (address[0] & 3) == 0 ? 0 : -1;
}

bool is_common_type(const uint8_t* b) {
    const uint32_t type = load_be16(b);
    return (type == 0x0800 && b[2] >> 4 == 4) || (type == 0x86dd && b[2] >> 4 == 6) || type == 0x0806 ||
           type == 0x8100 || type == 0x88a8;
}

// First nibble 0: an Ethernet pseudowire, with the control word of RFC 4448 unless the bytes begin with two
// registered addresses. What the addresses leave open, the type behind them decides.
void pseudowire(Packet& p, uint32_t off, End end, unsigned depth) {
    if (end.captured >= off + 14) {
        const uint8_t* b = p.data + off;
        const int to = registered(b), from = registered(b + 6);
        const bool certain = to > 0 && from > 0, open = to >= 0 && from >= 0;
        const bool typed = end.captured > off + 14 && is_common_type(b + 12);
        if (certain || (open && typed)) return ethernet(p, off, end, depth);
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
