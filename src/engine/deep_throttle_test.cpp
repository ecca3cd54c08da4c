#include "engine/deep_throttle.hpp"

#include <gtest/gtest.h>

namespace visor::engine {
namespace {

constexpr int64_t ms = 1'000'000;

TEST(DeepThrottle, TheFullerTheHeavier) {
    const std::pair<double, uint32_t> wanted[] = {{0, 1},     {0.25, 1},  {0.26, 2}, {0.5, 2},
                                                  {0.51, 4},  {0.75, 4},  {0.76, 8}, {0.88, 16},
                                                  {0.94, 32}, {0.97, 64}, {1, 64},   {1.5, 64}};
    for (const auto& [backlog, weight] : wanted) {
        EXPECT_EQ(DeepThrottle::weight_for(backlog), weight) << backlog;
        EXPECT_EQ(DeepThrottle().look(backlog, 0), weight) << backlog << ": at once";
    }
}

TEST(DeepThrottle, GoesBackByHalvesOnceItIsCalm) {
    DeepThrottle throttle;
    EXPECT_EQ(throttle.look(0.6, 0), 4u);
    EXPECT_EQ(throttle.look(0.01, 10 * ms), 4u);
    EXPECT_EQ(throttle.look(0.01, 109 * ms), 4u);
    EXPECT_EQ(throttle.look(0.01, 110 * ms), 2u);
    EXPECT_EQ(throttle.look(0.01, 209 * ms), 2u);
    EXPECT_EQ(throttle.look(0.01, 210 * ms), 1u);
    EXPECT_EQ(throttle.look(0.01, 1000 * ms), 1u);
}

TEST(DeepThrottle, CalmIsInARow) {
    DeepThrottle throttle;
    EXPECT_EQ(throttle.look(0.3, 0), 2u);
    EXPECT_EQ(throttle.look(0.05, 50 * ms), 2u);
    EXPECT_EQ(throttle.look(0.1, 149 * ms), 2u) << "not full, but not calm";
    EXPECT_EQ(throttle.look(0.05, 200 * ms), 2u) << "it begins anew";
    EXPECT_EQ(throttle.look(0.05, 299 * ms), 2u);
    EXPECT_EQ(throttle.look(0.0625, 300 * ms), 1u);
    // A calm that was before it was full does not count for the one after.
    EXPECT_EQ(throttle.look(0.9, 301 * ms), 16u);
    EXPECT_EQ(throttle.look(0, 302 * ms), 16u);
    EXPECT_EQ(throttle.look(0, 402 * ms), 8u);
}

TEST(DeepThrottle, HoldsInBetween) {
    DeepThrottle throttle;
    EXPECT_EQ(throttle.look(0.8, 0), 8u);
    for (int64_t at = 0; at < 2000 * ms; at += ms) ASSERT_EQ(throttle.look(0.2, at), 8u);
    EXPECT_EQ(throttle.look(0.95, 2000 * ms), 32u);
}

} // namespace
} // namespace visor::engine
