#include "control/log_queue.hpp"

#include <algorithm>
#include <condition_variable>
#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <spdlog/logger.h>
#include <vector>

namespace visor::control {
namespace {

using namespace std::chrono_literals;

// Takes lines while its gate is open, refuses them while it is broken.
class Target final : public spdlog::sinks::sink {
public:
    void log(const spdlog::details::log_msg& message) override {
        std::unique_lock lock(mutex_);
        ++asked_;
        changed_.notify_all();
        changed_.wait(lock, [&] { return open_; });
        if (broken_) throw spdlog::spdlog_ex("broken");
        lines_.emplace_back(message.payload.data(), message.payload.size());
        times_.push_back(message.time);
    }
    void flush() override {}
    void set_pattern(const std::string&) override {}
    void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

    void set(bool open, bool broken = false) {
        const std::lock_guard lock(mutex_);
        open_ = open;
        broken_ = broken;
        changed_.notify_all();
    }
    void wait_until_asked() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return asked_ > 0; });
    }
    std::vector<std::string> lines() {
        const std::lock_guard lock(mutex_);
        return lines_;
    }
    std::vector<spdlog::log_clock::time_point> times() {
        const std::lock_guard lock(mutex_);
        return times_;
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = true, broken_ = false;
    int asked_ = 0;
    std::vector<std::string> lines_;
    std::vector<spdlog::log_clock::time_point> times_;
};

class LogQueueTest : public testing::Test {
protected:
    void TearDown() override { target_->set(true); } // lets the thread go

    std::shared_ptr<Target> target_ = std::make_shared<Target>();
    std::shared_ptr<LogQueue> queue_ = std::make_shared<LogQueue>(target_);
    spdlog::logger log_{"visor", queue_};
};

std::string missing(uint64_t lines) {
    return std::to_string(lines) +
           " lines of the log are missing here: what it is written to did not keep up, or failed";
}

TEST_F(LogQueueTest, WritesNothingBeforeItBegins) {
    log_.info("one");
    std::this_thread::sleep_for(20ms);
    EXPECT_TRUE(target_->lines().empty());
    queue_->begin();
    log_.info("two");
    EXPECT_TRUE(queue_->flush_within(10s));
    EXPECT_EQ(target_->lines(), (std::vector<std::string>{"one", "two"}));
}

TEST_F(LogQueueTest, EndingWritesWhatWaits) {
    log_.info("one");
    EXPECT_TRUE(queue_->end(10s));
    EXPECT_EQ(target_->lines(), std::vector<std::string>{"one"});
    log_.info("two");
    queue_.reset(); // the logger still has it
    log_ = spdlog::logger("none");
    EXPECT_EQ(target_->lines(), (std::vector<std::string>{"one", "two"}));
}

TEST_F(LogQueueTest, EachThreadsOrderIsKept) {
    constexpr int lines = 200;
    queue_->begin();
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&, t] {
            for (int i = 0; i < lines; ++i) log_.info("{} {}", t, i);
        });
    for (auto& thread : threads) thread.join();
    ASSERT_TRUE(queue_->flush_within(10s));
    std::map<int, int> next;
    for (const auto& line : target_->lines()) {
        int thread = 0, number = 0;
        ASSERT_EQ(std::sscanf(line.c_str(), "%d %d", &thread, &number), 2);
        EXPECT_EQ(number, next[thread]++);
    }
    for (int t = 0; t < 4; ++t) EXPECT_EQ(next[t], lines);
}

