#include "wire/dns.hpp"

#include "wire/name_ends.hpp"
#include "wire/name_text.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace visor::wire {

std::string_view dns_anomaly_name(DnsAnomaly anomaly) {
    static constexpr std::array<std::string_view, dns_anomaly_count> names = {
        "none", "short_header", "short_question", "bad_name", "short_record"};
    return names[static_cast<size_t>(anomaly)];
}

namespace {
constexpr size_t name_max = 255; // RFC 1035 section 2.3.4, length bytes and root included
constexpr unsigned pointers_max =
    127; // each follows at least one label in any name of 255 bytes that makes sense

// Past a name as it stands in the message. Returns the offset after it; 0 with the reason when there is none.
size_t skip_name(const uint8_t* m, size_t size, size_t off, DnsAnomaly short_reason, DnsAnomaly& why) {
    const size_t begin = off;
    while (off < size) {
        const uint32_t length = m[off];
        if (length == 0) return off + 1;
        if (length >= 0xc0) {
            if (off + 2 <= size) return off + 2;
            break;
        }
        if (length > 63 || off - begin + length + 2 > name_max) {
            why = DnsAnomaly::bad_name;
            return 0;
        }
        off += length + 1;
    }
    why = short_reason;
    return 0;
}

// A name followed through its pointers, label by label. Forward pointers are let through as resolvers do; the
// limits on length and on pointers end every loop.
class Labels {
public:
    Labels(Bytes message, size_t offset) : m_(message.data()), size_(message.size()), off_(offset) {}

    // The next label; empty at the end of the name, null when it is malformed.
    Bytes next() {
        for (;;) {
            if (off_ >= size_) return {};
            const uint32_t length = m_[off_];
            if (length < 64) return label(length);
            if (length < 0xc0 || off_ + 2 > size_ || ++pointers_ > pointers_max) return {};
            off_ = load_be16(m_ + off_) & 0x3fff;
        }
    }

private:
    Bytes label(uint32_t length) {
        total_ += length + 1;
        if (total_ > name_max || off_ + 1 + length > size_) return {};
        const Bytes found{m_ + off_ + 1, length};
        off_ += length + 1;
        return found;
    }

    const uint8_t* m_;
    size_t size_, off_, total_ = 0;
    unsigned pointers_ = 0;
};

bool resolves(Bytes message, size_t offset) {
    Labels labels(message, offset);
    for (;;) {
        const Bytes label = labels.next();
        if (!label.ok()) return false;
        if (label.empty()) return true;
    }
}

// The first question's name at 12 may hold a pointer only by an odd encoder's choice; then it must lead
// somewhere.
bool may_end_in_pointer(const uint8_t* m, size_t after) {
    return after >= dns_header_size + 2 && m[after - 2] >= 0xc0;
}

// Sixteen bytes from p that can be read; those behind `end` are zeros in `room`.
const uint8_t* readable16(const uint8_t* p, const uint8_t* end, uint8_t (&room)[16]) {
    if (end - p >= 16) [[likely]]
        return p;
    std::memset(room, 0, sizeof room);
    std::memcpy(room, p, static_cast<size_t>(end - p));
    return room;
}

constexpr uint64_t first_bits(size_t count) { // of sixteen
    return count < 16 ? (uint64_t{1} << count) - 1 : 0xffff;
}

// Names without pointers and with printable labels without dots only. Returns the length; 0 when the name is
// not of this kind (the root included). Writes up to fifteen bytes past the name.
template <bool lower>
uint32_t plain_name(Bytes message, size_t offset, char* out) {
    const uint8_t* const m = message.data();
    const size_t size = message.size();
    if (offset >= size) return 0;
    const size_t begin = offset + 1; // of the text
    uint16_t ends[(name_max + 15) / 16] = {};
    const auto turn_end = [&](size_t at) {
        ends[(at - begin) / 16] ^= static_cast<uint16_t>(1u << (at - begin) % 16);
    };
    size_t at = offset;
    while (const size_t length = m[at]) {
        at += length + 1;
        if (length > 63 || at >= size || at + 1 - offset > name_max) return 0;
        turn_end(at);
    }
    if (at == offset) return 0;
    turn_end(at); // the root is no end
    const size_t length = at - begin;
    uint64_t odd = 0;
    for (size_t i = 0; i < length; i += 16) {
        uint8_t room[16];
        const uint8_t* const from = readable16(m + begin + i, m + size, room);
        odd |= detail::text16<lower>(from, out + i, ends[i / 16]) & ~uint64_t{ends[i / 16]} &
               first_bits(length - i);
    }
    return odd == 0 ? static_cast<uint32_t>(length) : 0;
}

// Length of the UTF-8 sequence at the start of s, 0 when it is none (RFC 3629: no overlong forms, no
// surrogates).
size_t utf8_sequence(Bytes s) {
    const uint8_t first = s[0];
    const size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
    if (length == 0 || s.size() < length) return 0;
    for (size_t i = 1; i < length; ++i)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if (first == 0xe0 && s[1] < 0xa0) return 0;
    if (first == 0xed && s[1] > 0x9f) return 0;
    if (first == 0xf0 && s[1] < 0x90) return 0;
    if (first == 0xf4 && s[1] > 0x8f) return 0;
    return length;
}

constexpr bool printable(uint8_t c) {
    return c >= 0x20 && c < 0x7f;
}

// What a byte becomes that is no part of UTF-8: itself, or \DDD.
template <bool lower>
constexpr auto byte_texts = [] {
    std::array<std::array<char, 4>, 256> texts{};
    for (unsigned c = 0; c < texts.size(); ++c) {
        const auto digit = [](unsigned value) { return static_cast<char>('0' + value % 10); };
        if (printable(static_cast<uint8_t>(c)))
            texts[c] = {static_cast<char>(lower && c >= 'A' && c <= 'Z' ? c | 0x20 : c)};
        else
            texts[c] = {'\\', digit(c / 100), digit(c / 10), digit(c)};
    }
    return texts;
}();

// At most four bytes out for one in, so 255 bytes of name fit dns_name_text_max, and the up to fifteen bytes
// that are written past a label's last printable ones do too. The message ends at `end`.
template <bool lower>
char* label_text(Bytes label, const uint8_t* end, char* o) {
    const uint8_t* p = label.data();
    const uint8_t* const stop = p + label.size();
    while (p < stop) {
        uint8_t room[16];
        const auto count = std::min<size_t>(16, static_cast<size_t>(stop - p));
        const uint64_t odd = detail::text16<lower>(readable16(p, end, room), o, 0) & first_bits(count);
        const uint8_t* const next = p + count;
        const auto done = odd == 0 ? count : static_cast<size_t>(std::countr_zero(odd));
        p += done;
        o += done;
        while (p < next) {
            if (const size_t length = utf8_sequence({p, static_cast<size_t>(stop - p)}); length != 0) {
                std::memcpy(o, p, length);
                o += length;
                p += length;
            } else {
                std::memcpy(o, byte_texts<lower>[*p].data(), 4);
                o += printable(*p++) ? 1 : 4;
            }
        }
    }
    return o;
}

template <bool lower>
uint32_t any_name(Bytes message, size_t offset, char* out) {
    Labels labels(message, offset);
    char* o = out;
    for (;;) {
        const Bytes label = labels.next();
        if (!label.ok()) return 0;
        if (label.empty()) break;
        if (o != out) *o++ = '.';
        o = label_text<lower>(label, message.data() + message.size(), o);
    }
    if (o == out) *o++ = '.'; // the root
    return static_cast<uint32_t>(o - out);
}
template <bool lower>
uint32_t name_text(Bytes message, size_t offset, char* out) {
    const uint32_t length = plain_name<lower>(message, offset, out);
    return length != 0 ? length : any_name<lower>(message, offset, out);
}
} // namespace

