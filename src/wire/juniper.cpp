// Captures taken on Juniper routers: a header that says what was stripped, then the interface's own framing.
#include "wire/layers.hpp"

namespace visor::wire::layers {

namespace {
constexpr uint32_t magic = 0x4d4743; // "MGC"; frames without it have no header
constexpr uint8_t without_link_header = 2, with_extensions = 0x80;

// What was below the stripped link header, as the router numbers it.
void stripped(Packet& p, uint32_t off, End end) {
    if (end.captured < off + 4) return stop(p, Anomaly::short_link);
    const uint32_t protocol = p.data[off];
    if (protocol == 2 || protocol == 3) return ipv4(p, off + 4, end);
    if (protocol == 6 || protocol == 7) ipv6(p, off + 4, end);
}

// A chip's header before a bare IPv4 packet.
void behind(Packet& p, uint32_t off, End end) {
    if (end.captured < off) return stop(p, Anomaly::short_link);
    ipv4(p, off, end);
}

// A virtual circuit says nowhere what it carries; PPP only behind the newer chip's cookie.
void atm(Packet& p, uint32_t off, End end, bool may_be_ppp) {
    if (end.captured < off + 4) return stop(p, Anomaly::short_link);
    const uint8_t* b = p.data + off;
    if (load_be32(b) >> 8 == 0xaaaa03) return llc(p, off, end, 1);
    if (b[0] == 3) return nlpid(p, off + 1, end);
    const uint32_t first = load_be16(b);
    if (may_be_ppp && (first == 0x0021 || first == 0x0057)) return ppp(p, off, end, 1);
    if (b[0] >> 4 == 4) return ipv4(p, off, end);
    if (b[0] >> 4 == 6) ipv6(p, off, end);
}

// Multilink interfaces: PPP or Frame Relay behind a sequence number or an address, unless the cookie is that
// of a bare packet.
void multilink(LinkType link, Packet& p, uint32_t off, End end) {
    constexpr uint8_t bare_packet = 0x40;
    if (end.captured < off + 4) return stop(p, Anomaly::short_link);
    const uint8_t* b = p.data + off;
    if (b[0] == bare_packet) return behind(p, off + 8, end);
    if (link == LinkType::juniper_mlfr) {
        if (b[2] == 3) nlpid(p, off + 3, end);
        return;
    }
    const auto is_ip = [](uint32_t protocol) { return protocol == 0x0021 || protocol == 0x0057; };
    if (is_ip(load_be16(b))) return ppp(p, off, end, 1);
    if (is_ip(load_be16(b + 2))) ppp(p, off + 2, end, 1);
}

void by_interface(LinkType link, Packet& p, uint32_t off, End end) {
    switch (link) {
    case LinkType::juniper_ether:
    case LinkType::juniper_pppoe:
        return ethernet(p, off, end, 1);
    case LinkType::juniper_ppp: // behind address and control
        return ppp(p, off + 2, end, 1);
    case LinkType::juniper_chdlc:
        return chdlc(p, off, end);
    case LinkType::juniper_frelay:
        return frame_relay(p, off, end);
    case LinkType::juniper_atm1:
        return atm(p, off + 4, end, false);
    case LinkType::juniper_atm2:
        return atm(p, off + 8, end, true);
    case LinkType::juniper_services:
        return behind(p, off + 12, end);
    case LinkType::juniper_vp:
        return behind(p, off + 18, end);
    case LinkType::juniper_ggsn:
        return stripped(p, off, end);
    default:
        return multilink(link, p, off, end);
    }
}
} // namespace

void juniper(LinkType link, Packet& p, End end) {
    uint32_t off = 0;
    if (end.captured >= 4 && load_be32(p.data) >> 8 == magic) {
        const uint8_t flags = p.data[3];
        off = 4;
        if ((flags & with_extensions) != 0) {
            if (end.captured < 6) return stop(p, Anomaly::short_link);
            off += 2U + load_be16(p.data + 4);
        }
        if ((flags & without_link_header) != 0) return stripped(p, off, end);
    }
    by_interface(link, p, off, end);
}

} // namespace visor::wire::layers
