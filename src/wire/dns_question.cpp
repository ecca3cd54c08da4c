// A message's header and first question in one pass: ordinary names become lower-case text sixteen bytes at a
// time.
#include "wire/dns.hpp"

#include <bit>

#if defined(__SSE2__) && !defined(VISOR_SCALAR)
#include <emmintrin.h>
#define VISOR_NAME_SSE2 1
#endif

namespace visor::wire {

namespace {

uint64_t dots_of(const char* text, uint32_t length) {
    uint64_t dots = 0;
    for (uint32_t i = 0; i < length && i < 64; ++i) dots |= uint64_t{text[i] == '.'} << i;
    return dots;
}

#ifdef VISOR_NAME_SSE2

constexpr uint32_t fast_text_min = 3, fast_text_max = 63;
constexpr size_t question_tail = 5; // root label, type, class

// Lower-cases 16 bytes; `odd` and `dots` get a bit for each byte that is not printable ASCII, or is a dot.
__m128i lower16(__m128i x, uint64_t& odd, uint64_t& dots) {
    const __m128i control =
        _mm_or_si128(_mm_cmplt_epi8(x, _mm_set1_epi8(0x20)), _mm_cmpeq_epi8(x, _mm_set1_epi8(0x7f)));
    const __m128i upper =
        _mm_and_si128(_mm_cmpgt_epi8(x, _mm_set1_epi8('A' - 1)), _mm_cmplt_epi8(x, _mm_set1_epi8('Z' + 1)));
    odd = static_cast<uint32_t>(_mm_movemask_epi8(control));
    dots = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_set1_epi8('.'))));
    return _mm_or_si128(x, _mm_and_si128(upper, _mm_set1_epi8(0x20)));
}

__m128i load16(const void* p) {
    return _mm_loadu_si128(static_cast<const __m128i*>(p));
}
void store16(void* p, __m128i x) {
    _mm_storeu_si128(static_cast<__m128i*>(p), x);
}

// Text of the `length` bytes after a name's first length byte, of which bits of `ends` are length bytes
// again. At least 13 bytes of message stand before `from`. False when the name is not an ordinary one.
bool plain_text(const uint8_t* from, uint32_t length, uint64_t ends, char* out) {
    uint64_t odd = 0, dots = 0, some_odd = 0, some_dots = 0;
    if (length >= 16) {
        for (uint32_t i = 0;; i = i + 32 <= length ? i + 16 : length - 16) {
            store16(out + i, lower16(load16(from + i), some_odd, some_dots));
            odd |= some_odd << i;
            dots |= some_dots << i;
            if (i + 16 == length) break;
        }
    } else { // the 16 bytes that end where the text ends, moved up
        char room[32];
        store16(room, lower16(load16(from + length - 16), some_odd, some_dots));
        store16(out, load16(room + 16 - length));
        odd = some_odd >> (16 - length);
        dots = some_dots >> (16 - length);
    }
    if (((odd | dots) & ~ends) != 0) return false;
    for (uint64_t left = ends; left != 0; left &= left - 1) out[std::countr_zero(left)] = '.';
    return true;
}

// Header read, one question: fills the message and the name. False when that takes the long way.
bool plain_question(DnsMessage& d, char* text, DnsNameText& name) {
    const uint8_t* m = d.bytes.data();
    const size_t size = d.bytes.size();
    constexpr size_t begin = dns_header_size + 1;
    if (size < begin + fast_text_min + question_tail) return false;
    uint64_t ends = 0;
    size_t at = dns_header_size;
    for (;;) {
        const size_t length = m[at];
        if (length == 0) break;
        const size_t next = at + length + 1;
        if (length > 63 || next > dns_header_size + 1 + fast_text_max || next + question_tail > size)
            return false;
        ends |= uint64_t{1} << (next - begin); // the last one is the root's place: taken off below
        at = next;
    }
    const auto length = static_cast<uint32_t>(at - begin);
    if (at == dns_header_size || length < fast_text_min) return false;
    ends &= ~(uint64_t{1} << length);
    if (!plain_text(m + begin, length, ends, text)) return false;
    name = {length, ends};
    d.name = dns_header_size;
    d.qtype = load_be16(m + at + 1);
    d.qclass = load_be16(m + at + 3);
    d.records = static_cast<uint32_t>(at + question_tail);
    return true;
}

#else

bool plain_question(DnsMessage&, char*, DnsNameText&) {
    return false;
}

#endif

} // namespace

void parse_dns(Bytes message, DnsMessage& out, char* text, DnsNameText& name) {
    if (message.size() >= dns_header_size && load_be16(message.data() + 4) == 1) {
        out.bytes = message;
        const uint8_t* m = message.data();
        out.header = {load_be16(m),     load_be16(m + 2), 1,
                      load_be16(m + 6), load_be16(m + 8), load_be16(m + 10)};
        out.anomaly = DnsAnomaly::none;
        if (plain_question(out, text, name)) return;
    }
    out = parse_dns(message);
    name = {};
    if (out.has_question()) {
        name.length = dns_name_text(message, out.name, true, text);
        name.dots = dots_of(text, name.length);
    }
}

} // namespace visor::wire
