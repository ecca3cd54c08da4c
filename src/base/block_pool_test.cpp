#include "base/block_pool.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <set>

namespace visor {
namespace {

TEST(BlockPool, SaysNoWhenEmpty) {
    BlockPool pool(64, 3);
    std::set<uint32_t> taken;
    for (int i = 0; i < 3; ++i) taken.insert(pool.take());
    EXPECT_EQ(taken.size(), 3u) << "no block twice";
    EXPECT_FALSE(taken.contains(BlockPool::none));
    EXPECT_EQ(pool.take(), BlockPool::none);
    EXPECT_EQ(pool.in_use(), 3u);
    pool.give_back(1);
    EXPECT_EQ(pool.in_use(), 2u);
    EXPECT_EQ(pool.take(), 1u);
    EXPECT_EQ(pool.take(), BlockPool::none);
}

TEST(BlockPool, BlocksDoNotOverlap) {
    BlockPool pool(32, 4);
    uint32_t blocks[4];
    for (auto& block : blocks) block = pool.take();
    for (const auto block : blocks) std::memset(pool.data(block), static_cast<int>(block + 1), 32);
    for (const auto block : blocks)
        for (int i = 0; i < 32; ++i) EXPECT_EQ(pool.data(block)[i], block + 1);
}

} // namespace
} // namespace visor
