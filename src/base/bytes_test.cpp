#include "base/bytes.hpp"

#include <gtest/gtest.h>

namespace visor {
namespace {

constexpr uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8};

TEST(Bytes, ReadsInNetworkOrder) {
    Bytes b(data, sizeof data);
    EXPECT_EQ(b.u8(), 1);
    EXPECT_EQ(b.u16(), 0x0203);
    EXPECT_EQ(b.u32(), 0x04050607U);
    EXPECT_EQ(b.size(), 1u);
    EXPECT_EQ(b[0], 8);
    b.skip(1);
    EXPECT_TRUE(b.empty());
    EXPECT_TRUE(b.ok()) << "read to the end is no fault";
}

TEST(Bytes, ReadingPastTheEndGivesZerosAndStays) {
    for (size_t size = 0; size < 4; ++size) {
        Bytes b(data, size);
        EXPECT_EQ(b.u32(), 0u);
        EXPECT_FALSE(b.ok());
        EXPECT_EQ(b.size(), 0u);
        EXPECT_EQ(b.u8(), 0);
        EXPECT_EQ(b.u16(), 0);
        b.skip(0);
        EXPECT_FALSE(b.ok());
    }
    Bytes one(data, 1);
    EXPECT_EQ(one.u16(), 0);
    EXPECT_FALSE(one.ok());
}

TEST(Bytes, SkipPastTheEnd) {
    Bytes b(data, 4);
    b.skip(4);
    EXPECT_TRUE(b.ok());
    b.skip(1);
    EXPECT_FALSE(b.ok());
    Bytes huge(data, 4);
    huge.skip(SIZE_MAX);
    EXPECT_FALSE(huge.ok());
}

TEST(Bytes, Take) {
    Bytes b(data, 5);
    Bytes two = b.take(2);
    EXPECT_EQ(two.u16(), 0x0102);
    EXPECT_TRUE(two.empty());
    EXPECT_EQ(b.size(), 3u);
    const Bytes rest = b.take(3);
    EXPECT_EQ(rest.size(), 3u);
    EXPECT_TRUE(b.take(0).ok());
    EXPECT_FALSE(b.take(1).ok());
    EXPECT_FALSE(b.ok());
}

TEST(Bytes, FirstAndFromDoNotMove) {
    const Bytes b(data, 5);
    EXPECT_EQ(b.first(2).size(), 2u);
    EXPECT_EQ(b.first(9).size(), 5u);
    EXPECT_EQ(b.from(2)[0], 3);
    EXPECT_EQ(b.from(5).size(), 0u);
    EXPECT_TRUE(b.from(5).ok());
    EXPECT_FALSE(b.from(6).ok());
    EXPECT_EQ(b.size(), 5u);
}

TEST(Bytes, NullView) {
    Bytes b;
    EXPECT_FALSE(b.ok());
    EXPECT_TRUE(b.empty());
    EXPECT_EQ(b.u32(), 0u);
    EXPECT_FALSE(b.take(0).ok());
    EXPECT_FALSE(b.first(3).ok());
    EXPECT_FALSE(b.from(0).ok());
}

TEST(Bytes, Loads) {
    EXPECT_EQ(load_be16(data), 0x0102);
    EXPECT_EQ(load_be32(data + 1), 0x02030405U);
    EXPECT_EQ(load_be64(data), 0x0102030405060708U);
    EXPECT_EQ(load_native<uint8_t>(data + 3), 4);
}

} // namespace
} // namespace visor