TEST_F(LogQueueTest, WhoLogsIsNotKeptAndWhatIsMissingIsToldWhereItIs) {
    constexpr uint64_t logged = 20'000;
    target_->set(false);
    queue_->begin();
    log_.info("0");
    target_->wait_until_asked(); // it is stuck with this one
    for (uint64_t i = 1; i < logged; ++i) log_.info("{}", i);
    EXPECT_EQ(queue_->counts().lines, logged);
    const uint64_t lost = queue_->counts().behind;
    EXPECT_GT(lost, logged / 2);
    EXPECT_FALSE(queue_->flush_within(10ms));

    target_->set(true);
    ASSERT_TRUE(queue_->flush_within(10s));
    const auto lines = target_->lines();
    ASSERT_EQ(lines.size(), logged - lost + 1); // with the one that tells
    EXPECT_EQ(lines[0], "0");
    EXPECT_EQ(lines[1], missing(lost));
    for (size_t i = 2; i < lines.size(); ++i) ASSERT_EQ(lines[i], std::to_string(lost + i - 1));
    const auto times = target_->times();
    EXPECT_TRUE(std::is_sorted(times.begin(), times.end())); // though that was told last
    EXPECT_EQ(queue_->counts().behind, lost);
    EXPECT_EQ(queue_->counts().failed, 0u);
}

TEST_F(LogQueueTest, LongLinesFillItAsSoon) {
    const std::string line(100'000, 'x');
    for (int i = 0; i < 20; ++i) log_.info(line);
    EXPECT_GE(queue_->counts().behind, 10u);
    log_.info(std::string(LogQueue::bytes_max, 'x')); // longer than all it may be
    EXPECT_EQ(queue_->counts().behind, 21u);
    log_.info("short");
    ASSERT_TRUE(queue_->flush_within(10s));
    EXPECT_EQ(target_->lines(), (std::vector<std::string>{missing(21), "short"}));
}

TEST_F(LogQueueTest, WhatCannotBeWrittenIsCountedAndTold) {
    target_->set(true, true);
    for (int i = 0; i < 3; ++i) log_.info("lost");
    EXPECT_TRUE(queue_->flush_within(10s));
    EXPECT_EQ(queue_->counts().failed, 3u);
    target_->set(true);
    log_.info("written");
    ASSERT_TRUE(queue_->flush_within(10s));
    EXPECT_EQ(target_->lines(), (std::vector<std::string>{missing(3), "written"}));
    EXPECT_EQ(queue_->counts().behind, 0u);
}

// Lines that come and go later do not stand for the one that is stuck.
TEST_F(LogQueueTest, FlushingWaitsForItsOwnLines) {
    target_->set(false);
    queue_->begin();
    log_.info("stuck");
    target_->wait_until_asked();
    std::thread other([&] {
        for (int i = 0; i < 20'000; ++i) log_.info("other");
    });
    EXPECT_FALSE(queue_->flush_within(300ms));
    other.join();
    EXPECT_FALSE(queue_->flush_within(0ms));
}

TEST_F(LogQueueTest, AnotherSinkTakesOverFromOneThatIsStuck) {
    target_->set(false);
    queue_->begin();
    log_.info("stuck");
    target_->wait_until_asked();
    log_.info("one");
    const auto other = std::make_shared<Target>();
    queue_->replace(other, 50ms);
    log_.info("two");
    EXPECT_TRUE(queue_->flush_within(10s));
    target_->set(true); // the thread that was stuck writes its line, and no other
    log_.info("three");
    EXPECT_FALSE(queue_->end(10s));
    EXPECT_EQ(other->lines(), (std::vector<std::string>{"one", "two", "three"}));
    EXPECT_EQ(queue_->counts().behind, 0u);
}

TEST_F(LogQueueTest, AnotherSinkTakesOver) {
    log_.info("one");
    const auto other = std::make_shared<Target>();
    queue_->replace(other, 10s);
    log_.info("two");
    EXPECT_TRUE(queue_->end(10s));
    EXPECT_EQ(target_->lines(), std::vector<std::string>{"one"});
    EXPECT_EQ(other->lines(), std::vector<std::string>{"two"});
}

TEST_F(LogQueueTest, EndsInTimeThoughTheThreadIsStuck) {
    target_->set(false);
    log_.info("one");
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_FALSE(queue_->end(50ms));
    EXPECT_FALSE(queue_->end(10s)); // at once
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
    log_ = spdlog::logger("none");
    queue_.reset(); // the thread keeps what it uses
    target_->set(true);
    for (int i = 0; i < 1000 && target_->lines().empty(); ++i) std::this_thread::sleep_for(10ms);
    EXPECT_EQ(target_->lines(), std::vector<std::string>{"one"});
}

} // namespace
} // namespace visor::control
