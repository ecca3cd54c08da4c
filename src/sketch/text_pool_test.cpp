#include "sketch/text_pool.hpp"

#include "sketch/test_streams.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace visor::sketch {
namespace {
using namespace test;

TEST(TextPool, chains_cells_and_reuses_them) {
    auto pool = zeroed<TextPool<4>>();
    TextRef a{}, b{}, c{};
    const std::string text = "0123456789abcdefghijklmnopqrstuvwxyz";
    ASSERT_TRUE(pool->store(a, text.data(), 36));
    ASSERT_TRUE(pool->store(b, text.data(), 30));
    EXPECT_EQ(pool->used(), 3u);
    EXPECT_FALSE(pool->store(c, text.data(), 31));
    EXPECT_TRUE(pool->store(c, text.data(), 0));
    EXPECT_EQ(pool->used(), 3u);
    pool->release(a);
    EXPECT_EQ(pool->used(), 1u);
    ASSERT_TRUE(pool->store(c, text.data() + 1, 35));
    uint8_t out[1024];
    ASSERT_EQ(pool->read(c, out), 35u);
    EXPECT_EQ(std::string_view(reinterpret_cast<char*>(out), 35), text.substr(1));
    ASSERT_EQ(pool->read(b, out), 30u);
    EXPECT_EQ(std::string_view(reinterpret_cast<char*>(out), 30), text.substr(0, 30));
}

TEST(TextPool, gives_back_texts_of_every_length) {
    auto pool = zeroed<TextPool<8>>();
    std::string text;
    for (char c = 0; c < 100; ++c) text += static_cast<char>(c * 37 + 1);
    TextRef kept{}, ref{};
    ASSERT_TRUE(pool->store(kept, text.data() + 60, 30));
    for (uint32_t length = 0; length <= 100; ++length) {
        const uint32_t offset = 100 - length;
        ASSERT_TRUE(pool->store(ref, text.data() + offset, length)); // over the one before
        EXPECT_EQ(pool->used(), 1 + (length + 29) / 30);
        uint8_t out[1024];
        ASSERT_EQ(pool->read(ref, out), length);
        EXPECT_EQ(std::string_view(reinterpret_cast<char*>(out), length), text.substr(offset));
        ASSERT_EQ(pool->read(kept, out), 30u);
        EXPECT_EQ(std::string_view(reinterpret_cast<char*>(out), 30), text.substr(60, 30));
    }
    ASSERT_TRUE(pool->store(ref, text.data(), 5)); // a short one gives the cells of a long one back
    EXPECT_EQ(pool->used(), 2u);
}

} // namespace
} // namespace visor::sketch
