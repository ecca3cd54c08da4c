#include "engine/block_line.hpp"

#include "sketch/test_streams.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <stdexcept>
#include <thread>

namespace visor::engine {
namespace {
using sketch::test::Random;

void work_for(std::chrono::microseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
    }
}

// Some blocks of one frame each, of given periods; notes what is done, and whether it was its turn.
class Noted : public BlockWork {
public:
    Noted(std::vector<std::vector<int64_t>> periods, unsigned sets)
        : periods_(std::move(periods)), next_(sets), in_set_(sets) {
        for (unsigned i = 0; i < sets; ++i) next_[i] = i;
    }

    bool read(FeedBlock& block) override {
        EXPECT_FALSE(reading_.exchange(true)) << "two read at once";
        if (on_step) on_step(0);
        const bool more = read_blocks < periods_.size();
        if (more) {
            block.frames.sequence = read_blocks;
            block.runs.clear();
            for (const int64_t period : periods_[read_blocks]) block.runs.push_back({0, 1, period});
            ++read_blocks;
            most = std::max<uint64_t>(most, read_blocks - ordered);
        }
        reading_ = false;
        return more;
    }
    void decode(LineBlock&, unsigned) override {
        if (on_step) on_step(1);
        ++decoded;
    }
    void summarise(const LineBlock& block, unsigned set) override {
        EXPECT_FALSE(in_set_[set].exchange(true)) << "two in one set";
        const uint64_t sequence = block.block.frames.sequence;
        EXPECT_EQ(sequence, next_[set]);
        for (const Run& run : block.block.runs)
            EXPECT_TRUE(run.period <= settled + 1 || sequence == ordered) << "far ahead of what is settled";
        if (on_step) on_step(2);
        next_[set] += static_cast<unsigned>(next_.size());
        in_set_[set] = false;
    }
    void order(const LineBlock& block) override {
        EXPECT_FALSE(ordering_.exchange(true)) << "two order at once";
        EXPECT_EQ(block.block.frames.sequence, ordered);
        EXPECT_GT(next_[ordered % next_.size()], ordered) << "not summarised yet";
        if (on_step) on_step(3);
        settled = std::max<int64_t>(settled, block.block.runs.back().period);
        ++ordered;
        ordering_ = false;
    }

    std::function<void(int step)> on_step;
    std::atomic<uint64_t> read_blocks = 0, decoded = 0, ordered = 0;
    std::atomic<int64_t> settled = 0;
    uint64_t most = 0; // blocks on their way

private:
    std::vector<std::vector<int64_t>> periods_;
    std::vector<std::atomic<uint64_t>> next_;
    std::vector<std::atomic<bool>> in_set_;
    std::atomic<bool> reading_ = false, ordering_ = false;
};

std::vector<std::vector<int64_t>> some_periods(size_t blocks) {
    Random random(7);
    std::vector<std::vector<int64_t>> periods(blocks);
    int64_t period = 0;
    for (auto& runs : periods) {
        runs.push_back(period);
        while (random.below(5) == 0) runs.push_back(period += 1 + static_cast<int64_t>(random.below(3)));
    }
    return periods;
}

TEST(BlockLine, EveryBlockTakesEveryStepInItsTurn) {
    for (const unsigned threads : {1u, 2u, 3u, 8u})
        for (const unsigned sets : {1u, 2u, 5u, 9u, 64u})
            for (const size_t blocks : {0u, 1u, 2u, 9u, 500u}) {
                Noted work(some_periods(blocks), sets);
                BlockLine line(work, threads, sets);
                line.run();
                EXPECT_EQ(work.read_blocks, blocks);
                EXPECT_EQ(work.decoded, blocks);
                EXPECT_EQ(work.ordered, blocks);
                EXPECT_LE(work.most, line.depth());
            }
}

TEST(BlockLine, StepsOfAnyLength) {
    for (const unsigned threads : {2u, 3u})
        for (const unsigned sets : {1u, 2u, 3u, 20u}) {
            Noted work(some_periods(300), sets);
            work.on_step = [](int) {
                thread_local Random random(std::hash<std::thread::id>()(std::this_thread::get_id()));
                work_for(std::chrono::microseconds(random.below(10) == 0 ? 300 : random.below(30)));
            };
            BlockLine(work, threads, sets).run();
            EXPECT_EQ(work.ordered, 300u);
        }
}

// A thread that is away with a block keeps the others from no more than what needs that block.
TEST(BlockLine, OthersGoOnWhileOneIsAway) {
    Noted work(std::vector<std::vector<int64_t>>(1000, {0}), 2);
    std::atomic<bool> away = false;
    uint64_t on_their_way = 0, most_on_their_way = 0;
    work.on_step = [&](int step) {
        if (step != 1 || work.read_blocks < 100 || away.exchange(true)) return;
        for (int i = 0; i < 10'000 && on_their_way < most_on_their_way; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            on_their_way = work.read_blocks - work.ordered;
        }
    };
    BlockLine line(work, 2, 2);
    most_on_their_way = line.depth();
    line.run();
    EXPECT_EQ(work.ordered, 1000u);
    EXPECT_EQ(on_their_way, most_on_their_way);
}

TEST(BlockLine, WhatAStepThrowsEndsTheRun) {
    for (const unsigned threads : {1u, 2u, 5u})
        for (int failing = 0; failing < 4; ++failing) {
            Noted work(std::vector<std::vector<int64_t>>(1000, {0}), 2);
            std::atomic<int> left = 30;
            work.on_step = [&](int step) {
                if (step == failing && --left == 0) throw std::runtime_error("no more");
            };
            BlockLine line(work, threads, 2);
            EXPECT_THROW(line.run(), std::runtime_error) << threads << ", step " << failing;
            EXPECT_LT(work.ordered, 100u);
        }
}

} // namespace
} // namespace visor::engine
