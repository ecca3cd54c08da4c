#include "base/pending_table.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <random>
#include <unordered_map>

namespace visor {
namespace {

using Table = PendingTable<uint32_t, 4>; // 16 sets of 8
constexpr int64_t ttl = 5'000'000;

// The n-th key of one set.
uint64_t in_set(uint64_t set, uint64_t n) {
    return (n + 1) << 32 | set;
}

TEST(PendingTable, TakesWhatWasPutOnce) {
    Table t(ttl);
    EXPECT_EQ(t.put(77, 100, 5), Table::Put::added);
    EXPECT_EQ(t.size(), 1u);
    const auto taken = t.take(77, 350);
    EXPECT_TRUE(taken.found);
    EXPECT_EQ(taken.value, 5u);
    EXPECT_EQ(taken.age_us, 250);
    EXPECT_FALSE(t.take(77, 350).found);
    EXPECT_EQ(t.size(), 0u);
}

TEST(PendingTable, PutAgainRestarts) {
    Table t(ttl);
    t.put(77, 100, 5);
    EXPECT_EQ(t.put(77, 200, 6), Table::Put::restarted);
    EXPECT_EQ(t.size(), 1u);
    const auto taken = t.take(77, 300);
    EXPECT_EQ(taken.value, 6u);
    EXPECT_EQ(taken.age_us, 100);
}

TEST(PendingTable, HashWithoutTagBitsIsAKeyToo) {
    Table t(ttl);
    t.put(3, 1, 9);
    EXPECT_TRUE(t.take(3, 1).found);
}

TEST(PendingTable, AnswerBeforeTheQuestionHasAgeZero) {
    Table t(ttl);
    t.put(1, 1000, 0);
    EXPECT_EQ(t.take(1, 400).age_us, 0);
}

TEST(PendingTable, OldEntriesAreStillGiven) {
    Table t(ttl);
    t.put(1, 0, 7);
    const auto taken = t.take(1, 60'000'000);
    EXPECT_TRUE(taken.found) << "the caller sees that it is too late";
    EXPECT_EQ(taken.age_us, 60'000'000);
}

TEST(PendingTable, FullSetGivesUpItsOldest) {
    for (uint64_t oldest = 0; oldest < 8; ++oldest) {
        Table t(ttl);
        for (uint64_t i = 0; i < 8; ++i)
            t.put(in_set(3, i), i == oldest ? 50 : 1000, static_cast<uint32_t>(i));
        uint32_t displaced = 99;
        EXPECT_EQ(t.put(in_set(3, 8), 2000, 8, &displaced), Table::Put::displaced_live);
        EXPECT_EQ(displaced, oldest);
        EXPECT_EQ(t.size(), 8u);
        for (uint64_t i = 0; i < 9; ++i) EXPECT_EQ(t.take(in_set(3, i), 2000).found, i != oldest);
    }
}

TEST(PendingTable, DisplacedIsExpiredFromItsTimeToLiveOn) {
    for (const int64_t age : {ttl - 1, ttl}) {
        Table t(ttl);
        for (uint64_t i = 0; i < 8; ++i) t.put(in_set(3, i), 0, 0);
        EXPECT_EQ(t.put(in_set(3, 8), age, 0),
                  age == ttl ? Table::Put::displaced_expired : Table::Put::displaced_live);
    }
}

TEST(PendingTable, FreedSlotsAreUsedFirst) {
    Table t(ttl);
    for (uint64_t i = 0; i < 8; ++i) t.put(in_set(3, i), 0, 0);
    t.take(in_set(3, 5), 0);
    EXPECT_EQ(t.put(in_set(3, 9), 0, 0), Table::Put::added);
}

TEST(PendingTable, SweepTellsEachExpiredOnce) {
    Table t(ttl);
    for (uint32_t i = 0; i < 50; ++i) t.put(in_set(i % 16, i), i * 100'000, i);
    uint32_t told = 0;
    t.sweep(ttl + 2'000'000, 1, [&](uint32_t value) {
        EXPECT_LE(value, 20u);
        ++told;
    });
    EXPECT_EQ(told, 21u);
    EXPECT_EQ(t.size(), 29u);
    t.sweep(ttl + 2'000'000, 1, [&](uint32_t) { ++told; });
    EXPECT_EQ(told, 21u);
}

TEST(PendingTable, TimeMayWrap) {
    const int64_t base = (int64_t{1} << 40) + (int64_t{1} << 32) - 1'000'000; // 32 bits wrap a second later
    Table t(ttl);
    t.put(1, base, 0);
    t.put(2, base, 0);
    EXPECT_EQ(t.take(1, base + 2'000'000).age_us, 2'000'000);
    uint32_t told = 0;
    t.sweep(base + ttl - 1, 1, [&](uint32_t) { ++told; });
    EXPECT_EQ(told, 0u);
    t.sweep(base + ttl, 1, [&](uint32_t) { ++told; });
    EXPECT_EQ(told, 1u);
}

TEST(PendingTable, SweepAfterALongSilence) {
    for (const int64_t minutes : {34, 36, 70, 72, 75, 100'000}) {
        Table t(ttl);
        t.sweep(1'000'000, 1, [](uint32_t) {});
        t.put(1, 2'000'000, 0);
        uint32_t told = 0;
        t.sweep(2'000'000 + minutes * 60'000'000, 1, [&](uint32_t) { ++told; });
        EXPECT_EQ(told, 1u) << minutes << " minutes";
    }
}

TEST(PendingTable, SweptInPartsEveryEntryIsToldOnce) {
    Table t(ttl);
    std::mt19937_64 random(3);
    for (uint32_t i = 0; i < 60; ++i) t.put(random(), 1'000'000, i);
    const size_t waiting = t.size();
    uint32_t told = 0;
    for (int part = 0; part < 4; ++part) t.sweep(1'000'000 + ttl - 1, 4, [&](uint32_t) { ++told; });
    EXPECT_EQ(told, 0u);
    for (int part = 0; part < 4; ++part) t.sweep(1'000'000 + ttl, 4, [&](uint32_t) { ++told; });
    EXPECT_EQ(told, waiting);
    EXPECT_EQ(t.size(), 0u);
}

TEST(PendingTable, LongestTimeToLive) {
    EXPECT_EQ(Table(INT64_MAX).ttl_us(), Table::ttl_max_us - 1);
    EXPECT_EQ(Table(1'800'000'000).ttl_us(), 1'800'000'000);
}

TEST(PendingTable, ActsAsAMapWhileThereIsRoom) {
    PendingTable<uint32_t, 10> t(ttl);
    std::unordered_map<uint64_t, std::pair<int64_t, uint32_t>> model;
    std::mt19937_64 random(5);
    for (int64_t now = 0; now < 200'000; ++now) {
        const uint64_t hash = (random() % 500) * 0x9e3779b97f4a7c15U;
        if (random() % 2) {
            const auto value = static_cast<uint32_t>(random());
            const bool known = model.contains(hash);
            ASSERT_EQ(t.put(hash, now, value), known ? decltype(t)::Put::restarted : decltype(t)::Put::added);
            model[hash] = {now, value};
        } else {
            const auto taken = t.take(hash, now);
            const auto at = model.find(hash);
            ASSERT_EQ(taken.found, at != model.end());
            if (!taken.found) continue;
            ASSERT_EQ(taken.value, at->second.second);
            ASSERT_EQ(taken.age_us, now - at->second.first);
            model.erase(at);
        }
        ASSERT_EQ(t.size(), model.size());
    }
}

} // namespace
} // namespace visor
