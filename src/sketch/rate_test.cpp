#include "sketch/rate.hpp"
#include "sketch/test_streams.hpp"

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
    EXPECT_TRUE(test::same_bytes(*whole, *merged));
}

constexpr int64_t second = 1'000'000'000, begin = 1'700'000'000 * second + 123'456'789;

TEST(SecondRun, holds_nothing_before_it_is_entered) {
    const SecondRun run(begin);
    for (const int64_t ts : {int64_t{0}, begin, begin - 1, begin + second, INT64_MAX})
        EXPECT_FALSE(run.holds(ts));
    EXPECT_EQ(run.second(), 0u);
}

TEST(SecondRun, holds_the_second_entered_and_no_other) {
    for (const int64_t k : {0, 1, 2, 59, 60, 1000}) {
        for (const int64_t into : {int64_t{0}, int64_t{1}, second / 2, second - 1}) {
            SecondRun run(begin);
            run.enter(begin + k * second + into);
            EXPECT_EQ(run.second(), k);
            EXPECT_TRUE(run.holds(begin + k * second));
            EXPECT_TRUE(run.holds(begin + k * second + second - 1));
            EXPECT_FALSE(run.holds(begin + k * second - 1)) << k << ' ' << into;
            EXPECT_FALSE(run.holds(begin + (k + 1) * second)) << k << ' ' << into;
            EXPECT_FALSE(run.holds(0));
            EXPECT_FALSE(run.holds(INT64_MAX));
        }
    }
}

// By runs as event by event, whatever the order of the times; those before the period are in its first
// second.
TEST(SecondRun, counts_what_counting_each_event_would) {
    test::Random random(2);
    for (const int64_t start : {begin, int64_t{0}}) {
        auto each = test::zeroed<RateSlots>(), by_run = test::zeroed<RateSlots>();
        SecondRun run(start);
        uint64_t here = 0;
        const auto leave = [&] {
            if (here) by_run->add(run.second(), here);
            here = 0;
        };
        int64_t ts = start;
        for (int i = 0; i < 20'000; ++i) {
            ts += static_cast<int64_t>(random.below(200'000'000)) - 90'000'000; // slowly on, also back
            if (random.below(100) == 0) ts = start + static_cast<int64_t>(random.below(70) * second);
            if (random.below(100) == 0) ts = start - static_cast<int64_t>(random.below(70) * second / 7);
            ts = std::max<int64_t>(ts, 0);
            const int64_t since = ts - start;
            each->add(since < 0 ? 0 : static_cast<uint32_t>(since / second), 1);
            if (!run.holds(ts)) {
                leave();
                run.enter(ts);
            }
            ++here;
        }
        leave();
        EXPECT_TRUE(test::same_bytes(*each, *by_run));
        EXPECT_GT(each->slot[0], 100u);
        EXPECT_GT(each->slot[5], 10u);
    }
}

TEST(QuantileOf, is_nearest_rank_with_quiet_seconds_counted) {
    EXPECT_EQ(quantile_of({}, 60, 0.99), 0u);
    uint64_t one[] = {100};
    EXPECT_EQ(quantile_of(one, 59, 0.5), 0u);
    EXPECT_EQ(quantile_of(one, 59, 0.99), 100u); // rank 60 of 60
    EXPECT_EQ(quantile_of(one, 59, 0.95), 0u);
    EXPECT_EQ(quantile_of({}, 0, 0.5), 0u);
    std::vector<uint64_t> hundred(100);
    for (uint64_t i = 0; i < 100; ++i) hundred[i] = 100 - i;
    EXPECT_EQ(quantile_of(hundred, 0, 0.0), 1u);
    EXPECT_EQ(quantile_of(hundred, 0, 0.07), 7u); // 0.07 * 100 is a hair above 7 in binary
    EXPECT_EQ(quantile_of(hundred, 0, 0.5), 50u);
    EXPECT_EQ(quantile_of(hundred, 0, 0.901), 91u);
    EXPECT_EQ(quantile_of(hundred, 0, 1.0), 100u);
}

} // namespace
} // namespace visor::sketch
