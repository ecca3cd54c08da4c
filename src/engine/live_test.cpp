#include "engine/ledger.hpp"
#include "engine/test_live.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace visor::engine {
namespace {

using namespace test;
constexpr int64_t second = sketch::second_ns, minute = 60 * second;

// A stream served by the test instead of the window thread, so that the test says what time it is.
class LiveStreamTest : public ::testing::Test {
protected:
    void open(unsigned queues, const WorkerSettings& settings = {}) {
        auto tap = std::make_unique<FakeTap>(queues);
        tap_ = tap.get();
        stream_ = std::make_unique<LiveStream>(std::move(tap), DecodeSettings{}, settings);
        stream_->start();
    }
    std::shared_ptr<LivePolicy> attach(const std::string& name, uint32_t periods = 5) {
        auto policy = stream_->attach(count_policy(name, periods), {}, now_);
        EXPECT_TRUE(policy);
        return *policy;
    }
    // Serves until the condition holds.
    template <class F>
    bool until(F&& holds, int milliseconds = 2000) {
        for (int i = 0; i < milliseconds; ++i) {
            stream_->serve(now_);
            if (holds()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return false;
    }
    void refresh() {
        stream_->ask();
        ASSERT_TRUE(until([&] { return stream_->answered(); }));
    }
    uint64_t frames_in(const LivePolicy& policy, uint32_t period) {
        return cells_of_view(policy.results().period(period, now_)).frames.value;
    }
    // Gives frames and waits until the workers have seen them all.
    void give(unsigned queue, int64_t ts_ns, unsigned count) {
        tap_->queue(queue).give(ts_ns, count);
        given_ += count;
        ASSERT_TRUE(until([&] {
            uint64_t seen = 0;
            for (const auto& counts : stream_->counts()) seen += counts.frames.frames;
            return seen >= given_;
        }));
    }

    int64_t now_ = 1'700'000'000 * second;
    uint64_t given_ = 0;
    FakeTap* tap_ = nullptr;
    std::unique_ptr<LiveStream> stream_;
};

TEST_F(LiveStreamTest, FramesOfAllQueuesAreOnePolicysFigures) {
    open(3);
    const auto policy = attach("p");
    give(0, now_, 5);
    give(1, now_, 2000); // more than a block
    give(2, now_, 7);
    refresh();
    EXPECT_EQ(frames_in(*policy, 0), 2012u);
    give(2, now_, 1);
    EXPECT_EQ(frames_in(*policy, 0), 2012u); // what was read does not change
    refresh();
    EXPECT_EQ(frames_in(*policy, 0), 2013u);
}

TEST_F(LiveStreamTest, AFramesOwnTimeDecidesItsPeriod) {
    open(2);
    const auto policy = attach("p");
    const int64_t end = now_ + minute;
    give(0, end - 1, 3);
    give(0, end, 10);    // this queue is in the next period by itself
    give(1, end - 1, 4); // and this one is not
    give(0, end - 1, 1); // late
    now_ = end + second;
    ASSERT_TRUE(until([&] { return policy->results().periods() == 2; }));
    refresh();
    EXPECT_EQ(frames_in(*policy, 1), 7u);
    EXPECT_EQ(frames_in(*policy, 0), 11u);
    EXPECT_EQ(stream_->counts()[0].frames.late, 1u);
}

TEST_F(LiveStreamTest, PeriodsGoByWithoutFramesAndTheOldestIsForgotten) {
    open(2);
    const auto policy = attach("p", 3);
    give(0, now_, 8);
    for (uint32_t i = 0; i < 2; ++i) {
        now_ += minute + second;
        ASSERT_TRUE(until([&] { return policy->results().periods() == i + 2; }));
    }
    EXPECT_EQ(frames_in(*policy, 2), 8u);
    EXPECT_EQ(cells_of_view(policy->results().window(3, now_)).frames.value, 8u);
    EXPECT_EQ(cells_of_view(policy->results().window(2, now_)).frames.value, 0u);
    now_ += minute;
    ASSERT_TRUE(until([&] { return frames_in(*policy, 2) == 0; }));
    EXPECT_EQ(policy->results().periods(), 3u);
    EXPECT_EQ(cells_of_view(policy->results().lifetime(now_)).frames.value, 8u);
}

TEST_F(LiveStreamTest, OneSummaryKeepsEverythingAndItsRates) {
    open(1);
    const auto policy = attach("p", 1);
    give(0, now_, 8);
    now_ += minute + second;
    ASSERT_TRUE(until([&] { return policy->results().period(0, now_).handlers[0].length == 61; }));
    ASSERT_TRUE(until([&] {
        const auto view = policy->results().period(0, now_);
        return view.handlers[0].rates->begin()->second.size() == 61 && cells_of_view(view).rate.empty();
    }));
    give(0, now_, 2);
    refresh();
    EXPECT_EQ(policy->results().periods(), 1u);
    EXPECT_EQ(frames_in(*policy, 0), 10u);
    now_ += second;
    const auto view = policy->results().period(0, now_);
    const Seconds seconds = view.handlers[0].rates->begin()->second.seconds();
    ASSERT_EQ(seconds.size(), 62u);
    EXPECT_EQ(seconds[0], 8u);
    EXPECT_EQ(seconds[61], 2u);
}

TEST_F(LiveStreamTest, ThresholdsComeFromThePeriodOfAllWorkers) {
    open(2);
    const auto policy = attach("p");
    give(0, now_, 3);
    give(1, now_, 4);
    now_ += minute + second;
    ASSERT_TRUE(until([&] { return policy->results().periods() == 2; }));
    give(0, now_, 1);
    give(1, now_, 1);
    refresh();
    EXPECT_EQ(cells_of_view(policy->results().period(0, now_)).period_ends.value, 14u); // both saw 7
}

TEST_F(LiveStreamTest, TheWallClockMaySet) {
    open(1);
    const auto policy = attach("p");
    give(0, now_, 3);
    now_ -= 3600 * second;
    stream_->clock_was_set(now_ + 3600 * second, now_);
    ASSERT_TRUE(until([&] { return policy->results().periods() == 2; }));
    give(0, now_, 4);
    refresh();
    EXPECT_EQ(frames_in(*policy, 1), 3u);
    EXPECT_EQ(frames_in(*policy, 0), 4u);
    now_ += minute + second;
    ASSERT_TRUE(until([&] { return policy->results().periods() == 3; }));
}

TEST_F(LiveStreamTest, AClockThatIsSetDoesNotChangeHowLongAPeriodWas) {
    open(1);
    const auto policy = attach("p");
    give(0, now_, 3);
    now_ += 10 * second;
    const int64_t later = now_ + 5 * 3600 * second;
    stream_->clock_was_set(now_, later);
    now_ = later;
    ASSERT_TRUE(until([&] { return policy->results().periods() == 2; }));
    EXPECT_EQ(policy->results().period(1, now_).handlers[0].length, 10);
    EXPECT_EQ(policy->results().period(0, now_).handlers[0].length, 0);
    EXPECT_EQ(policy->results().window(2, now_).handlers[0].length, 10);
}

// As it may be while a period is being closed, when the change itself comes too early.
TEST_F(LiveStreamTest, APeriodThatBeginsInTheFutureEnds) {
    open(1);
    const auto policy = attach("p");
    give(0, now_, 3);
    now_ -= 3600 * second;
    ASSERT_TRUE(until([&] { return policy->results().periods() == 2; }));
    EXPECT_EQ(frames_in(*policy, 1), 3u);
    EXPECT_EQ(policy->results().period(1, now_).handlers[0].length, 0);
    EXPECT_EQ(policy->results().period(0, now_).handlers[0].start_ts, now_ / second);
}

TEST_F(LiveStreamTest, StopsWhileAWorkerWaitsToReport) {
    open(2);
    std::vector<std::shared_ptr<LivePolicy>> policies;
    for (int i = 0; i < 400; ++i) policies.push_back(attach("p"));
    for (const auto& policy : policies) stream_->detach(*policy);
    std::this_thread::sleep_for(std::chrono::milliseconds(50)); // each leaves four reports, and 1024 fit
    stream_.reset();
}

TEST_F(LiveStreamTest, PeriodsEndThoughTheQueueIsNeverEmpty) {
    open(1);
    std::vector<std::shared_ptr<LivePolicy>> policies;
    for (int i = 0; i < 20; ++i) policies.push_back(attach("p"));
    std::atomic<bool> stop{false};
    std::thread giver([&] { // of the first minute, all of them
        while (!stop)
            if (tap_->queue(0).waiting() < 20'000) tap_->queue(0).give(1'700'000'000 * second, 10'000);
    });
    ASSERT_TRUE(until([&] { return stream_->counts()[0].frames.frames > 50'000; }));
    now_ += minute + second;
    EXPECT_TRUE(until(
        [&] {
            return std::all_of(policies.begin(), policies.end(),
                               [](const auto& policy) { return policy->results().periods() == 2; });
        },
        20'000));
    stop = true;
    giver.join();
}

TEST_F(LiveStreamTest, PoliciesComeAndGoAndOthersMissNothing) {
    open(2);
    const auto stays = attach("stays");
    for (int i = 0; i < 200; ++i) {
        const auto comes = attach("comes");
        tap_->queue(0).give(now_, 3);
        tap_->queue(1).give(now_, 4);
        given_ += 7;
        if (i % 3 == 0) stream_->ask();
        if (i % 2 == 0) stream_->serve(now_);
        stream_->detach(*comes);
    }
    give(0, now_, 1);
    refresh();
    EXPECT_EQ(frames_in(*stays, 0), 1401u);
    EXPECT_EQ(stream_->policies(), 1u);
}

TEST_F(LiveStreamTest, ChangesWithoutEndBeforeAnybodyListens) {
    open(1);
    const auto stays = attach("stays");
    for (int i = 0; i < 3000; ++i) {
        const auto comes = attach("comes");
        stream_->set_decoding({});
        stream_->detach(*comes);
    }
    give(0, now_, 5);
    refresh();
    EXPECT_EQ(frames_in(*stays, 0), 5u);
}

TEST_F(LiveStreamTest, DropsAreToldAndTheLedgerBalances) {
    open(1);
    const auto policy = attach("p");
    tap_->queue(0).drop(5);
    give(0, now_, 2);
    ASSERT_TRUE(until([&] {
        refresh();
        return cells_of_view(policy->results().period(0, now_)).drops.value == 5;
    }));
    const auto counts = stream_->counts();
    EXPECT_EQ(counts[0].source.received, counts[0].source.delivered + counts[0].source.dropped_ring);
}

uint64_t line_of(const LiveStream& stream, std::string_view path) {
    for (const LedgerLine& line : ledger_lines(stream.counts()))
        if (line.path == path) return line.count;
    ADD_FAILURE() << path;
    return 0;
}

// The worker behind is the one that takes less; the other one does not.
TEST_F(LiveStreamTest, AWorkerThatIsBehindTakesLessDeeply) {
    open(2);
    const auto policy = attach("p");
    give(0, now_, 1000);
    refresh();
    EXPECT_EQ(cells_of_view(policy->results().period(0, now_)).deep_frames.value, 1000u);
    tap_->queue(0).fill(0.3);
    give(0, now_, 800);
    give(1, now_, 10);
    refresh();
    const auto view = policy->results().period(0, now_);
    EXPECT_EQ(cells_of_view(view).frames.value, 1810u);
    EXPECT_EQ(cells_of_view(view).deep_frames.value, 1000u + 400u + 10u);
    ASSERT_TRUE(until([&] { return line_of(*stream_, "sampling.weight") == 2; }));
    EXPECT_EQ(stream_->counts()[1].sampling.weight, 1u);
    EXPECT_EQ(line_of(*stream_, "sampling.deep_events_skipped"), 400u);
    EXPECT_GE(line_of(*stream_, "sampling.blocks"), 1u);
    tap_->queue(0).fill(0);
    ASSERT_TRUE(until([&] { return line_of(*stream_, "sampling.weight") == 1; }));
    EXPECT_GE(line_of(*stream_, "sampling.ns"), 50'000'000u);
    const uint64_t blocks = line_of(*stream_, "sampling.blocks");
    give(0, now_, 100);
    EXPECT_EQ(line_of(*stream_, "sampling.deep_events_skipped"), 400u);
    EXPECT_EQ(line_of(*stream_, "sampling.blocks"), blocks);
}

TEST_F(LiveStreamTest, AdaptiveSamplingCanBeOff) {
    open(1, {.adaptive_sampling = false});
    const auto policy = attach("p");
    tap_->queue(0).fill(1);
    give(0, now_, 800);
    refresh();
    EXPECT_EQ(cells_of_view(policy->results().period(0, now_)).deep_frames.value, 800u);
    EXPECT_EQ(line_of(*stream_, "sampling.weight"), 1u);
    EXPECT_EQ(line_of(*stream_, "sampling.blocks"), 0u);
}

TEST_F(LiveStreamTest, TooManyPoliciesAreRefused) {
    open(1);
    for (size_t i = 0; i < policies_max; ++i) ASSERT_TRUE(stream_->attach(count_policy("p"), {}, now_));
    const auto refused = stream_->attach(count_policy("p"), {}, now_);
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().find("limit"), std::string::npos);
}

class LiveEngineTest : public ::testing::Test {
protected:
    void SetUp() override {
        auto tap = std::make_unique<FakeTap>(2);
        tap_ = tap.get();
        stream_ = &engine_.add(std::move(tap), DecodeSettings{}, WorkerSettings{});
        auto policy = engine_.attach(*stream_, count_policy("p"), {}, DecodeSettings{});
        ASSERT_TRUE(policy);
        policy_ = *policy;
    }
    void refresh() {
        const LivePolicy* const one = policy_.get();
        engine_.refresh({&one, 1});
    }
    LiveEngine engine_{[](TapEvent, const std::string&) {}};
    FakeTap* tap_ = nullptr;
    LiveStream* stream_ = nullptr;
    std::shared_ptr<LivePolicy> policy_;
};

TEST_F(LiveEngineTest, ResultsAreFreshWhenAskedAndStreamsStopWithIt) {
    tap_->queue(0).give(wall_clock_ns(), 6);
    tap_->queue(1).give(wall_clock_ns(), 6);
    uint64_t seen = 0;
    for (int i = 0; i < 40 && seen < 12; ++i) {
        refresh();
        seen = cells_of_view(policy_->results().period(0, wall_clock_ns())).frames.value;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    EXPECT_EQ(seen, 12u);
}

// Who reads often is told what is half a second old while the workers are asked, and never waits for them.
TEST_F(LiveEngineTest, FrequentReadersDoNotWait) {
    const auto frames = [&] {
        return cells_of_view(policy_->results().period(0, wall_clock_ns())).frames.value;
    };
    refresh();
    std::this_thread::sleep_for(std::chrono::milliseconds(600));
    tap_->queue(0).give(wall_clock_ns(), 6);
    tap_->queue(0).hold(true);
    tap_->queue(1).hold(true);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    const int64_t begin_ns = clock_ns(CLOCK_MONOTONIC);
    refresh(); // asks
    EXPECT_LT(clock_ns(CLOCK_MONOTONIC) - begin_ns, 50'000'000);
    tap_->queue(0).hold(false);
    tap_->queue(1).hold(false);
    for (int i = 0; i < 600 && frames() == 0; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
        if (i % 20 == 19) refresh(); // the frames may have come behind the first question
    }
    EXPECT_EQ(frames(), 6u);
}

// However many streams do not answer, it is waited once.
TEST_F(LiveEngineTest, OneWaitForAll) {
    constexpr size_t streams = 8;
    std::vector<FakeTap*> taps;
    std::vector<std::shared_ptr<LivePolicy>> policies;
    std::vector<const LivePolicy*> all;
    for (size_t i = 0; i < streams; ++i) {
        auto tap = std::make_unique<FakeTap>(1);
        taps.push_back(tap.get());
        auto& stream = engine_.add(std::move(tap), DecodeSettings{}, WorkerSettings{});
        auto policy = engine_.attach(stream, count_policy("p"), {}, DecodeSettings{});
        ASSERT_TRUE(policy);
        policies.push_back(*policy);
        all.push_back(policies.back().get());
    }
    const auto milliseconds = [&] {
        const int64_t begin_ns = clock_ns(CLOCK_MONOTONIC);
        engine_.refresh(all);
        return (clock_ns(CLOCK_MONOTONIC) - begin_ns) / 1'000'000;
    };
    for (FakeTap* tap : taps) tap->queue(0).hold(true);
    std::this_thread::sleep_for(std::chrono::milliseconds(150)); // all workers are held now
    const auto waited = milliseconds();
    EXPECT_GE(waited, 90);
    EXPECT_LT(waited, 400);
    for (FakeTap* tap : taps) {
        tap->queue(0).hold(false);
        tap->queue(0).give(wall_clock_ns(), 3);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1100)); // not asked again within a second
    milliseconds();
    for (const auto& policy : policies)
        EXPECT_EQ(cells_of_view(policy->results().period(0, wall_clock_ns())).frames.value, 3u);
}

TEST_F(LiveEngineTest, ReadersAndChangesAtOnce) {
    std::atomic<bool> stop{false};
    std::thread reader([&] {
        uint64_t last = 0;
        while (!stop) {
            refresh();
            const auto view = policy_->results().window(3, wall_clock_ns());
            const uint64_t now = cells_of_view(view).frames.value;
            EXPECT_GE(now, last);
            last = now;
        }
    });
    std::thread giver([&] {
        while (!stop) {
            tap_->queue(0).give(wall_clock_ns(), 10);
            tap_->queue(1).give(wall_clock_ns(), 10);
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    });
    for (int i = 0; i < 100; ++i) {
        auto other = engine_.attach(*stream_, count_policy("q"), {}, DecodeSettings{});
        ASSERT_TRUE(other);
        engine_.detach(*stream_, **other);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    stop = true;
    reader.join();
    giver.join();
}

} // namespace
} // namespace visor::engine
