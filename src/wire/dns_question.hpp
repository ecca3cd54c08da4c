// A message's header and first question in one pass: ordinary names become lower-case text sixteen bytes at a
// time. What every DNS message over UDP goes through, so it is all here to be inlined.
//
// Threads: pure functions. Owns: nothing. Hot. Wire: RFC 1035 sections 4.1.1, 4.1.2.
#pragma once

#include "wire/dns.hpp"
#include "wire/name_text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace visor::wire {

inline constexpr size_t dns_question_tail = 5; // root label, type, class

// Fills in the first question, whose name's root label stands at `root` with its type and class behind it,
// and nothing follows it in its section.
inline void set_question(DnsMessage& d, size_t root) {
    const uint8_t* const at = d.bytes.data() + root;
    d.name = dns_header_size;
    d.qtype = load_be16(at + 1);
    d.qclass = load_be16(at + 3);
    d.records = static_cast<uint32_t>(root + dns_question_tail);
}

namespace detail {

inline constexpr uint32_t plain_text_min = 3, plain_text_max = 63;
inline constexpr size_t plain_begin = dns_header_size + 1; // behind the first length byte
inline constexpr size_t plain_size_min = plain_begin + 16; // sixteen bytes can be read where the text begins

// Bit of the text's byte that stands at an offset of the message; a table, as shifts by a variable are slow.
inline constexpr auto text_bit = [] {
    std::array<uint64_t, plain_begin + plain_text_max + 1> bits{};
    for (size_t i = 0; i <= plain_text_max; ++i) bits[plain_begin + i] = uint64_t{1} << i;
    return bits;
}();

// Text of the `length` bytes after a name's first length byte, of which bits of `ends` are length bytes
// again: its first sixteen bytes and its last ones, which may be the same and may reach over either end, and
// what is between them. False when the name is not an ordinary one.
inline bool plain_text(const uint8_t* from, uint32_t length, uint64_t ends, char* out) {
    uint64_t odd = text16<true>(from, out, ends & 0xffff) & ((uint64_t{1} << length) - 1);
    for (uint32_t i = 16; i + 16 < length; i += 16)
        odd |= text16<true>(from + i, out + i, ends >> i & 0xffff) << i;
    const uint64_t last_ends = length < 16 ? ends << (16 - length) : ends >> (length - 16);
    const uint64_t last_odd = text16<true>(from + length - 16, out + length - 16, last_ends & 0xffff);
    odd |= length < 16 ? last_odd >> (16 - length) : last_odd << (length - 16);
    return (odd & ~ends) == 0;
}

// Header read, one question: fills the message and the name. False when that takes the long way.
inline bool plain_question(DnsMessage& d, char* text, DnsNameText& name) {
    const uint8_t* m = d.bytes.data();
    const size_t size = d.bytes.size();
    uint8_t padded[plain_size_min] = {}; // a message too short to be read sixteen bytes at a time
    if (size < plain_size_min) [[unlikely]] {
        if (size < dns_header_size + dns_question_tail) return false;
        std::memcpy(padded, m, size);
        m = padded;
    }
    // A label that is too long ends beyond the longest text.
    const size_t last = std::min(size - dns_question_tail, plain_begin + plain_text_max);
    uint64_t ends = 0;
    size_t at = dns_header_size, before = at, second = at, third = at; // where the last labels begin
    while (const size_t length = m[at]) {
        third = second;
        second = before;
        before = at;
        at += length + 1;
        if (at > last) return false;
        ends |= text_bit[at]; // the last one is the root's place: taken off below
    }
    const auto length = static_cast<uint32_t>(at - plain_begin);
    if (at < plain_begin + plain_text_min) return false;
    ends ^= text_bit[at];
    if (!plain_text(m + plain_begin, length, ends, text)) return false;
    // Labels begin at dns_header_size where there are no more of them.
    const auto from = [at](size_t label) { return at - label; };
    const size_t two = second == dns_header_size ? length : from(second);
    const size_t three = second == dns_header_size ? 0 : third == dns_header_size ? length : from(third);
    name.length = static_cast<uint16_t>(length);
    name.two = static_cast<uint16_t>(two);
    name.three = static_cast<uint16_t>(three);
    set_question(d, at);
    return true;
}

} // namespace detail

// The header of a message that has one, and no anomaly yet.
inline void read_header(Bytes message, DnsMessage& out) {
    const uint8_t* const m = message.data();
    out.bytes = message;
    out.header = {load_be16(m),     {load_be16(m + 2)}, load_be16(m + 4),
                  load_be16(m + 6), load_be16(m + 8),   load_be16(m + 10)};
    out.anomaly = DnsAnomaly::none;
}

// parse_dns() and the lower-case dns_name_text() of its first question. Filled in place, for messages are
// parsed where they will be read. `text` has dns_name_text_max bytes of room, and dns_text_slack bytes before
// and behind it that may be read and, while parsing, written.
inline void parse_dns(Bytes message, DnsMessage& out, char* text, DnsNameText& name) {
    if (message.size() >= dns_header_size && load_be16(message.data() + 4) == 1) [[likely]] {
        read_header(message, out);
        if (detail::plain_question(out, text, name)) return;
    }
    parse_dns_long(message, out, text, name);
}

} // namespace visor::wire
