// Databases that are exchanged while frames come.
#include "engine/test_live.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace visor::engine {
namespace {

using namespace test;
constexpr int64_t second = sketch::second_ns, minute = 60 * second;

// Every address is in the place of this id.
std::shared_ptr<const GeoTable> table_of(uint32_t id) {
    GeoBuilder builder;
    builder.v4_from(0, id);
    return std::make_shared<const GeoTable>(builder.build());
}
Services lent(const GeoTable& table) {
    return {&table, nullptr, nullptr};
}

// Served by the test, which says what time it is.
class LiveDatabases : public ::testing::Test {
protected:
    void SetUp() override {
        auto tap = std::make_unique<FakeTap>(queues);
        tap_ = tap.get();
        stream_ = std::make_unique<LiveStream>(std::move(tap), DecodeSettings{}, WorkerSettings{});
        stream_->start();
        const auto first = table_of(1);
        auto policy = stream_->attach(count_policy("p"), lent(*first), now_, first);
        ASSERT_TRUE(policy);
        policy_ = *policy;
    }
    void swap_to(const std::shared_ptr<const GeoTable>& table) {
        auto made = make_handlers(policy_->plan(), policy_->workers(), lent(*table), table);
        ASSERT_TRUE(made);
        stream_->swap_databases(*policy_, std::move(*made));
    }
    template <class F>
    bool until(F&& holds) {
        for (int i = 0; i < 5000; ++i) {
            stream_->serve(now_);
            if (holds()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return false;
    }
    void give(unsigned queue, unsigned count) {
        tap_->queue(queue).give(now_, count);
        given_ += count;
    }
    // All that was given has been counted, and handed over.
    void settle() {
        ASSERT_TRUE(until([&] {
            uint64_t seen = 0;
            for (const auto& counts : stream_->counts()) seen += counts.frames.frames;
            return seen >= given_;
        }));
        stream_->ask();
        ASSERT_TRUE(until([&] { return stream_->answered(); }));
    }
    CountCells period(uint32_t index) { return cells_of_view(policy_->results().period(index, now_)); }
    CountCells lifetime() { return cells_of_view(policy_->results().lifetime(now_)); }

    static constexpr unsigned queues = 2;
    int64_t now_ = 1'700'000'000 * second;
    uint64_t given_ = 0;
    FakeTap* tap_ = nullptr;
    std::unique_ptr<LiveStream> stream_;
    std::shared_ptr<LivePolicy> policy_;
};

TEST_F(LiveDatabases, WhatIsCountedStaysAndWhatComesUsesTheNewOne) {
    give(0, 10);
    settle();
    now_ += minute + second;
    ASSERT_TRUE(until([&] { return policy_->results().periods() == 2; }));
    give(0, 3);
    give(1, 4);
    settle();
    swap_to(table_of(100));
    give(0, 5);
    give(1, 6);
    settle();
    EXPECT_EQ(period(1).frames.value, 10u);
    EXPECT_EQ(period(1).places.value, 10u);
    EXPECT_EQ(period(0).frames.value, 18u);
    EXPECT_EQ(period(0).places.value, 7u + 11u * 100);
    EXPECT_EQ(lifetime().frames.value, 28u);
    EXPECT_EQ(lifetime().places.value, 17u + 11u * 100);
    now_ += minute;
    ASSERT_TRUE(until([&] { return policy_->results().periods() == 3; }));
    EXPECT_EQ(period(1).frames.value, 18u);
    EXPECT_EQ(period(2).frames.value, 10u);
}

TEST_F(LiveDatabases, ADatabaseGoesWithTheLastWorkerThatUsesIt) {
    auto table = table_of(2), next = table_of(3);
    const std::weak_ptr<const GeoTable> watched = table, later = next;
    swap_to(table);
    table = nullptr;
    settle();
    EXPECT_FALSE(watched.expired());
    tap_->queue(1).hold(true);
    std::this_thread::sleep_for(std::chrono::milliseconds(150)); // until then it may be on its way
    swap_to(next);
    next = nullptr;
    for (int i = 0; i < 300; ++i) { // only one of two workers hears of it
        stream_->serve(now_);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_FALSE(watched.expired());
    tap_->queue(1).hold(false);
    EXPECT_TRUE(until([&] { return watched.expired(); }));
    EXPECT_FALSE(later.expired());
    stream_->detach(*policy_);
    policy_ = nullptr;
    EXPECT_TRUE(until([&] { return later.expired(); }));
}

TEST_F(LiveDatabases, NothingIsLeftWhenTheStreamEndsBeforeItsWorkersHear) {
    auto table = table_of(2);
    const std::weak_ptr<const GeoTable> watched = table;
    for (int i = 0; i < 3000; ++i) swap_to(table); // more than a ring holds
    table = nullptr;
    policy_ = nullptr;
    stream_.reset();
    EXPECT_TRUE(watched.expired());
}

// Exchanged all the time, over ends of minutes, while others read.
TEST_F(LiveDatabases, NothingIsLostOrCountedTwice) {
    std::atomic<bool> stop{false};
    std::atomic<int64_t> now_ns{now_};
    std::atomic<uint64_t> given{0};
    std::thread reader([&] {
        CountCells last{};
        while (!stop) {
            const CountCells now = cells_of_view(policy_->results().lifetime(now_ns));
            EXPECT_GE(now.frames.value, last.frames.value);
            EXPECT_GE(now.places.value, last.places.value);
            last = now;
        }
    });
    std::vector<std::thread> givers;
    for (unsigned queue = 0; queue < queues; ++queue)
        givers.emplace_back([&, queue] {
            while (!stop) {
                tap_->queue(queue).give(now_ns, 7);
                given += 7;
                std::this_thread::sleep_for(std::chrono::microseconds(100));
            }
        });
    for (uint32_t i = 0; i < 300; ++i) {
        swap_to(table_of(1 + i % 2));
        if (i % 4 == 0) stream_->ask();
        if (i % 100 == 50) now_ns = now_ += minute + second;
        stream_->serve(now_);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    stop = true;
    reader.join();
    for (std::thread& giver : givers) giver.join();
    given_ = given;
    settle();
    ASSERT_TRUE(until([&] { return policy_->results().periods() == 4; }));
    uint64_t in_minutes = 0;
    for (uint32_t i = 0; i < 4; ++i) in_minutes += period(i).frames.value;
    EXPECT_EQ(in_minutes, given_);
    const CountCells all = lifetime();
    EXPECT_EQ(all.frames.value, given_);
    EXPECT_GT(all.places.value, given_); // both were used
    EXPECT_LT(all.places.value, 2 * given_);
}

// All or none.
TEST(LiveEngineDatabases, OneThatCannotBeUsedChangesNothing) {
    LiveEngine engine([](TapEvent, const std::string&) {});
    auto tap = std::make_unique<FakeTap>(1);
    FakeQueue& queue = tap->queue(0);
    LiveStream& stream = engine.add(std::move(tap), DecodeSettings{});
    auto picky_plan = std::make_shared<PlannedPolicy>(*count_policy("picky"));
    picky_plan->handlers[0].config.deep_sample_rate = 0;
    const auto easy = engine.attach(stream, count_policy("easy"), {}, DecodeSettings{});
    const auto picky = engine.attach(stream, picky_plan, {}, DecodeSettings{});
    ASSERT_TRUE(easy && picky);
    const auto table = table_of(5);
    const LivePolicy* const both[] = {easy->get(), picky->get()};
    const auto error = engine.replace_databases(both, lent(*table), table);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->text, "no such places");
    queue.give(wall_clock_ns(), 3);
    const auto cells = [&] { return cells_of_view((*easy)->results().lifetime(wall_clock_ns())); };
    for (int i = 0; i < 100 && cells().frames.value < 3; ++i) {
        engine.refresh(both);
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    EXPECT_EQ(cells().frames.value, 3u);
    EXPECT_EQ(cells().places.value, 0u);
    EXPECT_EQ(table.use_count(), 1);
}

} // namespace
} // namespace visor::engine
