#include "engine/feed.hpp"

#include "sketch/test_streams.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace visor::engine {
namespace {

constexpr int64_t second = 1'000'000'000, t0 = 1'700'000'000 * second + 5;

// Frames of these times, cut into blocks of so many.
class Times : public FrameSource {
public:
    Times(std::vector<int64_t> times, size_t a_block) : times_(std::move(times)), a_block_(a_block) {}

    void next(FrameBlock& block) override {
        const size_t n = std::min(a_block_, times_.size() - at_);
        for (size_t i = 0; i < n; ++i) block.frames[i] = {nullptr, times_[at_ + i], 60, 100, 1, 0};
        at_ += n;
        block.count = static_cast<uint32_t>(n);
    }
    const SourceLedger& ledger() const override { return ledger_; }
    const std::string& name() const override { return name_; }
    std::string trouble() const override { return {}; }

private:
    std::vector<int64_t> times_;
    size_t a_block_, at_ = 0;
    SourceLedger ledger_;
    std::string name_ = "times";
};

// The rule as the header tells it, frame by frame.
class Rule {
public:
    int64_t place(int64_t ts) {
        ts = std::clamp<int64_t>(ts, 0, INT64_MAX - 4 * period_ns);
        if (frames++ == 0) t0 = latest = ts;
        latest = std::max(latest, ts);
        // Rounded down, also before t0.
        const int64_t own = ts >= t0 ? (ts - t0) / period_ns : -((t0 - ts + period_ns - 1) / period_ns);
        newest = std::max(newest, own);
        const int64_t oldest_open = std::max<int64_t>(newest - 1, 0);
        if (own >= oldest_open) return own;
        late += !(newest == 0 && t0 - ts <= period_ns);
        return oldest_open;
    }
    int64_t t0 = 0, newest = 0, latest = 0;
    uint64_t frames = 0, late = 0;
};

// Reads all, and holds every frame's run against the rule.
FeedTotals expect_rule(const std::vector<int64_t>& times, size_t a_block) {
    Times source(times, a_block);
    Feed feed(source, nullptr);
    FeedBlock block;
    Rule rule;
    size_t at = 0;
    while (feed.next(block)) {
        uint32_t end = 0;
        for (const Run& run : block.runs) {
            EXPECT_EQ(run.begin, end); // one behind the other
            EXPECT_LT(run.begin, run.end);
            if (run.begin != 0) {
                EXPECT_NE((&run)[-1].period, run.period);
            }
            for (uint32_t i = run.begin; i < run.end; ++i, ++at) {
                EXPECT_EQ(run.period, rule.place(times[at]))
                    << "frame " << at << " at " << times[at] - times[0];
                EXPECT_EQ(block.frames.frames[i].ts_ns,
                          std::clamp<int64_t>(times[at], 0, INT64_MAX - 4 * period_ns));
            }
            end = run.end;
        }
        EXPECT_EQ(end, block.frames.count);
    }
    EXPECT_EQ(at, times.size());
    const FeedTotals totals = feed.totals();
    EXPECT_EQ(totals.frames, times.size());
    EXPECT_EQ(totals.wire_bytes, times.size() * 100);
    EXPECT_EQ(totals.late, rule.late);
    EXPECT_EQ(totals.first_ns, rule.t0);
    EXPECT_EQ(totals.last_ns, rule.latest);
    EXPECT_EQ(feed.period_start(3), rule.t0 + 180 * second);
    EXPECT_FALSE(feed.stopped());
    return totals;
}

// Seconds since t0 become times; runs as "period: frames".
std::vector<int64_t> at(const std::vector<double>& seconds) {
    std::vector<int64_t> times;
    times.reserve(seconds.size());
    for (const double s : seconds) times.push_back(t0 + static_cast<int64_t>(s * 1e9));
    return times;
}
std::string runs_of(const std::vector<double>& seconds) {
    Times source(at(seconds), 1024);
    Feed feed(source, nullptr);
    FeedBlock block;
    EXPECT_TRUE(feed.next(block));
    std::string out;
    for (const Run& run : block.runs)
        out += std::to_string(run.period) + ":" + std::to_string(run.end - run.begin) + " ";
    return out + "late " + std::to_string(feed.totals().late);
}

TEST(Feed, RunsOfOneBlock) {
    EXPECT_EQ(runs_of({0}), "0:1 late 0");
    EXPECT_EQ(runs_of({0, 1, 59.999}), "0:3 late 0");
    EXPECT_EQ(runs_of({0, 60}), "0:1 1:1 late 0");
    EXPECT_EQ(runs_of({0, 60, 59, 61}), "0:1 1:1 0:1 1:1 late 0"); // up to one period late is in time
    EXPECT_EQ(runs_of({0, 60, 120, 180, 181}), "0:1 1:1 2:1 3:2 late 0");
    EXPECT_EQ(runs_of({0, 600, 1}), "0:1 10:1 9:1 late 1");
    EXPECT_EQ(runs_of({0, 600, 1, 2, 541, 601, 3}), "0:1 10:1 9:3 10:1 9:1 late 3");
    EXPECT_EQ(runs_of({0, 120, 60, 61, 1, 121}), "0:1 2:1 1:3 2:1 late 1");
}

TEST(Feed, FramesBeforeTheFirst) {
    EXPECT_EQ(runs_of({0, -1, -60, 1}), "0:4 late 0");
    EXPECT_EQ(runs_of({0, -60.5, -61, 1}), "0:4 late 2");
    EXPECT_EQ(runs_of({0, 60, -1}), "0:1 1:1 0:1 late 1");
    EXPECT_EQ(runs_of({0, 130, -1}), "0:1 2:1 1:1 late 1");
}

TEST(Feed, FirstFrameFarOff) {
    EXPECT_EQ(runs_of({0, -1e6, -1e6 + 1}), "0:3 late 2");
    EXPECT_EQ(runs_of({0, 6e6, 6e6 + 1}), "0:1 100000:2 late 0");
    for (const size_t a_block : {1u, 2u, 1024u}) {
        expect_rule({0, t0, t0 + 1, t0 - 1}, a_block);
        expect_rule({-5, 7, INT64_MIN, t0}, a_block);
        expect_rule({INT64_MAX, t0, t0 + 61 * second, INT64_MAX - 1, INT64_MIN}, a_block);
        expect_rule({t0, INT64_MAX, t0, INT64_MAX}, a_block);
    }
}

TEST(Feed, EveryFrameAsTheRuleSays) {
    sketch::test::Random random(1);
    uint64_t late = 0;
    for (const uint64_t step_ms : {1u, 100u, 2'000u, 40'000u, 150'000u}) {
        for (const size_t a_block : {1u, 3u, 100u, 1024u}) {
            std::vector<int64_t> times;
            int64_t now = t0;
            for (int i = 0; i < 3000; ++i) {
                now += static_cast<int64_t>(random.below(step_ms * 1'000'000));
                int64_t ts = now;
                if (random.below(50) == 0) ts -= static_cast<int64_t>(random.below(200)) * second;
                if (random.below(200) == 0) ts = t0 + (ts - t0) / period_ns * period_ns; // on the edge
                if (random.below(200) == 0) ts = t0 + (ts - t0) / period_ns * period_ns - 1;
                times.push_back(ts);
            }
            late += expect_rule(times, a_block).late;
            if (testing::Test::HasFailure()) FAIL() << step_ms << " ms, " << a_block << " a block";
        }
    }
    EXPECT_GT(late, 100u);
}

TEST(Feed, NothingIsNoBlock) {
    Times source({}, 10);
    Feed feed(source, nullptr);
    FeedBlock block;
    EXPECT_FALSE(feed.next(block));
    EXPECT_FALSE(feed.next(block));
    EXPECT_EQ(feed.totals().frames, 0u);
}

// The source never runs dry; told to stop, the feed hands out no more than the block at hand.
TEST(Feed, StopsWhenTold) {
    Times source(std::vector<int64_t>(100, t0), 10);
    std::atomic<bool> stop{false};
    Feed feed(source, nullptr, &stop);
    FeedBlock block;
    EXPECT_TRUE(feed.next(block));
    stop = true;
    EXPECT_FALSE(feed.next(block));
    EXPECT_TRUE(feed.stopped());
    EXPECT_EQ(feed.totals().frames, 10u);
}

} // namespace
} // namespace visor::engine
