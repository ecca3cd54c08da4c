// IPv4 (RFC 791), and as Van Jacobson compression starts it (RFC 1144).
#include "wire/layers.hpp"

namespace visor::wire::layers {

namespace {
void header_and_more(Packet& p, uint32_t off, End end, bool protocol_known_tcp) {
    const uint8_t* b = p.data + off;
    if (!begin_ip(p, 4, off)) return;
    if (end.captured < off + 20) return stop(p, Anomaly::short_ip); // counts as IPv4, of no known protocol
    const uint32_t header = (b[0] & 15U) * 4;
    if (b[0] >> 4 != 4 || header < 20) return stop(p, Anomaly::bad_ip_header);
    set_addresses(p, off + 12);
    const uint32_t total = load_be16(b + 2);
    if (total != 0) { // 0: segmentation was left to the network card, the frame says how long it is
        if (total < header) return stop(p, Anomaly::bad_ip_length);
        end = end.within(off + total);
    }
    if (end.captured < off + header) return stop(p, Anomaly::short_ip);
    const uint8_t proto = protocol_known_tcp ? ip_proto::tcp : b[9];
    const uint32_t fragment = load_be16(b + 6);
    if ((fragment & 0x3fff) != 0) {
        p.flags |= packet_flag::fragment;
        if (end.captured < off + total) p.flags |= packet_flag::cut_fragment;
        if ((fragment & 0x1fff) != 0) {
            p.flags |= packet_flag::later_fragment;
            p.proto = proto;
            return;
        }
    }
    if (end.reported <= off + header) return; // a header and nothing more: no protocol
    extensions(p, proto, off + header, end);
}
} // namespace

void ipv4(Packet& p, uint32_t off, End end) {
    header_and_more(p, off, end, false);
}

// Section 3.2.3: a TCP/IPv4 packet whose protocol field holds a connection number.
void vj_uncompressed(Packet& p, uint32_t off, End end) {
    if (end.captured <= off || p.data[off] >> 4 != 4) return stop(p, Anomaly::short_link);
    header_and_more(p, off, end, true);
}

} // namespace visor::wire::layers
