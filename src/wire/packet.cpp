#include "wire/packet.hpp"

#include "wire/decode.hpp"
#include "wire/layers.hpp"

#include <algorithm>
#include <array>

namespace visor::wire {

namespace layers {
const uint8_t no_addresses[32] = {};
}

std::string_view anomaly_name(Anomaly anomaly) {
    static constexpr std::array<std::string_view, anomaly_count> names = {
        "none",     "short_link",    "short_ip",     "bad_ip_header",   "bad_ip_length",
        "short_l4", "bad_l4_length", "deep_nesting", "unsupported_link"};
    return names[static_cast<size_t>(anomaly)];
}

namespace {
void reset(Packet& p, const uint8_t* data, uint32_t caplen, uint32_t wirelen) {
    p.data = data;
    p.addresses = layers::no_addresses;
    p.caplen = caplen;
    p.wirelen = wirelen;
    p.payload_len = 0;
    p.l3 = p.l4 = p.payload = p.src_port = p.dst_port = p.eth_src = 0;
    p.ip_version = p.proto = p.tcp_flags = 0;
    p.flags = caplen < wirelen ? packet_flag::cut : 0;
    p.anomaly = Anomaly::none;
}

// Link types no fast network has.
void other_link(LinkType link, Packet& p, layers::End end) {
    switch (link) {
    case LinkType::ieee802_11:
        return layers::ieee802_11(p, 0, end, false);
    case LinkType::radiotap:
        return layers::radiotap(p, end);
    case LinkType::prism:
        return layers::prism(p, end);
    case LinkType::avs:
        return layers::avs(p, end);
    case LinkType::ppi:
        return layers::ppi(p, end);
    case LinkType::token_ring:
        return layers::token_ring(p, end);
    case LinkType::fddi:
        return layers::fddi(p, end);
    case LinkType::frame_relay:
        return layers::frame_relay(p, 0, end);
    case LinkType::ip_over_fc:
        return layers::ip_over_fc(p, end);
    case LinkType::atm_rfc1483:
    case LinkType::atm_rfc1483_dlt:
        return layers::llc(p, 0, end, 1);
    case LinkType::pflog:
        return layers::pflog(p, end);
    case LinkType::enc:
    case LinkType::enc_dlt:
        return layers::enc(p, end);
    case LinkType::nflog:
        return layers::nflog(p, end);
    case LinkType::ipnet:
        return layers::ipnet(p, end);
    case LinkType::ppp_with_direction:
        return layers::ppp_hdlc(p, 1, end, 1);
    case LinkType::ip_over_1394:
        if (end.captured < 18) return layers::stop(p, Anomaly::short_link);
        return layers::ethertype(p, load_be16(p.data + 16), 18, end, 1);
    case LinkType::ipoib:
        if (end.captured < 44) return layers::stop(p, Anomaly::short_link);
        return layers::ethertype(p, load_be16(p.data + 40), 44, end, 1);
    default:
        return layers::rare_link(link, p, end);
    }
}
} // namespace

void layers::link_layer(LinkType link, Packet& p, End end) {
    switch (link) {
    case LinkType::ethernet:
        return layers::ethernet(p, 0, end, 0);
    case LinkType::linux_sll:
        return layers::linux_cooked(p, end);
    case LinkType::linux_sll2:
        return layers::linux_cooked2(p, end);
    case LinkType::raw_bsd:
    case LinkType::raw_openbsd:
    case LinkType::raw:
        return layers::raw_ip(p, end);
    case LinkType::null:
        return layers::null_loop(p, end);
    case LinkType::loop:
        return layers::loop(p, end);
    case LinkType::ipv4:
        return layers::ipv4(p, 0, end);
    case LinkType::ipv6:
        return layers::ipv6(p, 0, end);
    case LinkType::ppp:
    case LinkType::ppp_hdlc:
        return layers::ppp_hdlc(p, 0, end, 1);
    case LinkType::ppp_ether:
        return layers::pppoe(p, 0, end, 1);
    case LinkType::chdlc:
    case LinkType::chdlc_netbsd:
        return layers::chdlc(p, 0, end);
    default:
        return other_link(link, p, end);
    }
}

void decode_layers(LinkType link, const uint8_t* data, uint32_t caplen, uint32_t wirelen, Packet& p) {
    reset(p, data, caplen, wirelen);
    // A record that says it captured more than there was is believed about what it holds.
    layers::link_layer(link, p, {caplen, std::max(caplen, wirelen)});
    p.kind = Packet::kind_of(p.ip_version, p.layer4());
}

namespace {
Fragment fragment_of_v4(const Packet& p) {
    const uint8_t* b = p.data + p.l3;
    const uint32_t field = load_be16(b + 6), header = (b[0] & 15U) * 4, total = load_be16(b + 2);
    Fragment f;
    f.id = load_be16(b + 4);
    f.offset = (field & 0x1fff) * 8;
    f.more = (field & 0x2000) != 0;
    const uint32_t end = total == 0 ? p.caplen : std::min(p.caplen, p.l3 + total);
    f.body = {b + header, end - p.l3 - header};
    return f;
}

// The decoder has checked every header up to the fragment header against the captured bytes.
Fragment fragment_of_v6(const Packet& p) {
    const uint8_t* b = p.data + p.l3;
    const uint32_t length = load_be16(b + 4);
    const uint32_t end = length == 0 ? p.caplen : std::min(p.caplen, p.l3 + 40U + length);
    uint32_t off = p.l3 + 40U;
    uint8_t next = b[6];
    while (next != 44) {
        const uint8_t* x = p.data + off;
        off += next == 51 ? (x[1] + 2U) * 4 : (x[1] + 1U) * 8;
        next = x[0];
    }
    const uint8_t* h = p.data + off;
    Fragment f;
    f.id = load_be32(h + 4);
    f.offset = load_be16(h + 2) & 0xfff8;
    f.more = (h[3] & 1) != 0;
    f.body = {h + 8, end - off - 8};
    return f;
}
} // namespace

Fragment fragment_of(const Packet& packet) {
    if (!packet.has(packet_flag::fragment)) return {};
    return packet.is_v4() ? fragment_of_v4(packet) : fragment_of_v6(packet);
}

} // namespace visor::wire
