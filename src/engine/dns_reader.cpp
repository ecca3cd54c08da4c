#include "engine/dns_reader.hpp"

#include "wire/dns_question.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#if defined(__SSE2__) && !defined(VISOR_SCALAR)
#include <emmintrin.h>
#define VISOR_QUESTIONS_SSE2 1
#endif

namespace visor::engine {

namespace {
constexpr size_t name_at = wire::dns_header_size;

constexpr size_t window = 48; // bytes of a name that are looked at

// A page can be read whole, also behind what belongs to the message.
bool within_page(const uint8_t* p) {
    return (reinterpret_cast<uintptr_t>(p) & 4095) <= 4096 - window;
}

// What is read behind a message, but not behind its page, is meant, and masked off: sanitizers do not watch
// these functions, and so each is marked, as none would be made part of another that is not.
#define VISOR_READS_PAGE [[gnu::no_sanitize_address, gnu::no_sanitize_thread]]

#ifdef VISOR_QUESTIONS_SSE2
VISOR_READS_PAGE inline uint64_t zeros_in_16(const uint8_t* p) {
    const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    return static_cast<uint64_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(x, _mm_setzero_si128())));
}
#else
VISOR_READS_PAGE inline uint64_t zeros_in_16(const uint8_t* p) {
    uint64_t zeros = 0;
    for (unsigned i = 0; i < 16; ++i) zeros |= uint64_t{p[i] == 0} << i;
    return zeros;
}
#endif
VISOR_READS_PAGE inline uint64_t masked_word(const uint8_t* p, const uint8_t* mask) {
    uint64_t word, keep;
    std::memcpy(&word, p, sizeof word);
    std::memcpy(&keep, mask, sizeof keep);
    return word & keep;
}

// How many of the first 48 bytes stand before a zero; 64 when none is zero.
VISOR_READS_PAGE inline size_t bytes_before_zero(const uint8_t* p) {
    return static_cast<size_t>(
        std::countr_zero(zeros_in_16(p) | zeros_in_16(p + 16) << 16 | zeros_in_16(p + 32) << 32));
}

// Keyed hash of the first `length` bytes, at most 40.
VISOR_READS_PAGE inline uint64_t key_of(const sketch::HashKey& k, const uint8_t* p, size_t length) {
    static constexpr auto keep = [] {
        std::array<uint8_t, 80> bytes{};
        for (size_t i = 0; i < 40; ++i) bytes[i] = 0xff;
        return bytes;
    }();
    const uint8_t* mask = keep.data() + 40 - length;
    const uint64_t w0 = masked_word(p, mask), w1 = masked_word(p + 8, mask + 8),
                   w2 = masked_word(p + 16, mask + 16), w3 = masked_word(p + 24, mask + 24),
                   w4 = masked_word(p + 32, mask + 32);
    const auto a = sketch::detail::multiply(w0 ^ k.a, w1 ^ k.b);
    const auto b = sketch::detail::multiply(w2 ^ k.b, w3 ^ k.a ^ length);
    const auto c = sketch::detail::multiply(a.low ^ b.high ^ w4 ^ w1, a.high ^ b.low ^ w3 ^ k.b);
    return c.low ^ c.high;
}
} // namespace

NameRoom::NameRoom(size_t messages)
    : names_(messages),
      texts_(new char[wire::dns_text_slack + messages * (wire::dns_name_text_max + wire::dns_text_slack)]) {}

DnsReader::DnsReader(const sketch::HashKey& key)
    : key_(key), pages_(shorts * sizeof(ShortQuestion) + longs * sizeof(LongQuestion)),
      shorts_(static_cast<ShortQuestion*>(pages_.data())),
      longs_(reinterpret_cast<LongQuestion*>(shorts_ + shorts)) {}

inline wire::DnsMessage DnsReader::parse(Bytes message, DnsName& name) {
    wire::DnsMessage parsed;
    wire::parse_dns(message, parsed, text_, name.ends);
    name.text = text_;
    name.keys = name_keys(key_, name.end(), name.ends.two, name.ends.three);
    keep_text(name);
    return parsed;
}

inline void DnsReader::keep_text(DnsName& name) {
    if (name.ends.length <= DnsName::room_size) {
        std::memcpy(name.room, text_, DnsName::room_size);
        name.text = name.room;
    } else {
        text_ += name.ends.length + wire::dns_text_slack;
    }
}

void DnsReader::begin(NameRoom& room) {
    name_ = room.names_.data();
    text_ = room.texts_.get() + wire::dns_text_slack;
    now_ = now_ / block_step * block_step + block_step;
    if (now_ != 0) return;
    for (size_t i = 0; i < shorts; ++i) shorts_[i].known.first = 0; // blocks are numbered from 1 again
    for (size_t i = 0; i < longs; ++i) longs_[i].known.first = 0;
    now_ = block_step;
}