uint32_t dns_name_text(Bytes message, size_t offset, bool lower, char* out) {
    return lower ? name_text<true>(message, offset, out) : name_text<false>(message, offset, out);
}

namespace {
// The questions after the first; all that matters of them is where they end (RFC 9619 allows only one in a
// query, multicast DNS has more).
void skip_questions(DnsMessage& d, size_t off) {
    const uint8_t* m = d.bytes.data();
    const size_t size = d.bytes.size();
    for (unsigned i = 1; i < d.header.qdcount; ++i) {
        off = skip_name(m, size, off, DnsAnomaly::short_question, d.anomaly);
        if (off == 0) return;
        off += 4;
        if (off > size) {
            d.anomaly = DnsAnomaly::short_question;
            return;
        }
    }
    d.records = static_cast<uint32_t>(off);
}

void first_question(DnsMessage& d) {
    const uint8_t* m = d.bytes.data();
    const size_t size = d.bytes.size();
    const size_t off = skip_name(m, size, dns_header_size, DnsAnomaly::short_question, d.anomaly);
    if (off == 0) return;
    if (may_end_in_pointer(m, off) && !resolves(d.bytes, dns_header_size)) {
        d.anomaly = DnsAnomaly::bad_name;
        return;
    }
    if (off + 4 > size) {
        d.anomaly = DnsAnomaly::short_question;
        return;
    }
    d.name = dns_header_size;
    d.qtype = load_be16(m + off);
    d.qclass = load_be16(m + off + 2);
    if (d.header.qdcount == 1)
        d.records = static_cast<uint32_t>(off + 4);
    else
        skip_questions(d, off + 4);
}
// A header cut after its flags still tells a query from a reply, and the reply's code.
void cut_header(DnsMessage& d) {
    const uint8_t* m = d.bytes.data();
    const size_t size = d.bytes.size();
    d.anomaly = size < dns_flags_end ? DnsAnomaly::short_header : DnsAnomaly::short_question;
    if (size < dns_flags_end) return;
    d.header.id = load_be16(m);
    d.header.flags = {load_be16(m + 2)};
    if (size >= 6) d.header.qdcount = load_be16(m + 4);
    if (size >= 8) d.header.ancount = load_be16(m + 6);
}
} // namespace

DnsMessage parse_dns(Bytes message) {
    DnsMessage d;
    d.bytes = message;
    if (message.size() < dns_header_size) {
        cut_header(d);
        return d;
    }
    const uint8_t* m = message.data();
    d.header = {load_be16(m),     {load_be16(m + 2)}, load_be16(m + 4),
                load_be16(m + 6), load_be16(m + 8),   load_be16(m + 10)};
    if (d.header.qdcount == 0)
        d.records = dns_header_size;
    else
        first_question(d);
    return d;
}

void parse_dns_long(Bytes message, DnsMessage& out, char* text, DnsNameText& name) {
    out = parse_dns(message);
    name = {};
    if (!out.has_question()) return;
    const uint32_t length = dns_name_text(message, out.name, true, text);
    const Aggregated ends = aggregate({text, length});
    name = {static_cast<uint16_t>(length), static_cast<uint16_t>(ends.two.size()),
            static_cast<uint16_t>(ends.three.size())};
}

} // namespace visor::wire
