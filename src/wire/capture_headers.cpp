// Headers that capture tools and appliances put before a frame to say where it was seen, and what kind of
// frame it is.
#include "wire/layers.hpp"

namespace visor::wire::layers {

namespace {
// Headers that can hold one another are followed once.
bool nests(LinkType link) {
    return link == LinkType::pktap || link == LinkType::user2 || link == LinkType::ppi;
}

void move_up(Packet& p, uint32_t off) {
    const uint32_t furthest = off + (p.payload > p.l3 ? p.payload : p.l3);
    if (furthest > 0xffff) { // offsets are 16-bit; a header that deep can only be a crafted one
        p.ip_version = p.proto = p.tcp_flags = 0;
        p.flags &= packet_flag::cut;
        p.l3 = p.l4 = p.payload = p.src_port = p.dst_port = p.eth_src = 0;
        p.payload_len = 0;
        p.addresses = no_addresses;
        return stop(p, Anomaly::deep_nesting);
    }
    for (uint16_t* place : {&p.l4, &p.payload, &p.eth_src})
        if (*place != 0) *place = static_cast<uint16_t>(*place + off);
    if (p.ip_version != 0) p.l3 = static_cast<uint16_t>(p.l3 + off);
}
} // namespace

// Link layers count from the start of their frame: it is moved there while they work.
void nested(LinkType link, Packet& p, uint32_t off, End end) {
    if (end.captured < off) return stop(p, Anomaly::short_link);
    if (nests(link)) return stop(p, Anomaly::deep_nesting);
    p.data += off;
    p.caplen -= off;
    link_layer(link, p, {end.captured - off, end.reported - off});
    p.data -= off;
    p.caplen += off;
    if (p.anomaly == Anomaly::unsupported_link) p.anomaly = Anomaly::none; // the file's own type is known
    move_up(p, off);
}

// macOS: length, kind of record, link type of what follows; then interface and process.
void pktap(Packet& p, End end) {
    constexpr uint32_t header_min = 108, a_packet = 1;
    if (end.captured < header_min) return stop(p, Anomaly::short_link);
    const uint32_t length = load_le32(p.data), kind = load_le32(p.data + 4), link = load_le32(p.data + 8);
    if (length < header_min || length > end.captured) return stop(p, Anomaly::short_link);
    if (kind == a_packet && link <= 0xffff) nested(static_cast<LinkType>(link), p, length, end);
}

// Length, and the link type of what follows.
void ppi(Packet& p, End end) {
    if (end.captured < 8) return stop(p, Anomaly::short_link);
    const uint32_t length = load_le16(p.data + 2), link = load_le32(p.data + 4);
    if (length < 8) return stop(p, Anomaly::short_link);
    if (link <= 0xffff) nested(static_cast<LinkType>(link), p, length, end);
}

// Endace: time, kind, flags, lengths; extension headers of eight bytes, each of which says whether one
// follows. Kinds differ in what the header tells beside (colours, hashes), and some put words of their own
// before the frame.
void erf(Packet& p, End end) {
    constexpr uint8_t more_headers = 0x80;
    if (end.captured < 16) return stop(p, Anomaly::short_link);
    const uint32_t wire_length = load_be16(p.data + 14);
    uint32_t off = 16;
    for (uint8_t more = p.data[8]; (more & more_headers) != 0; off += 8) {
        if (end.captured < off + 8) return stop(p, Anomaly::short_link);
        more = p.data[off];
    }
    switch (p.data[8] & 0x7f) {
    case 2:
    case 11:
    case 16:
    case 20: // Ethernet, behind an offset and a byte of padding
        return ethernet(p, off + 2, end.within(off + 2 + wire_length), 1);
    case 1:
    case 10:
    case 15:
    case 19: // HDLC
        return ppp_hdlc(p, off, end.within(off + wire_length), 1);
    case 5:
    case 17: // of one channel of several
        return ppp_hdlc(p, off + 4, end.within(off + 4 + wire_length), 1);
    case 4: // AAL5, behind its cell's header
        return llc(p, off + 4, end, 1);
    case 9:
        return llc(p, off + 8, end, 1);
    case 22:
        return ipv4(p, off, end.within(off + wire_length));
    case 23:
        return ipv6(p, off, end.within(off + wire_length));
    default:
        return;
    }
}

// Wireless sniffers over UDP: version, kind, protocol, then tagged fields of which 0 is padding and 1 the
// end.
void tzsp(Packet& p, End end) {
    if (end.captured < 5) return stop(p, Anomaly::short_link);
    constexpr uint8_t keep_alive = 4, port_opener = 5; // carry no frame
    if (p.data[1] == keep_alive || p.data[1] == port_opener) return;
    const uint32_t protocol = load_be16(p.data + 2);
    uint32_t off = 4;
    while (off < end.captured && p.data[off] != 1) {
        if (p.data[off] == 0) {
            ++off;
            continue;
        }
        if (end.captured < off + 2) return stop(p, Anomaly::short_link);
        off += 2U + p.data[off + 1];
    }
    ++off;
    if (end.captured <= off) return stop(p, Anomaly::short_link);
    switch (protocol) {
    case 1:
        return ethernet(p, off, end, 1);
    case 2:
        return nested(LinkType::token_ring, p, off, end);
    case 4:
        return ppp_hdlc(p, off, end, 1);
    case 7:
        return nested(LinkType::raw, p, off, end);
    case 18:
        return ieee802_11(p, off, end, false);
    case 119:
        return nested(LinkType::prism, p, off, end);
    case 127:
        return nested(LinkType::avs, p, off, end);
    default:
        return;
    }
}

// Hilscher: a word with the header's version, and a bit for events of other inputs than the Ethernet port.
void netanalyzer(Packet& p, End end) {
    constexpr uint32_t other_input = 0x100;
    if (end.captured < 4) return stop(p, Anomaly::short_link);
    const uint32_t word = load_le32(p.data);
    const uint32_t version = word >> 10 & 15;
    if ((version == 1 || version == 2) && (word & other_input) == 0) ethernet(p, 4, end, 1);
}

// Symantec's firewalls write an EtherType in one of two places, and 0 in the first when it is the second.
void symantec(Packet& p, End end) {
    if (end.captured < 44) return stop(p, Anomaly::short_link);
    if (const uint32_t type = load_be16(p.data + 6); type != 0) return ethertype(p, type, 44, end, 1);
    if (end.captured < 56) return stop(p, Anomaly::short_link);
    ethertype(p, load_be16(p.data + 10), 56, end, 1);
}

// Tags of 16-bit type and length up to tag 0; tag 12 names the protocol that follows.
void exported_pdu(Packet& p, End end) {
    constexpr uint32_t tag_end = 0, tag_protocol = 12;
    std::string_view protocol;
    for (uint32_t off = 0; end.captured >= off + 4;) {
        const uint32_t tag = load_be16(p.data + off), length = load_be16(p.data + off + 2);
        off += 4;
        if (end.captured < off + length) break;
        const std::string_view value(reinterpret_cast<const char*>(p.data + off), length);
        off += length;
        if (tag == tag_protocol) protocol = value.substr(0, value.find('\0'));
        if (tag != tag_end) continue;
        if (protocol == "ip") return ipv4(p, off, end);
        if (protocol == "ipv6") return ipv6(p, off, end);
        if (protocol == "raw_ip") return nested(LinkType::raw, p, off, end);
        if (protocol.starts_with("eth_")) ethernet(p, off, end, 1);
        return;
    }
    stop(p, Anomaly::short_link);
}

} // namespace visor::wire::layers
