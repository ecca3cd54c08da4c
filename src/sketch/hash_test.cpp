#include "sketch/hash.hpp"
#include "sketch/test_streams.hpp"

#include <gtest/gtest.h>
#include <set>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace visor::sketch {
namespace {

// MurmurHash3_x64_128 as published, with its byte-wise tail.
Hash128 murmur_by_bytes(const uint8_t* p, size_t len, uint64_t seed) {
    constexpr uint64_t c1 = 0x87c37b91114253d5u, c2 = 0x4cf5ad432745937fu;
    const auto fmix = [](uint64_t k) {
        k ^= k >> 33;
        k *= 0xff51afd7ed558ccdu;
        k ^= k >> 33;
        k *= 0xc4ceb9fe1a85ec53u;
        return k ^ k >> 33;
    };
    uint64_t h1 = seed, h2 = seed;
    for (size_t at = 0; at < len; at += 16) {
        uint64_t k1 = 0, k2 = 0;
        for (size_t i = 0; i < 8 && at + i < len; ++i) k1 |= static_cast<uint64_t>(p[at + i]) << (8 * i);
        for (size_t i = 8; i < 16 && at + i < len; ++i)
            k2 |= static_cast<uint64_t>(p[at + i]) << (8 * (i - 8));
        h1 ^= std::rotl(k1 * c1, 31) * c2;
        if (at + 16 <= len) h1 = (std::rotl(h1, 27) + h2) * 5 + 0x52dce729;
        h2 ^= std::rotl(k2 * c2, 33) * c1;
        if (at + 16 <= len) h2 = (std::rotl(h2, 31) + h1) * 5 + 0x38495ab5;
    }
    h1 ^= len;
    h2 ^= len;
    h1 += h2;
    h2 += h1;
    h1 = fmix(h1);
    h2 = fmix(h2);
    h1 += h2;
    h2 += h1;
    return {h1, h2};
}

// Memory whose last byte is followed, and whose first byte is preceded, by a page that must not be touched.
class GuardedPage {
public:
    GuardedPage() : page_(static_cast<size_t>(sysconf(_SC_PAGESIZE))) {
        base_ =
            static_cast<uint8_t*>(mmap(nullptr, 3 * page_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        mprotect(base_ + page_, page_, PROT_READ | PROT_WRITE);
    }
    ~GuardedPage() { munmap(base_, 3 * page_); }
    uint8_t* first() { return base_ + page_; }
    uint8_t* ending_with(size_t n) { return base_ + 2 * page_ - n; }

private:
    size_t page_;
    uint8_t* base_;
};

// The procedure and the value by which SMHasher knows MurmurHash3_x64_128.
TEST(Murmur, has_the_published_verification_value) {
    uint8_t key[256], hashes[256 * 16];
    for (uint32_t i = 0; i < 256; ++i) {
        key[i] = static_cast<uint8_t>(i);
        const Hash128 h = murmur3_128(key, i, 256 - i);
        std::memcpy(hashes + 16 * i, &h, 16);
    }
    EXPECT_EQ(static_cast<uint32_t>(murmur3_128(hashes, sizeof hashes, 0).h1), 0x6384BA69u);
}

TEST(Murmur, agrees_with_datasketches) {
    const Hash128 h = murmur3_128("a", 1);
    const auto value = static_cast<uint64_t>(std::countl_zero(h.h2)) + 1;
    EXPECT_EQ(value << 26 | (h.h1 & 0x3ffffff), 0x043b822fu); // the coupon in a serialized sketch of "a"
    const uint64_t seed = datasketches_seed;
    EXPECT_EQ(murmur3_128(&seed, 8, 0).h1 & 0xffff, 0x93ccu); // the seed hash theta sketches carry
}

TEST(Murmur, any_tail_equals_the_bytewise_one_and_stays_inside) {
    GuardedPage page;
    test::Random random(1);
    for (size_t len = 0; len < 100; ++len) {
        for (uint8_t* p : {page.first(), page.ending_with(len)}) {
            for (size_t i = 0; i < len; ++i) p[i] = static_cast<uint8_t>(random.next());
            const Hash128 want = murmur_by_bytes(p, len, 9001), got = murmur3_128(p, len);
            ASSERT_EQ(got.h1, want.h1) << len;
            ASSERT_EQ(got.h2, want.h2) << len;
        }
    }
}

TEST(Murmur, fixed_lengths_equal_the_general_form) {
    test::Random random(2);
    for (int i = 0; i < 1000; ++i) {
        const uint64_t words[2] = {random.next(), random.next()};
        EXPECT_EQ(murmur3_128_4(words).h1, murmur3_128(words, 4).h1);
        EXPECT_EQ(murmur3_128_4(words).h2, murmur3_128(words, 4).h2);
        EXPECT_EQ(murmur3_128_8(words).h1, murmur3_128(words, 8).h1);
        EXPECT_EQ(murmur3_128_8(words).h2, murmur3_128(words, 8).h2);
        EXPECT_EQ(murmur3_128_16(words).h1, murmur3_128(words, 16).h1);
        EXPECT_EQ(murmur3_128_16(words, 5).h2, murmur3_128(words, 16, 5).h2);
    }
}

TEST(KeyedHash, reads_only_its_bytes_and_all_of_them) {
    GuardedPage page;
    test::Random random(3);
    for (size_t len = 1; len < 100; ++len) {
        for (uint8_t* p : {page.first(), page.ending_with(len)}) {
            for (size_t i = 0; i < len; ++i) p[i] = static_cast<uint8_t>(random.next());
            const uint64_t before = keyed_hash(offline_hash_key, p, len);
            for (size_t i = 0; i < len; ++i) {
                p[i] ^= 0x10;
                ASSERT_NE(keyed_hash(offline_hash_key, p, len), before) << len << " byte " << i;
                p[i] ^= 0x10;
            }
        }
    }
}

TEST(KeyedHash, tells_lengths_of_repeated_bytes_apart) {
    for (const char c : {'\0', 'a', '\xff'}) {
        std::set<uint64_t> seen;
        for (size_t len = 0; len <= 300; ++len) {
            const std::string s(len, c);
            seen.insert(keyed_hash(offline_hash_key, s.data(), len));
        }
        EXPECT_EQ(seen.size(), 301u);
    }
}

TEST(KeyedHash, depends_on_both_halves_of_the_key) {
    const HashKey one{1, 2}, two{1, 5}, three{4, 2};
    for (const HashKey& other : {two, three}) {
        EXPECT_NE(keyed_hash_u64(one, 99), keyed_hash_u64(other, 99));
        EXPECT_NE(keyed_hash_16(one, 99, 7), keyed_hash_16(other, 99, 7));
        EXPECT_NE(keyed_hash(one, "example.com", 11), keyed_hash(other, "example.com", 11));
    }
}

TEST(KeyedHash, a_word_equal_to_the_key_does_not_hide_the_other) {
    const HashKey& key = offline_hash_key;
    std::set<uint64_t> seen;
    for (uint64_t v = 0; v < 1000; ++v) {
        seen.insert(keyed_hash_16(key, key.a, v));
        seen.insert(keyed_hash_16(key, v, key.b));
    }
    EXPECT_EQ(seen.size(), 2000u);
}

// The tail of `len` bytes with the 32 bytes before its end readable, and nothing behind it.
TEST(KeyedHashTail, depends_on_nothing_before_the_tail_and_reads_nothing_behind_it) {
    GuardedPage page;
    test::Random random(5);
    for (size_t len = 0; len <= 64; ++len) {
        const size_t room = std::max<size_t>(len, 32);
        uint8_t* const text = page.ending_with(room); // one byte more behind it cannot be read
        uint8_t* const end = text + room;
        std::vector<uint8_t> tail(len);
        for (auto& b : tail) b = static_cast<uint8_t>(random.next());
        std::set<uint64_t> hashes;
        for (int i = 0; i < 50; ++i) {
            const int fill = i == 0 ? 0 : i == 1 ? 0xff : -1;
            for (size_t at = 0; at < room - len; ++at)
                text[at] = static_cast<uint8_t>(fill < 0 ? random.next() : static_cast<uint64_t>(fill));
            std::copy(tail.begin(), tail.end(), end - len);
            hashes.insert(keyed_hash_tail(offline_hash_key, end, len));
        }
        EXPECT_EQ(hashes.size(), 1u) << len;
    }
}

TEST(KeyedHashTail, reads_no_more_than_32_bytes_before_the_end) {
    GuardedPage page;
    std::set<uint64_t> seen; // so that nothing can be left out
    for (size_t len = 0; len <= 32; ++len)
        seen.insert(keyed_hash_tail(offline_hash_key, page.first() + 32, len));
    for (size_t len = 0; len <= 16; ++len) seen.insert(keyed_hash_longer(1, page.first() + 32, len));
    EXPECT_EQ(seen.size(), 33u + 17u);
}

TEST(KeyedHashTail, reads_all_its_bytes_and_tells_lengths_apart) {
    test::Random random(6);
    for (const int fill : {0, 0x61, 0xff, -1}) {
        uint8_t text[64];
        for (auto& b : text) b = static_cast<uint8_t>(fill < 0 ? random.next() : static_cast<uint64_t>(fill));
        uint8_t* const end = std::end(text);
        std::set<uint64_t> seen;
        for (size_t len = 0; len <= 64; ++len) {
            const uint64_t before = keyed_hash_tail(offline_hash_key, end, len);
            seen.insert(before);
            for (size_t i = 1; i <= len; ++i) {
                end[-static_cast<ptrdiff_t>(i)] ^= 0x20;
                ASSERT_NE(keyed_hash_tail(offline_hash_key, end, len), before) << len << " byte " << i;
                end[-static_cast<ptrdiff_t>(i)] ^= 0x20;
            }
        }
        EXPECT_EQ(seen.size(), 65u);
    }
}

TEST(KeyedHashTail, depends_on_both_halves_of_the_key) {
    uint8_t text[32] = {};
    for (const HashKey& other : {HashKey{1, 5}, HashKey{4, 2}})
        EXPECT_NE(keyed_hash_tail({1, 2}, std::end(text), 20), keyed_hash_tail(other, std::end(text), 20));
}

// A name's first label before the hash of the rest.
TEST(KeyedHashLonger, depends_on_the_shorter_hash_and_on_the_bytes_between_alone) {
    test::Random random(7);
    std::set<uint64_t> seen;
    for (size_t len = 0; len <= 16; ++len) {
        uint8_t text[32];
        for (auto& b : text) b = static_cast<uint8_t>(random.next());
        uint8_t* const end = std::end(text);
        const uint64_t want = keyed_hash_longer(99, end, len);
        seen.insert(want);
        for (int i = 0; i < 50; ++i) {
            for (size_t at = 0; at < sizeof text - len; ++at) text[at] = static_cast<uint8_t>(random.next());
            ASSERT_EQ(keyed_hash_longer(99, end, len), want) << len;
        }
        for (unsigned bit = 0; bit < 64; ++bit)
            ASSERT_NE(keyed_hash_longer(99 ^ uint64_t{1} << bit, end, len), want) << len << " bit " << bit;
        for (size_t i = 1; i <= len; ++i) {
            end[-static_cast<ptrdiff_t>(i)] ^= 1;
            ASSERT_NE(keyed_hash_longer(99, end, len), want) << len << " byte " << i;
            end[-static_cast<ptrdiff_t>(i)] ^= 1;
        }
    }
    EXPECT_EQ(seen.size(), 17u);
}

TEST(KeyedHashLonger, tells_lengths_of_repeated_bytes_apart) {
    for (const int fill : {0, 0x61, 0xff}) {
        uint8_t text[32];
        std::fill(std::begin(text), std::end(text), static_cast<uint8_t>(fill));
        std::set<uint64_t> seen;
        for (size_t len = 0; len <= 16; ++len) seen.insert(keyed_hash_longer(12345, std::end(text), len));
        EXPECT_EQ(seen.size(), 17u);
    }
}

// Flipping any one input bit must flip each output bit about every other time.
template <class Hash>
void expect_avalanche(size_t input_bytes, Hash&& hash) {
    constexpr int rounds = 2000;
    test::Random random(4);
    std::vector<uint8_t> input(input_bytes);
    for (size_t bit = 0; bit < input_bytes * 8; ++bit) {
        int flips[64] = {};
        for (int round = 0; round < rounds; ++round) {
            for (auto& b : input) b = static_cast<uint8_t>(random.next());
            const uint64_t before = hash(input.data());
            input[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
            const uint64_t changed = before ^ hash(input.data());
            for (int i = 0; i < 64; ++i) flips[i] += static_cast<int>(changed >> i & 1);
        }
        for (int i = 0; i < 64; ++i)
            ASSERT_NEAR(flips[i], rounds / 2.0, 130) << "bit " << bit << " to " << i; // 5.8 sigma
    }
}

TEST(KeyedHash, spreads_every_input_bit) {
    expect_avalanche(8, [](const uint8_t* p) { return keyed_hash_u64(offline_hash_key, detail::load64(p)); });
    expect_avalanche(16, [](const uint8_t* p) {
        return keyed_hash_16(offline_hash_key, detail::load64(p), detail::load64(p + 8));
    });
    for (const size_t len : {3u, 7u, 13u, 21u})
        expect_avalanche(len, [len](const uint8_t* p) { return keyed_hash(offline_hash_key, p, len); });
}

TEST(KeyedHashTail, spreads_every_input_bit) {
    for (const size_t len : {2u, 7u, 8u, 13u, 16u, 21u, 29u, 32u, 40u})
        expect_avalanche(len, [len](const uint8_t* p) {
            uint8_t room[64] = {};
            std::copy_n(p, len, std::end(room) - len);
            return keyed_hash_tail(offline_hash_key, std::end(room), len);
        });
}

TEST(KeyedHashLonger, spreads_every_input_bit) {
    // The shorter hash first, then the bytes between.
    for (const size_t len : {0u, 1u, 5u, 8u, 11u, 16u})
        expect_avalanche(8 + len, [len](const uint8_t* p) {
            uint8_t room[64] = {};
            std::copy_n(p + 8, len, std::end(room) - len);
            return keyed_hash_longer(detail::load64(p), std::end(room), len);
        });
}

// How far the keys 0..262143, each a text of digits, are from filling 4096 bins as random ones would.
template <class Hash>
void expect_even_digits(Hash&& hash) {
    constexpr uint32_t bins = 4096, keys = bins * 64;
    for (const unsigned shift : {0u, 32u, 52u}) {
        std::vector<uint32_t> count(bins);
        for (uint32_t v = 0; v < keys; ++v) {
            char text[64] = {};
            const std::string digits = "host" + std::to_string(v) + ".example";
            std::copy(digits.begin(), digits.end(), std::end(text) - digits.size());
            ++count[hash(std::end(text), digits.size()) >> shift & (bins - 1)];
        }
        double chi = 0;
        for (const uint32_t c : count) chi += (c - 64.0) * (c - 64.0) / 64.0;
        EXPECT_NEAR(chi, 4095, 5 * 90.5) << shift;
    }
}

TEST(KeyedHashTail, spreads_numbered_names_evenly) {
    expect_even_digits(
        [](const char* end, size_t len) { return keyed_hash_tail(offline_hash_key, end, len); });
}

TEST(KeyedHashLonger, spreads_numbered_names_evenly) {
    expect_even_digits([](const char* end, size_t len) {
        const uint64_t rest = keyed_hash_tail(offline_hash_key, end, 8); // ".example"
        return keyed_hash_longer(rest, end - 8, len - 8);
    });
}

// Sequential keys fill 4096 bins as evenly as random ones would: chi-square with 4095 degrees, +-5 sigma.
TEST(KeyedHash, spreads_sequential_keys_evenly) {
    constexpr uint32_t bins = 4096, keys = bins * 64;
    for (const unsigned shift : {0u, 32u, 52u}) {
        std::vector<uint32_t> count(bins);
        for (uint64_t v = 0; v < keys; ++v)
            ++count[keyed_hash_16(offline_hash_key, 0, v) >> shift & (bins - 1)];
        double chi = 0;
        for (const uint32_t c : count) chi += (c - 64.0) * (c - 64.0) / 64.0;
        EXPECT_NEAR(chi, 4095, 5 * 90.5) << shift;
    }
}

} // namespace
} // namespace visor::sketch
