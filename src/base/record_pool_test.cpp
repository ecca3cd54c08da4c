#include "base/record_pool.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace visor {
namespace {

struct Thing {
    uint64_t key = 0;
    uint32_t next = 0;
    QueueLinks links;
};

TEST(RecordPool, SaysNoWhenEmpty) {
    RecordPool<Thing> pool(3);
    std::set<uint32_t> taken;
    for (int i = 0; i < 3; ++i) taken.insert(pool.take());
    EXPECT_EQ(taken.size(), 3u) << "no record twice";
    EXPECT_FALSE(taken.contains(0));
    EXPECT_EQ(pool.take(), 0u);
    pool.give_back(2);
    EXPECT_EQ(pool.in_use(), 2u);
    EXPECT_EQ(pool.take(), 2u);
    EXPECT_EQ(pool.take(), 0u);
}

TEST(RecordPool, ListsAreGivenBackWhole) {
    RecordPool<Thing> pool(4);
    for (int i = 0; i < 4; ++i) pool.take();
    pool[1].next = 3;
    pool[3].next = 2;
    pool.give_back(1, 2, 3);
    EXPECT_EQ(pool.free_count(), 3u);
    std::set<uint32_t> taken;
    for (int i = 0; i < 3; ++i) taken.insert(pool.take());
    EXPECT_EQ(taken, (std::set<uint32_t>{1, 2, 3}));
    EXPECT_EQ(pool.take(), 0u);
}

TEST(RecordTable, FindsWhatAMapFinds) {
    RecordTable<Thing> table(100);
    std::map<uint64_t, uint32_t> truth;
    std::mt19937 random(3);
    for (int i = 0; i < 20000; ++i) {
        const uint64_t key = random() % 300;
        const uint32_t index = table.find(key);
        ASSERT_EQ(index, truth.contains(key) ? truth[key] : 0);
        if (index && random() % 2) {
            table.remove(index);
            truth.erase(key);
        } else if (!index) {
            ASSERT_EQ(table.full(), truth.size() == 100);
            if (const uint32_t added = table.add(key)) truth[key] = added;
        }
    }
    EXPECT_GT(truth.size(), 50u);
    EXPECT_LE(truth.size(), 100u);
}

TEST(RecordQueue, FirstInFirstOut) {
    RecordTable<Thing> table(5);
    RecordQueue<Thing, &Thing::links> queue(table);
    EXPECT_EQ(queue.front(), 0u);
    for (uint64_t key = 1; key <= 5; ++key) queue.push_back(table.add(key));
    const auto drop = [&](uint64_t key) { queue.remove(table.find(key)); };
    drop(3);
    drop(1);
    queue.move_to_back(table.find(2));
    queue.move_to_back(table.find(2));
    drop(5);
    for (const uint64_t key : {4U, 2U}) {
        ASSERT_EQ(table[queue.front()].key, key);
        drop(key);
    }
    EXPECT_EQ(queue.front(), 0u);
    queue.push_back(1);
    EXPECT_EQ(queue.front(), 1u);
}

} // namespace
} // namespace visor
