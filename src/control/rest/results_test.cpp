#include "control/rest/results.hpp"

#include "control/rest/merged.hpp"
#include "engine/test_live.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace visor::control {
namespace {

using namespace engine::test;
constexpr int64_t second = sketch::second_ns, minute = 60 * second;

// A policy on two streams that the test serves, so that the test says what time it is.
class ResultsTest : public ::testing::Test {
protected:
    explicit ResultsTest(uint32_t periods = 3) {
        policy_.config.name = "p";
        policy_.config.window.periods = periods;
        policy_.config.modules.push_back({"count", "count", "1.0", {}, 0, policy_.config.window});
        for (size_t i = 0; i < streams_.size(); ++i) {
            auto tap = std::make_unique<FakeTap>(1);
            taps_[i] = tap.get();
            streams_[i] = std::make_unique<engine::LiveStream>(std::move(tap), engine::DecodeSettings{},
                                                               engine::WorkerSettings{});
            streams_[i]->start();
            auto plan = std::make_shared<engine::PlannedPolicy>(*count_policy("p", periods));
            plan->tap = "tap" + std::to_string(i);
            plan->handlers[0].name = "p-" + plan->tap + "-count";
            auto live = streams_[i]->attach(plan, {}, now_);
            EXPECT_TRUE(live);
            policy_.taps.push_back({nullptr, *live});
        }
    }
    template <class F>
    bool until(F&& holds) {
        for (int i = 0; i < 2000; ++i) {
            for (auto& stream : streams_) stream->serve(now_);
            if (holds()) return true;
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return false;
    }
    void give(size_t stream, unsigned count) {
        taps_[stream]->queue(0).give(now_, count);
        given_[stream] += count;
        ASSERT_TRUE(until([&] { return streams_[stream]->counts()[0].frames.frames >= given_[stream]; }));
        streams_[stream]->ask();
        ASSERT_TRUE(until([&] { return streams_[stream]->answered(); }));
    }
    void next_minute() {
        now_ += minute + second;
        const size_t full = policy_.config.window.periods;
        const size_t wanted = std::min(full, ++minutes_ + 1);
        ASSERT_TRUE(until([&] {
            for (const auto& on_tap : policy_.taps)
                if (on_tap.live->results().periods() < wanted ||
                    on_tap.live->results().period(0, now_).handlers[0].start_ts < (now_ - minute) / second)
                    return false;
            return true;
        }));
    }
    nlohmann::json shown(const Asked& asked) { return policy_json(policy_, views_of(policy_, asked), {}); }
    std::string wrong(bool merged, uint32_t number) {
        return wrong_period(policy_, {merged, number}, std::to_string(number));
    }
    uint64_t frames(uint32_t period) {
        uint64_t sum = 0;
        for (const auto& handler : shown({false, period})) sum += handler["count"]["frames"].get<uint64_t>();
        return sum;
    }

    int64_t now_ = (engine::wall_clock_ns() / second - 600) * second;
    std::array<FakeTap*, 2> taps_{};
    std::array<std::unique_ptr<engine::LiveStream>, 2> streams_;
    std::array<uint64_t, 2> given_{};
    size_t minutes_ = 0;
    RunningPolicy policy_;
};

TEST_F(ResultsTest, PeriodsFillOneByOne) {
    const std::string early = "requested metrics period has not yet accumulated, current range is [0, ";
    EXPECT_EQ(wrong(false, 0), "");
    EXPECT_EQ(wrong(false, 1), early + "0]");
    EXPECT_EQ(wrong(false, 2), early + "0]");
    EXPECT_EQ(wrong(false, 3), "invalid metrics period, specify [0, 2]");
    next_minute();
    EXPECT_EQ(wrong(false, 1), "");
    EXPECT_EQ(wrong(false, 2), early + "1]");
    next_minute();
    EXPECT_EQ(wrong(false, 2), "");
    next_minute();
    EXPECT_EQ(wrong(false, 2), "");
    EXPECT_EQ(wrong(false, 3), "invalid metrics period, specify [0, 2]");
}

TEST_F(ResultsTest, WindowsAreOfTwoPeriodsOrMore) {
    for (const uint32_t number : {0U, 1U, 4U, UINT32_MAX})
        EXPECT_EQ(wrong(true, number), "invalid metrics period, specify [2, 3]") << number;
    EXPECT_EQ(wrong(true, 2), ""); // fewer that are there is fine
    EXPECT_EQ(wrong(true, 3), "");
    EXPECT_EQ(wrong_period(policy_, {true, 2}, "18446744073709551618"),
              "invalid metrics period, specify [2, 3]");
    policy_.config.modules[0].window.periods = 7; // a module that keeps more than the others
    EXPECT_EQ(wrong(true, 7), "");
}

TEST_F(ResultsTest, PeriodsShiftAndTheOldestIsForgotten) {
    give(0, 5);
    next_minute();
    give(0, 7);
    EXPECT_EQ(frames(0), 7u);
    EXPECT_EQ(frames(1), 5u);
    next_minute();
    give(1, 9);
    EXPECT_EQ(frames(0), 9u);
    EXPECT_EQ(frames(1), 7u);
    EXPECT_EQ(frames(2), 5u);
    next_minute();
    EXPECT_EQ(frames(0), 0u);
    EXPECT_EQ(frames(1), 9u);
    EXPECT_EQ(frames(2), 7u);
    const auto all = shown({true, 3});
    EXPECT_EQ(all["p-tap0-count"]["count"]["frames"], 7);
    EXPECT_EQ(all["p-tap1-count"]["count"]["frames"], 9);
    EXPECT_EQ(shown({true, 2})["p-tap0-count"]["count"]["frames"], 0);
}

TEST_F(ResultsTest, MergedHandlersAreTheSumOfTheirTaps) {
    policy_.config.merge_like_handlers = true;
    give(0, 5);
    give(1, 6);
    next_minute();
    give(1, 1);
    const auto now = shown({false, 0}), before = shown({false, 1}), both = shown({true, 2});
    EXPECT_EQ(before.size(), 1u);
    EXPECT_EQ(before["count_merged"]["count"]["frames"], 11);
    EXPECT_EQ(now["count_merged"]["count"]["frames"], 1);
    EXPECT_EQ(both["count_merged"]["count"]["frames"], 12);
    EXPECT_EQ(before["count_merged"]["count"]["period"]["length"], 60);
    EXPECT_EQ(before["count_merged"]["count"]["rate"]["p99"], 11); // all in one second
    // What was published did not change by it.
    policy_.config.merge_like_handlers = false;
    EXPECT_EQ(shown({false, 1})["p-tap0-count"]["count"]["frames"], 5);
}

TEST_F(ResultsTest, KindsOfOneSchemaKeyHaveNamesOfTheirOwn) {
    auto views = views_of(policy_, {});
    engine::PlannedHandler other = *views[1].handlers[0].plan;
    other.config.groups = 1;
    views[1].handlers[0].plan = &other;
    const auto kinds = merged_handlers(views);
    ASSERT_EQ(kinds.size(), 2u);
    EXPECT_EQ(kinds[0].name(), "count_merged");
    EXPECT_EQ(kinds[1].name(), "count_merged_2");
}

TEST_F(ResultsTest, OldestRoutesHaveNoInstances) {
    give(0, 5);
    const auto flat = flat_json(views_of(policy_, {}), {});
    ASSERT_EQ(flat.size(), 1u);
    EXPECT_TRUE(flat["count"].contains("period"));
}

class OnePeriod : public ResultsTest {
protected:
    OnePeriod() : ResultsTest(1) {}
};

TEST_F(OnePeriod, NeverShifts) {
    EXPECT_EQ(wrong(false, 0), "");
    EXPECT_EQ(wrong(false, 1), "invalid metrics period, specify [0, 0]");
    EXPECT_EQ(wrong(true, 2), "invalid metrics period, specify [2, 1]");
}

} // namespace
} // namespace visor::control
