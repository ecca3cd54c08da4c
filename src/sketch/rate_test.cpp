#include "sketch/rate.hpp"
#include "sketch/test_streams.hpp"

#include <cstring>
#include <gtest/gtest.h>

namespace visor::sketch {
namespace {

TEST(RateSlots, add_to_their_second_and_count_what_has_none) {
    auto r = test::zeroed<RateSlots>();
    r->add(0, 3);
    r->add(63, 1);
    r->add(63, uint64_t{1} << 40);
    r->add(64, 7);
    r->add(4'000'000'000, 1);
    EXPECT_EQ(r->slot[0], 3u);
    EXPECT_EQ(r->slot[63], (uint64_t{1} << 40) + 1);
    EXPECT_EQ(r->slot[1], 0u);
    EXPECT_EQ(r->outside, 8u);
}

TEST(RateSlots, shards_add_up_to_one_tap) {
    test::Random random(1);
    auto whole = test::zeroed<RateSlots>(), merged = test::zeroed<RateSlots>();
    std::vector<RateSlots> parts(5);
    for (int i = 0; i < 10'000; ++i) {
        const auto second = static_cast<uint32_t>(random.below(70));
        whole->add(second, 1);
        parts[random.below(5)].add(second, 1);
    }
    for (const auto& part : parts) merged->merge(part);
    EXPECT_EQ(std::memcmp(whole.get(), merged.get(), sizeof *whole), 0);
}

TEST(QuantileOf, is_nearest_rank_with_quiet_seconds_counted) {
    std::vector<uint64_t> seconds(60);
    EXPECT_EQ(quantile_of(seconds, 0.99), 0u);
    seconds[7] = 100;
    EXPECT_EQ(quantile_of(seconds, 0.5), 0u);
    EXPECT_EQ(quantile_of(seconds, 0.99), 100u); // rank 60 of 60
    EXPECT_EQ(quantile_of(seconds, 0.95), 0u);
    EXPECT_EQ(quantile_of({}, 0.5), 0u);
    std::vector<uint64_t> hundred(100);
    for (uint64_t i = 0; i < 100; ++i) hundred[i] = 100 - i;
    EXPECT_EQ(quantile_of(hundred, 0.0), 1u);
    EXPECT_EQ(quantile_of(hundred, 0.07), 7u); // 0.07 * 100 is a hair above 7 in binary
    EXPECT_EQ(quantile_of(hundred, 0.5), 50u);
    EXPECT_EQ(quantile_of(hundred, 0.901), 91u);
    EXPECT_EQ(quantile_of(hundred, 1.0), 100u);
}

} // namespace
} // namespace visor::sketch
