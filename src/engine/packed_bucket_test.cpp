#include "engine/packed_bucket.hpp"

#include <cstring>
#include <gtest/gtest.h>
#include <random>

namespace visor::engine {
namespace {

constexpr size_t bytes = 1'000'001; // the last page is not whole

void expect_like(const Bucket& bucket, const Bucket& other) {
    EXPECT_EQ(std::memcmp(bucket.cells(), other.cells(), bytes), 0);
}

TEST(PackedBucket, AnEmptyOneTakesNextToNothing) {
    const Bucket empty(bytes);
    const auto packed = PackedBucket::of(empty, bytes);
    ASSERT_TRUE(packed);
    EXPECT_LT(packed->size(), 64u);
    expect_like(packed->unpacked(), empty);
}

TEST(PackedBucket, WhateverIsInItComesBack) {
    std::mt19937_64 random(7);
    for (const size_t used : {1u, 5u, 1000u, 100'000u}) {
        Bucket bucket(bytes);
        auto* const cells = static_cast<uint8_t*>(bucket.cells());
        for (size_t i = 0; i < used; ++i) cells[random() % bytes] = static_cast<uint8_t>(random());
        cells[0] = 1;
        cells[bytes - 1] = 0xff;
        const auto packed = PackedBucket::of(bucket, bytes);
        ASSERT_TRUE(packed);
        expect_like(packed->unpacked(), bucket);
        expect_like(packed->unpacked(), bucket); // and again
        EXPECT_LT(packed->size(), used < 1000 ? bytes / 10 : bytes);
    }
}

TEST(PackedBucket, NoiseTakesHardlyMoreThanItself) {
    std::mt19937_64 random(8);
    Bucket bucket(bytes);
    auto* const cells = static_cast<uint8_t*>(bucket.cells());
    for (size_t i = 0; i < bytes; ++i) cells[i] = static_cast<uint8_t>(random());
    const auto packed = PackedBucket::of(bucket, bytes);
    ASSERT_TRUE(packed);
    EXPECT_LT(packed->size(), bytes + bytes / 100);
    expect_like(packed->unpacked(), bucket);
}

} // namespace
} // namespace visor::engine
