#include "taps/pcap/time_scale.hpp"

#include <gtest/gtest.h>

namespace visor::taps {
namespace {

constexpr int64_t ns_max = std::numeric_limits<int64_t>::max();
constexpr uint64_t ticks_max = std::numeric_limits<uint64_t>::max();

TimeScale scale(uint8_t tsresol, int64_t offset_s = 0) {
    TimeScale s;
    s.set_resolution(tsresol);
    s.set_offset_s(offset_s);
    return s;
}

TEST(TimeScale, MicrosecondsWithoutOption) {
    EXPECT_EQ(TimeScale().ns(1'700'000'000'123'456), 1'700'000'000'123'456'000);
}

TEST(TimeScale, PowersOfTen) {
    EXPECT_EQ(scale(0).ns(5), 5'000'000'000);
    EXPECT_EQ(scale(3).ns(1'700'000'000'001), 1'700'000'000'001'000'000);
    EXPECT_EQ(scale(9).ns(1'700'000'000'123'456'789), 1'700'000'000'123'456'789);
    EXPECT_EQ(scale(12).ns(1'234'567), 1'234);
    EXPECT_EQ(scale(28).ns(ticks_max), 1);
    EXPECT_EQ(scale(29).ns(ticks_max), 0);
    EXPECT_EQ(scale(127).ns(ticks_max), 0);
}

TEST(TimeScale, PowersOfTwo) {
    EXPECT_EQ(scale(0x80).ns(7), 7'000'000'000);
    EXPECT_EQ(scale(0x80 | 10).ns(1536), 1'500'000'000);
    EXPECT_EQ(scale(0x80 | 32).ns(uint64_t{1'700'000'000} << 32 | 0x80000000u), 1'700'000'000'500'000'000);
    EXPECT_EQ(scale(0x80 | 127).ns(ticks_max), 0);
}

TEST(TimeScale, SaturatesInsteadOfOverflowing) {
    for (const int resolution : {0, 3, 6, 8, 0x80, 0x81, 0x85})
        EXPECT_EQ(scale(static_cast<uint8_t>(resolution)).ns(ticks_max), ns_max);
    EXPECT_EQ(scale(9).ns(ticks_max), ns_max);
    EXPECT_EQ(TimeScale().ns(static_cast<uint64_t>(ns_max) / 1000), ns_max / 1000 * 1000);
    EXPECT_EQ(TimeScale().ns(static_cast<uint64_t>(ns_max) / 1000 + 1), ns_max);
}

TEST(TimeScale, Offset) {
    EXPECT_EQ(scale(6, 100).ns(1), 100'000'001'000);
    EXPECT_EQ(scale(6, -1).ns(0), -1'000'000'000);
    EXPECT_EQ(scale(6, ns_max).ns(5), ns_max);
    EXPECT_EQ(scale(6, std::numeric_limits<int64_t>::min()).ns(0), std::numeric_limits<int64_t>::min());
}

} // namespace
} // namespace visor::taps
