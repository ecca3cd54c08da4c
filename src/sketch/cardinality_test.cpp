#include "sketch/cardinality.hpp"
#include "sketch/test_streams.hpp"

#include <gtest/gtest.h>

namespace visor::sketch {
namespace {

using test::Random;
using test::zeroed;

constexpr double sigma = 0.01149; // 1.04 / sqrt(2^13)

Hash128 hash_of(uint64_t key) {
    return murmur3_128_8(&key);
}

bool same_bytes(const Cardinality& a, const Cardinality& b) {
    // Registers, count and mode: what padding holds behind them is nobody's business.
    constexpr size_t told = Cardinality::register_count + 2 * sizeof(uint32_t);
    return std::memcmp(&a, &b, told) == 0;
}

TEST(Cardinality, zero_bytes_are_empty) {
    const auto c = zeroed<Cardinality>();
    EXPECT_TRUE(c->empty());
    EXPECT_EQ(c->estimate(), 0.0);
    EXPECT_EQ(c->bounds().upper, 0.0);
    auto other = zeroed<Cardinality>();
    other->merge(*c);
    EXPECT_TRUE(other->empty());
}

TEST(Cardinality, repeats_do_not_count) {
    auto c = zeroed<Cardinality>();
    for (int round = 0; round < 100; ++round)
        for (uint64_t k = 0; k < 300; ++k) c->update(hash_of(k));
    EXPECT_EQ(c->estimate(), 300.0);
}

TEST(Cardinality, small_sets_are_exact) {
    int exact = 0;
    for (uint64_t seed = 0; seed < 200; ++seed) {
        Random random(seed);
        auto c = zeroed<Cardinality>();
        for (int i = 0; i < 700; ++i) c->update(hash_of(random.next()));
        exact += c->estimate() == 700.0;
    }
    EXPECT_GE(exact, 198);
}

// The error where the coupons end, through the range of linear counting, to saturation of no register at all.
TEST(Cardinality, error_is_what_theory_says) {
    constexpr int seeds = 150;
    for (const uint64_t n : {800u, 2000u, 8000u, 20'000u, 60'000u, 200'000u}) {
        double squares = 0, sum = 0;
        for (uint64_t seed = 0; seed < seeds; ++seed) {
            Random random(seed * 1000 + n);
            auto c = zeroed<Cardinality>();
            for (uint64_t i = 0; i < n; ++i) c->update(hash_of(random.next()));
            const double error = c->estimate() / static_cast<double>(n) - 1.0;
            squares += error * error;
            sum += error;
        }
        // The sample deviation of 150 runs itself strays by 1 / sqrt(2 * 150) = 5.8 %; three of those.
        EXPECT_LT(std::sqrt(squares / seeds), sigma * 1.17) << n;
        EXPECT_LT(std::fabs(sum / seeds), 3.5 * sigma / std::sqrt(seeds)) << n;
    }
}

TEST(Cardinality, holds_at_ten_million) {
    Random random(5);
    auto c = zeroed<Cardinality>();
    for (int i = 0; i < 10'000'000; ++i) c->update(hash_of(random.next()));
    EXPECT_NEAR(c->estimate() / 1e7, 1.0, 3 * sigma);
}

TEST(Cardinality, bounds_cover_the_truth_in_95_of_100) {
    int covered = 0;
    constexpr int runs = 400;
    for (uint64_t seed = 0; seed < runs; ++seed) {
        Random random(seed + 77);
        auto c = zeroed<Cardinality>();
        for (int i = 0; i < 50'000; ++i) c->update(hash_of(random.next()));
        covered += c->bounds().lower <= 50'000 && 50'000 <= c->bounds().upper;
    }
    EXPECT_GE(covered, runs * 92 / 100);
    EXPECT_LE(covered, runs * 98 / 100);
}

TEST(Cardinality, structured_keys_are_as_good_as_random_ones) {
    auto sequential = zeroed<Cardinality>(), sweep = zeroed<Cardinality>(), high = zeroed<Cardinality>();
    for (uint32_t i = 0; i < 300'000; ++i) {
        const uint32_t counter = 0x0a000000 + i, swept = i << 8 | 1;
        sequential->update(murmur3_128_4(&counter));
        sweep->update(murmur3_128_4(&swept));
        high->update(hash_of(static_cast<uint64_t>(i) << 40));
    }
    for (const auto* c : {sequential.get(), high.get()}) EXPECT_NEAR(c->estimate() / 300'000, 1.0, 4 * sigma);
    EXPECT_NEAR(sweep->estimate() / 300'000, 1.0, 4 * sigma);
}

// Registers are the same however a stream is cut, and in whatever order and shape the parts are merged.
TEST(Cardinality, any_merge_tree_gives_the_registers_of_one_pass) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
        Random random(seed);
        const size_t n = 900 + random.below(20'000), shards = 2 + random.below(12);
        auto whole = zeroed<Cardinality>();
        std::vector<Cardinality> parts(shards);
        for (size_t i = 0; i < n; ++i) {
            const Hash128 h = hash_of(random.next());
            whole->update(h);
            parts[random.below(shards)].update(h);
            if (random.below(10) == 0) parts[random.below(shards)].update(h); // seen twice, on two shards
        }
        while (parts.size() > 1) {
            const size_t from = random.below(parts.size());
            const size_t into = (from + 1 + random.below(parts.size() - 1)) % parts.size();
            parts[into].merge(parts[from]);
            parts.erase(parts.begin() + static_cast<ptrdiff_t>(from));
        }
        ASSERT_TRUE(same_bytes(*whole, parts[0])) << seed;
    }
}

TEST(Cardinality, turns_into_registers_at_the_769th_coupon_however_it_gets_there) {
    auto one = zeroed<Cardinality>(), two = zeroed<Cardinality>(), whole = zeroed<Cardinality>();
    for (uint64_t k = 0; k < 768; ++k) {
        whole->update(hash_of(k));
        (k % 2 ? one : two)->update(hash_of(k));
    }
    Cardinality merged = *one;
    merged.merge(*two);
    EXPECT_EQ(merged.estimate(), 768.0);
    EXPECT_EQ(whole->estimate(), 768.0);
    merged.merge(*whole); // nothing new
    EXPECT_EQ(merged.estimate(), 768.0);

    one->update(hash_of(768));
    whole->update(hash_of(768));
    merged.merge(*one);
    EXPECT_NE(whole->estimate(), 769.0);
    EXPECT_NEAR(whole->estimate(), 769.0, 769 * 3 * sigma);
    EXPECT_TRUE(same_bytes(merged, *whole));
    Cardinality back = *two; // coupons into which registers are merged
    back.merge(*whole);
    EXPECT_TRUE(same_bytes(back, *whole));
}

TEST(Cardinality, extreme_hashes_have_a_value) {
    auto c = zeroed<Cardinality>();
    c->update({0, 0});
    c->update({0, 1});            // both 62 leading zeros or more: one coupon
    c->update({0, ~uint64_t{0}}); // none
    EXPECT_EQ(c->estimate(), 2.0);
}

// Why every keyed hash ends in two multiplies: a single one folded leaves keys that differ little correlated.
TEST(Cardinality, a_one_multiply_hash_would_be_biased) {
    constexpr uint64_t n = 500'000;
    const auto feed = [](Cardinality& c, uint64_t h) { c.update({h, h << Cardinality::lg_k}); };
    const auto top_slot = [](uint64_t h) { return std::rotl(h, static_cast<int>(Cardinality::lg_k)); };
    double worst_one = 0, worst_two = 0;
    for (const unsigned shift : {0u, 8u, 16u, 32u, 40u}) {
        auto one = zeroed<Cardinality>(), two = zeroed<Cardinality>();
        for (uint64_t v = 0; v < n; ++v) {
            const auto p = detail::multiply((v << shift) ^ offline_hash_key.a, offline_hash_key.b);
            feed(*one, top_slot(p.low ^ p.high));
            feed(*two, top_slot(keyed_hash_u64(offline_hash_key, v << shift)));
        }
        const double truth = static_cast<double>(n);
        worst_one = std::max(worst_one, std::fabs(one->estimate() / truth - 1.0));
        worst_two = std::max(worst_two, std::fabs(two->estimate() / truth - 1.0));
        RecordProperty("one_multiply_shift_" + std::to_string(shift), std::to_string(one->estimate()));
    }
    EXPECT_GT(worst_one, 6 * sigma);
    EXPECT_LT(worst_two, 4 * sigma);
}

} // namespace
} // namespace visor::sketch
