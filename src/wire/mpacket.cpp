// Frames and their fragments on the wire of Ethernet with preemption (IEEE 802.3br, clause 99), from the
// preamble to the check sequence.
#include "wire/layers.hpp"

#include <array>

namespace visor::wire::layers {

namespace {
constexpr uint8_t preamble = 0x55;
constexpr uint32_t check_size = 4;

constexpr auto crc_table = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < table.size(); ++i) {
        table[i] = i;
        for (int bit = 0; bit < 8; ++bit) table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320 : 0);
    }
    return table;
}();

// IEEE 802.3 section 3.2.9. A first fragment ends with another sequence: so whole frames are told.
bool check_sequence_fits(const uint8_t* b, uint32_t size) {
    uint32_t crc = 0xffffffff;
    for (uint32_t i = 0; i < size; ++i) crc = crc >> 8 ^ crc_table[(crc ^ b[i]) & 0xff];
    return __builtin_bswap32(load_be32(b + size)) == ~crc;
}

// What follows the preamble: an express frame, or the start of one that may be interrupted, numbered modulo
// four; or a fragment that goes on, or a message between neighbours.
bool begins_frame(uint8_t delimiter) {
    return delimiter == 0xd5 || delimiter == 0xe6 || delimiter == 0x4c || delimiter == 0x7f ||
           delimiter == 0xb3;
}
bool continues_or_negotiates(uint8_t delimiter) {
    return delimiter == 0x61 || delimiter == 0x52 || delimiter == 0x9e || delimiter == 0x2a ||
           delimiter == 0x07 || delimiter == 0x19;
}
} // namespace

void mpacket(Packet& p, End end) {
    uint32_t off = 0;
    while (off < end.captured && p.data[off] == preamble) ++off;
    if (end.captured <= off) return stop(p, Anomaly::short_link);
    const uint8_t delimiter = p.data[off];
    if (continues_or_negotiates(delimiter)) return;
    if (!begins_frame(delimiter)) return ethernet(p, 0, end, 1); // captured without its preamble
    ++off;
    if (end.captured < end.reported || end.captured < off + check_size) return stop(p, Anomaly::short_link);
    const uint32_t size = end.captured - off - check_size;
    if (check_sequence_fits(p.data + off, size)) ethernet(p, off, end.within(off + size), 1);
}

} // namespace visor::wire::layers
