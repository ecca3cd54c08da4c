#include "engine/rate_seconds.hpp"

#include <gtest/gtest.h>

#include <random>

namespace visor::engine {
namespace {

TEST(RateLine, IsWhatWasAppended) {
    RateLine line{0, 3, 0, 0, 5};
    line.append_silence(2);
    line.append({0, 7});
    line.append_silence(0);
    EXPECT_EQ(line.seconds(), (Seconds{0, 3, 0, 0, 5, 0, 0, 0, 7}));
    EXPECT_EQ(line.size(), 9u);
    RateLine quiet;
    quiet.append_silence(1000);
    EXPECT_EQ(quiet.size(), 1000u);
    line.append(quiet);
    line.append({1, 2});
    EXPECT_EQ(line.size(), 1011u);
    EXPECT_EQ(line.seconds()[1010], 2u);
}

TEST(RateLine, AddsSecondBySecond) {
    std::mt19937_64 random(2);
    for (int round = 0; round < 2000; ++round) {
        RateLine lines[2];
        Seconds all[2], sum;
        for (int i = 0; i < 2; ++i)
            for (size_t n = random() % 8; n > 0; --n) {
                const Seconds some(1 + random() % 5, random() % 3);
                lines[i].append(some);
                all[i].insert(all[i].end(), some.begin(), some.end());
            }
        sum.resize(std::max(all[0].size(), all[1].size()));
        for (const Seconds& one : all)
            for (size_t s = 0; s < one.size(); ++s) sum[s] += one[s];
        lines[0].add(lines[1]);
        ASSERT_EQ(lines[0].seconds(), sum);
        ASSERT_EQ(lines[0].size(), sum.size());
        RateLine same;
        same.append(sum);
        ASSERT_EQ(lines[0], same) << "there is one way to write it";
    }
}

TEST(RateLine, GivesItsNewest) {
    RateLine line{1, 0, 3};
    line.append_silence(1000);
    line.append({7});
    EXPECT_EQ(line.newest(3), (Seconds{0, 0, 7}));
    const Seconds all = line.seconds();
    EXPECT_EQ(line.newest(1003), Seconds(all.begin() + 1, all.end()));
    EXPECT_EQ(line.newest(5000), line.seconds());
    EXPECT_EQ(line.newest(0), Seconds{});
    EXPECT_EQ(RateLine{}.newest(3), Seconds{});
}

TEST(RateLine, TellsWhatItHolds) {
    RateLine line{5, 0, 3};
    line.append_silence(97);
    EXPECT_EQ(line.last(), 0u);
    EXPECT_EQ(line.most(), 5u);
    EXPECT_EQ(line.sum(), 8u);
    EXPECT_EQ(line.quantile(0.98), 0u);
    EXPECT_EQ(line.quantile(0.99), 3u);
    EXPECT_EQ(line.quantile(1), 5u);
    EXPECT_FALSE(line.silent());
    EXPECT_EQ((RateLine{1, 2}).last(), 2u);
    RateLine quiet;
    EXPECT_TRUE(quiet.silent());
    EXPECT_EQ(quiet.last() + quiet.most() + quiet.sum() + quiet.quantile(0.5), 0u);
    quiet.append({0, 0});
    EXPECT_TRUE(quiet.silent());
}

// The latest day, wherever its begin lies: in a silence, on a second with events, behind one.
TEST(RateLine, KeepsTheLatestDay) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 200; ++round) {
        RateLine line;
        Seconds all;
        while (all.size() < seconds_max + 1000) {
            const size_t silent = random() % 4 == 0 ? random() % 40'000 : 0;
            const Seconds some{random() % 3, random() % 3, random() % 3};
            line.append_silence(silent);
            line.append(some);
            all.resize(all.size() + silent);
            all.insert(all.end(), some.begin(), some.end());
            if (random() % 1000 == 0) line.keep_latest();
        }
        line.keep_latest();
        all.erase(all.begin(), all.end() - seconds_max);
        ASSERT_EQ(line.size(), seconds_max);
        ASSERT_EQ(line.seconds(), all);
    }
    RateLine years;
    years.append_silence(1'000'000'000);
    years.append({1});
    years.keep_latest();
    EXPECT_EQ(years.size(), seconds_max);
    EXPECT_EQ(years.seconds().back(), 1u);
}

} // namespace
} // namespace visor::engine
