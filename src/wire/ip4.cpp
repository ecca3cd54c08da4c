// IPv4 (RFC 791).
#include "wire/layers.hpp"

namespace visor::wire::layers {

void ipv4(Packet& p, uint32_t off, End end) {
    const uint8_t* b = p.data + off;
    if (end.captured > off && b[0] >> 4 == 6) return ipv6(p, off, end); // mislabelled, but whole
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
    const uint32_t fragment = load_be16(b + 6);
    if ((fragment & 0x3fff) != 0) {
        p.flags |= packet_flag::fragment;
        if ((fragment & 0x1fff) != 0) {
            p.flags |= packet_flag::later_fragment;
            p.proto = b[9];
            return;
        }
    }
    if (end.reported <= off + header) return; // a header and nothing more: no protocol
    extensions(p, b[9], off + header, end);
}

} // namespace visor::wire::layers