inline void DnsReader::remember(const Place& place, const DnsName& name) {
    const bool is_short = place.is_short();
    if (name.ends.length > (is_short ? ShortQuestion::text_max : LongQuestion::text_max)) return;
    Known& known = *place.known;
    known.length = static_cast<uint8_t>(name.ends.length);
    known.two = static_cast<uint8_t>(name.ends.two);
    known.three = static_cast<uint8_t>(name.ends.three);
    known.first = now_;
    known.key = place.key;
    known.keys = name.keys;
    if (is_short) [[likely]]
        std::memcpy(place.text(), name.room, sizeof name.room);
    else
        std::memcpy(place.text(), name.text, name.ends.length);
}

[[gnu::noinline]] void DnsReader::recall_long(const Place& place, DnsName& name) {
    std::memcpy(text_, place.text(), place.known->length);
    name.text = text_;
    keep_text(name);
}

inline wire::DnsMessage DnsReader::recall(const Place& place, Bytes message, DnsEvent& out) {
    Known& known = *place.known;
    // Without a branch, as names come as they like: it is written anew, and the place kept only if it is new
    // in this block.
    const uint32_t first = known.first;
    const uint32_t here = (first ^ now_) < block_step; // in this block
    const uint32_t back = (now_ - first) & (0U - here);
    known.first = now_ - back;
    out.name_back = static_cast<uint16_t>(back);
    DnsName& name = *name_;
    name.keys = known.keys;
    name.text = name.room;
    name.ends = {known.length, known.two, known.three};
    if (place.is_short()) [[likely]]
        std::memcpy(name.room, place.text(), sizeof name.room);
    else if (!here)
        recall_long(place, name);
    const DnsName* const shared = (&out - back)->name;
    out.name = here ? shared : &name;
    name_ += 1 - here;
    wire::DnsMessage parsed;
    wire::read_header(message, parsed);
    wire::set_question(parsed, name_at + place.length);
    return parsed;
}

// Whether the bytes before the first zero, at the place, are all there is to the name.
inline bool all_of_name(const wire::DnsMessage& parsed, size_t length) {
    const size_t root = name_at + length;
    return parsed.has_question() && parsed.records == root + wire::dns_question_tail &&
           (length == 0 || parsed.bytes.data()[root - 1] < 0xc0); // else the zero may be a pointer's
}

// Where a message lies does not show in what is remembered: of a name at the end of a page a copy is looked
// at.
inline DnsReader::Place DnsReader::place_of(Bytes message) const {
    const uint8_t* name = message.data() + name_at;
    if (message.size() < name_at + wire::dns_question_tail || load_be16(name - 8) != 1) [[unlikely]]
        return {};
    uint8_t copy[window];
    if (!within_page(name)) [[unlikely]] {
        std::memset(copy, 0, window);
        std::memcpy(copy, name, std::min(window, message.size() - name_at));
        name = copy;
    }
    const size_t length = bytes_before_zero(name);
    if (length > ShortQuestion::text_max + 1) return long_place_of(message, length);
    if (name_at + length + wire::dns_question_tail > message.size()) [[unlikely]]
        return {};
    const uint64_t key = key_of(key_, name, length);
    return {&shorts_[key % shorts].known, key, length};
}

// `length`: how many bytes stand before a zero, if there is one in the window.
[[gnu::noinline]] DnsReader::Place DnsReader::long_place_of(Bytes message, size_t length) const {
    const Bytes name = message.from(name_at);
    if (length >= window) {
        const size_t most = std::min(name.size(), LongQuestion::text_max + 2);
        const void* const zero =
            most > window ? std::memchr(name.data() + window, 0, most - window) : nullptr;
        if (!zero) return {};
        length = static_cast<size_t>(static_cast<const uint8_t*>(zero) - name.data());
    }
    if (length + wire::dns_question_tail > name.size()) return {};
    const uint64_t key = sketch::keyed_hash(key_, name.data(), length);
    return {&longs_[key % longs].known, key, length};
}

[[gnu::noinline]] void DnsReader::read_anew(Bytes message, const Place& place, const wire::Packet& packet,
                                            DnsTransport transport, DnsEvent& out) {
    DnsName& name = *name_++;
    const wire::DnsMessage parsed = parse(message, name);
    describe(parsed, packet, transport, out);
    out.name = &name;
    out.name_back = 0;
    if (place.known && all_of_name(parsed, place.length)) remember(place, name);
}

inline void DnsReader::read(Bytes message, const Place& place, const wire::Packet& packet,
                            DnsTransport transport, DnsEvent& out) {
    if (place.known && place.known->key == place.key && place.known->length != 0) [[likely]] {
        describe(recall(place, message, out), packet, transport, out);
    } else {
        read_anew(message, place, packet, transport, out);
    }
    ++now_;
}

void DnsReader::read(Bytes message, const wire::Packet& packet, DnsTransport transport, DnsEvent& out) {
    read(message, place_of(message), packet, transport, out);
}

void DnsReader::read(std::span<const wire::Packet* const> packets, DnsEvent* out) {
    Place places[together];
    for (size_t i = 0; i < packets.size(); ++i) {
        places[i] = place_of(packets[i]->payload_bytes());
        __builtin_prefetch(places[i].known, 1);
    }
    for (size_t i = 0; i < packets.size(); ++i)
        read(packets[i]->payload_bytes(), places[i], *packets[i], DnsTransport::udp, out[i]);
}

} // namespace visor::engine
