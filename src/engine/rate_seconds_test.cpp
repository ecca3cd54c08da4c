#include "engine/rate_seconds.hpp"

#include <gtest/gtest.h>

#include <random>

namespace visor::engine {
namespace {

Seconds seconds_of(const RateLine& line) {
    Seconds seconds;
    line.add_to(seconds);
    return seconds;
}

TEST(RateLine, IsWhatWasAppended) {
    RateLine line{0, 3, 0, 0, 5};
    line.append_silence(2);
    line.append({0, 7});
    line.append_silence(0);
    EXPECT_EQ(seconds_of(line), (Seconds{0, 3, 0, 0, 5, 0, 0, 0, 7}));
    EXPECT_EQ(line.size(), 9u);
    RateLine quiet;
    quiet.append_silence(1000);
    EXPECT_EQ(quiet.size(), 1000u);
    line.append(quiet);
    line.append({1, 2});
    EXPECT_EQ(line.size(), 1011u);
    EXPECT_EQ(seconds_of(line)[1010], 2u);
}

TEST(RateLine, AddsSecondBySecond) {
    RateLine sum{1, 0, 2};
    sum.add({0, 0, 3, 0, 4});
    EXPECT_EQ(seconds_of(sum), (Seconds{1, 0, 5, 0, 4}));
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
        ASSERT_EQ(seconds_of(line), all);
    }
    RateLine years;
    years.append_silence(1'000'000'000);
    years.append({1});
    years.keep_latest();
    EXPECT_EQ(years.size(), seconds_max);
    EXPECT_EQ(seconds_of(years).back(), 1u);
}

} // namespace
} // namespace visor::engine
