// IEEE 802.11 data frames, and the headers monitors put before them.
#include "wire/layers.hpp"

namespace visor::wire::layers {

namespace {
constexpr uint8_t from_and_to_ds = 3, more_fragments = 4, is_protected = 0x40, order = 0x80;
constexpr uint8_t without_data = 4, with_qos = 8; // bits of a data frame's subtype

bool is_avs(uint32_t magic) {
    return (magic & 0xfffff000) == 0x80211000;
}

// Whether the frame behind a radiotap header has its own header padded to four bytes.
bool padded_header(const uint8_t* b, uint32_t length) {
    const uint32_t present = load_le32(b + 4);
    uint32_t off = 8;
    for (uint32_t word = present; (word & 0x80000000) != 0; off += 4) { // more words of presence bits
        if (off + 4 > length) return false;
        word = load_le32(b + off);
    }
    if ((present & 1) != 0) off = ((off + 7) & ~7U) + 8; // timestamp, aligned
    return (present & 2) != 0 && off < length && (b[off] & 0x20) != 0;
}
} // namespace

// Aggregates (802.11n) are read as far as their first subframe; encrypted frames and parts of frames not at
// all.
void ieee802_11(Packet& p, uint32_t off, End end, bool padded) {
    if (end.captured < off + 24) return stop(p, Anomaly::short_link);
    const uint8_t* b = p.data + off;
    const uint32_t subtype = b[0] >> 4;
    if ((b[0] & 0x0f) != 0x08 || (subtype & without_data) != 0) return; // version 0, type data
    if ((b[1] & (is_protected | more_fragments)) != 0) return;
    p.eth_src = static_cast<uint16_t>(off + 10 + 1); // the transmitter
    uint32_t header = (b[1] & from_and_to_ds) == from_and_to_ds ? 30 : 24;
    bool aggregate = false;
    if ((subtype & with_qos) != 0) {
        if (end.captured < off + header + 2) return stop(p, Anomaly::short_link);
        aggregate = (b[header] & 0x80) != 0;
        header += (b[1] & order) != 0 ? 6 : 2; // with HT control
    }
    if (padded) header = (header + 3) & ~3U;
    llc(p, off + header + (aggregate ? 14 : 0), end, 1);
}

void radiotap(Packet& p, End end) {
    if (end.captured < 8) return stop(p, Anomaly::short_link);
    const uint32_t length = load_le16(p.data + 2);
    if (length < 8 || length > end.captured) return stop(p, Anomaly::short_link);
    ieee802_11(p, length, end, padded_header(p.data, length));
}

// Some drivers put the newer AVS header, or none, under this link type.
void prism(Packet& p, End end) {
    constexpr uint32_t prism_header = 144;
    if (end.captured < 8) return stop(p, Anomaly::short_link);
    const uint32_t code = load_be32(p.data);
    if (is_avs(code)) return avs(p, end);
    const bool in_either_order = code == 0x41 || code == 0x44 || code == 0x41000000 || code == 0x44000000;
    ieee802_11(p, in_either_order ? prism_header : 0, end, false);
}

void avs(Packet& p, End end) {
    if (end.captured < 8) return stop(p, Anomaly::short_link);
    const uint32_t length = load_be32(p.data + 4);
    if (length > end.captured) return stop(p, Anomaly::short_link);
    ieee802_11(p, length, end, false);
}

} // namespace visor::wire::layers
