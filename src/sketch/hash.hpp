// The two hashes of a key, each computed once: a secret-keyed 64-bit one for tables, caches and top lists,
// and MurmurHash3_x64_128 for the sketches that other engines read (Apache DataSketches hash with seed 9001).
//
// A single folded multiply biases a cardinality by tens of percent on sequential keys, so every keyed hash
// here ends in two dependent multiplies. Threads: pure functions. Owns: nothing. Units: lengths in bytes;
// words are read little-endian.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace visor::sketch {

static_assert(std::endian::native == std::endian::little, "hashes are defined over little-endian loads");

// Random per boot or per fleet when live, so that nobody outside can aim keys at one bucket.
struct HashKey {
    uint64_t a, b;
};

// Fixed for capture files: the same file gives the same output.
inline constexpr HashKey offline_hash_key{0x5851c6f37a2d9b41u, 0xd1e4037c9ab65f2du};

struct Hash128 {
    uint64_t h1, h2;
};

namespace detail {

struct Product {
    uint64_t low, high;
};

inline Product multiply(uint64_t x, uint64_t y) {
    const auto p = static_cast<unsigned __int128>(x) * y;
    return {static_cast<uint64_t>(p), static_cast<uint64_t>(p >> 64)};
}

inline uint64_t load64(const uint8_t* p) {
    uint64_t v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

inline uint64_t load32(const uint8_t* p) {
    uint32_t v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

} // namespace detail

// The inputs enter the second multiply again, so a zero factor in the first one cannot swallow the other
// word.
inline uint64_t keyed_hash_16(const HashKey& key, uint64_t hi, uint64_t lo) {
    const auto p = detail::multiply(hi ^ key.a, lo ^ key.b);
    const auto q = detail::multiply(p.low ^ lo ^ 0x9c8f2b6d41e7a503u, p.high ^ hi ^ 0x3ad57f1ec6b08e97u);
    return q.low ^ q.high;
}

inline uint64_t keyed_hash_u64(const HashKey& key, uint64_t v) {
    const auto p = detail::multiply(v ^ key.a, key.b | 1);
    const auto q = detail::multiply(p.low ^ 0x9c8f2b6d41e7a503u, p.high ^ key.a ^ 0x3ad57f1ec6b08e97u);
    return q.low ^ q.high;
}

inline uint64_t keyed_hash(const HashKey& key, const void* data, size_t len) {
    const auto* p = static_cast<const uint8_t*>(data);
    const uint8_t* const end = p + len;
    HashKey state{key.a ^ (len * 0xe7037ed1a0b428dbu), key.b};
    if (len > 16) {
        for (; end - p > 16; p += 16) {
            const auto m = detail::multiply(detail::load64(p) ^ key.b, detail::load64(p + 8) ^ state.a);
            state.a = m.low ^ m.high;
        }
        return keyed_hash_16(state, detail::load64(end - 16), detail::load64(end - 8));
    }
    if (len >= 8) return keyed_hash_16(state, detail::load64(p), detail::load64(end - 8));
    if (len >= 4) return keyed_hash_16(state, detail::load32(p), detail::load32(end - 4));
    if (len == 0) return keyed_hash_16(state, 0, 0);
    return keyed_hash_16(state, p[0], static_cast<uint64_t>(p[len / 2]) << 8 | p[len - 1]);
}

namespace detail {
// From byte len on: 32 - len zeros, then ones, as a mask for the last len of 32 bytes.
inline constexpr auto tail_window = [] {
    std::array<uint8_t, 64> bytes{};
    for (size_t i = 32; i < bytes.size(); ++i) bytes[i] = 0xff;
    return bytes;
}();
} // namespace detail

// The hash of the len bytes before end, without a branch for up to 32 of them: for keys that are the tails of
// one text. 32 bytes before end must be readable, whatever they hold.
inline uint64_t keyed_hash_tail(const HashKey& key, const void* end, size_t len) {
    const auto* e = static_cast<const uint8_t*>(end);
    if (len > 32) [[unlikely]]
        return keyed_hash(key, e - len, len);
    const uint8_t* keep = detail::tail_window.data() + len;
    const uint64_t w0 = detail::load64(e - 32) & detail::load64(keep);
    const uint64_t w1 = detail::load64(e - 24) & detail::load64(keep + 8);
    const uint64_t w2 = detail::load64(e - 16) & detail::load64(keep + 16);
    const uint64_t w3 = detail::load64(e - 8) & detail::load64(keep + 24);
    const auto p = detail::multiply(w0 ^ key.a, w1 ^ key.b ^ (len * 0xe7037ed1a0b428dbu));
    const auto q = detail::multiply(w2 ^ key.b ^ p.high, w3 ^ key.a ^ p.low);
    const auto r = detail::multiply(q.low ^ w3 ^ 0x9c8f2b6d41e7a503u, q.high ^ w2 ^ 0x3ad57f1ec6b08e97u);
    return r.low ^ r.high;
}

// Of a longer tail of the same text, from the hash of the shorter one and the at most 16 bytes before it.
// Again 32 bytes before its end must be readable.
inline uint64_t keyed_hash_longer(uint64_t shorter, const void* end, size_t len) {
    const auto* e = static_cast<const uint8_t*>(end);
    const uint8_t* keep = detail::tail_window.data() + len + 16;
    const uint64_t w0 = detail::load64(e - 16) & detail::load64(keep);
    const uint64_t w1 = detail::load64(e - 8) & detail::load64(keep + 8);
    const auto p = detail::multiply(w0 ^ shorter, w1 ^ std::rotl(shorter, 32) ^ (len + 0xe7037ed1a0b428dbu));
    const auto q = detail::multiply(p.low ^ w1 ^ 0x9c8f2b6d41e7a503u, p.high ^ w0 ^ 0x3ad57f1ec6b08e97u);
    return q.low ^ q.high;
}

namespace detail {

inline constexpr uint64_t murmur_c1 = 0x87c37b91114253d5u;
inline constexpr uint64_t murmur_c2 = 0x4cf5ad432745937fu;

inline uint64_t murmur_k1(uint64_t k) {
    return std::rotl(k * murmur_c1, 31) * murmur_c2;
}
inline uint64_t murmur_k2(uint64_t k) {
    return std::rotl(k * murmur_c2, 33) * murmur_c1;
}

inline uint64_t murmur_avalanche(uint64_t h) {
    h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
    h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
    return h ^ h >> 33;
}

inline void murmur_block(Hash128& h, uint64_t k1, uint64_t k2) {
    h.h1 = (std::rotl(h.h1 ^ murmur_k1(k1), 27) + h.h2) * 5 + 0x52dce729;
    h.h2 = (std::rotl(h.h2 ^ murmur_k2(k2), 31) + h.h1) * 5 + 0x38495ab5;
}

inline Hash128 murmur_finish(Hash128 h, uint64_t len) {
    h.h1 ^= len;
    h.h2 ^= len;
    h.h1 += h.h2;
    h.h2 += h.h1;
    h.h1 = murmur_avalanche(h.h1);
    h.h2 = murmur_avalanche(h.h2);
    h.h1 += h.h2;
    h.h2 += h.h1;
    return h;
}

// The first min(n, 8) bytes at p, zero-extended, for 1 <= n < 8, by overlapping loads inside [p, p + n).
inline uint64_t load_short(const uint8_t* p, size_t n) {
    if (n >= 4) return load32(p) | load32(p + n - 4) << (8 * (n - 4));
    const size_t mid = n / 2;
    return p[0] | static_cast<uint64_t>(p[mid]) << (8 * mid) |
           static_cast<uint64_t>(p[n - 1]) << (8 * (n - 1));
}

} // namespace detail

inline constexpr uint64_t datasketches_seed = 9001;

// A tail of 1..15 bytes is read by loads that overlap bytes already hashed and shifted into place: no byte
// loop.
inline Hash128 murmur3_128(const void* data, size_t len, uint64_t seed = datasketches_seed) {
    const auto* p = static_cast<const uint8_t*>(data);
    Hash128 h{seed, seed};
    size_t left = len;
    for (; left >= 16; left -= 16, p += 16) detail::murmur_block(h, detail::load64(p), detail::load64(p + 8));
    if (left > 8) {
        h.h2 ^= detail::murmur_k2(detail::load64(p + left - 8) >> (8 * (16 - left)));
        h.h1 ^= detail::murmur_k1(detail::load64(p));
    } else if (left > 0) {
        const uint64_t tail = len >= 8 ? detail::load64(p + left - 8) >> (8 * (8 - left)) //
                                       : detail::load_short(p, left);
        h.h1 ^= detail::murmur_k1(tail);
    }
    return detail::murmur_finish(h, len);
}

inline Hash128 murmur3_128_4(const void* data, uint64_t seed = datasketches_seed) {
    const uint64_t k = detail::load32(static_cast<const uint8_t*>(data));
    return detail::murmur_finish({seed ^ detail::murmur_k1(k), seed}, 4);
}

inline Hash128 murmur3_128_8(const void* data, uint64_t seed = datasketches_seed) {
    const uint64_t k = detail::load64(static_cast<const uint8_t*>(data));
    return detail::murmur_finish({seed ^ detail::murmur_k1(k), seed}, 8);
}

inline Hash128 murmur3_128_16(const void* data, uint64_t seed = datasketches_seed) {
    const auto* p = static_cast<const uint8_t*>(data);
    Hash128 h{seed, seed};
    detail::murmur_block(h, detail::load64(p), detail::load64(p + 8));
    return detail::murmur_finish(h, 16);
}

} // namespace visor::sketch
