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

} // namespace
} // namespace visor::sketch
