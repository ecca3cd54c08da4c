// IPv6 (RFC 8200) and its extension headers, which tools also follow after IPv4 (RFC 4302 allows AH there).
#include "wire/layers.hpp"

namespace visor::wire::layers {

namespace {
constexpr uint8_t hop_by_hop = 0, routing = 43, fragmentation = 44, authentication = 51, destination = 60,
                  shim6 = 140;
constexpr uint32_t header_size = 40;

// The numbers that can chain on; ESP hides what follows, mobility (RFC 6275) and HIP (RFC 7401) end the
// chain.
bool is_extension(uint8_t next) {
    return next == hop_by_hop || next == routing || next == fragmentation || next == authentication ||
           next == destination || next == shim6;
}

uint32_t extension_size(uint8_t type, const uint8_t* b) {
    if (type == fragmentation) return 8;
    if (type == authentication) return (b[1] + 2U) * 4;
    return (b[1] + 1U) * 8;
}

// Options of a hop-by-hop or destination header (RFC 8200 section 4.2). They may overrun their header, as
// senders get that wrong, but not the packet: then nothing behind them can be trusted.
bool options_inside(const uint8_t* data, uint32_t off, uint32_t header_end, uint32_t captured) {
    while (off < header_end) {
        if (data[off] == 0) { // one byte of padding
            ++off;
            continue;
        }
        if (off + 2 > captured || off + 2 + data[off + 1] > captured) return false;
        off += 2U + data[off + 1];
    }
    return true;
}

// A segment list (RFC 8754) or a home address (RFC 6275) that overruns its header leaves nothing to trust
// behind it.
bool segments_inside(const uint8_t* routing_header, uint32_t size) {
    constexpr uint8_t home_address = 2, segment_routing = 4;
    const uint8_t type = routing_header[2];
    if (type == home_address) return size >= 8 + 16;
    return type != segment_routing || 8U + (routing_header[4] + 1U) * 16 <= size;
}

// Jumbo payload length (RFC 2675): the option is to be the first one, aligned 4n + 2.
uint32_t jumbo_length(const uint8_t* header, uint32_t captured) {
    if (header[6] != hop_by_hop || captured < header_size + 8) return 0;
    return load_be16(header + header_size + 2) == 0xc204 ? load_be32(header + header_size + 4) : 0;
}

// True when the packet goes on after this fragment header.
bool first_fragment(Packet& p, const uint8_t* b) {
    const uint32_t field = load_be16(b + 2);
    if ((field & 0xfff9) == 0) return true; // atomic (RFC 6946): whole
    if (p.ip_version == 6) p.flags |= packet_flag::fragment;
    if ((field & 0xfff8) == 0) return true;
    p.flags |= packet_flag::later_fragment;
    p.proto = b[0];
    return false;
}
} // namespace

void extensions(Packet& p, uint8_t next, uint32_t off, End end) {
    for (unsigned count = 0; is_extension(next); ++count) {
        p.proto = next;
        if (count == extension_max) return stop(p, Anomaly::deep_nesting);
        if (end.captured < off + 8) return stop(p, Anomaly::short_ip);
        const uint8_t* b = p.data + off;
        const uint32_t size = extension_size(next, b);
        if (end.captured < off + size) return stop(p, Anomaly::short_ip);
        if ((next == hop_by_hop || next == destination) &&
            !options_inside(p.data, off + 2, off + size, end.captured))
            return stop(p, Anomaly::short_ip);
        if (next == routing && !segments_inside(b, size)) return stop(p, Anomaly::bad_ip_header);
        if (next == fragmentation && !first_fragment(p, b)) return;
        next = b[0];
        off += size;
    }
    transport(p, next, off, end);
}

void ipv6(Packet& p, uint32_t off, End end) {
    const uint8_t* b = p.data + off;
    if (end.captured > off && b[0] >> 4 != 6) return stop(p, Anomaly::bad_ip_header); // not IP at all
    if (!begin_ip(p, 6, off)) return;
    if (end.captured < off + header_size) return stop(p, Anomaly::short_ip);
    set_addresses(p, off + 8);
    const uint32_t length = load_be16(b + 4);
    off += header_size;
    if (length != 0) {
        end = end.within(off + length);
    } else { // a jumbogram, or else nothing follows
        const uint32_t jumbo = jumbo_length(b, end.captured - p.l3);
        if (jumbo <= 0xffff)
            end = end.within(off);
        else if (jumbo < end.reported)
            end = end.within(off + jumbo);
    }
    extensions(p, b[6], off, end);
    if (p.has(packet_flag::fragment) && p.caplen < off + length) p.flags |= packet_flag::cut_fragment;
}

} // namespace visor::wire::layers
