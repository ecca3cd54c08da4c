#include "engine/block_supply.hpp"

#include "engine/test_questions.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>

namespace visor::engine {
namespace {
using namespace test;

constexpr int64_t t0 = 1'700'000'000'000'000'000;
constexpr uint32_t a_block = 10;

// Blocks of DNS queries, one name a frame, 7 ms apart.
class Queries : public FrameSource {
public:
    explicit Queries(uint32_t frames) : frames_(frames) {}

    void next(FrameBlock& block) override {
        ++asked;
        if (asks) asks();
        block.buffer.clear();
        block.buffer.reserve(a_block * 128); // frames point into it
        const uint32_t n = std::min(a_block, frames_ - at_);
        for (uint32_t i = 0; i < n; ++i, ++at_) {
            const Raw message = message_of(name_of({"n" + std::to_string(at_ % 17), "example", "com"}));
            const Raw frame = ether(0x0800, ip4(udp(message)));
            const uint8_t* const at = block.buffer.data() + block.buffer.size();
            block.buffer.insert(block.buffer.end(), frame.begin(), frame.end());
            const auto size = static_cast<uint32_t>(frame.size());
            block.frames[i] = {at, t0 + at_ * int64_t{7'000'000}, size, size, 1, 0};
        }
        block.count = n;
    }
    const SourceLedger& ledger() const override { return ledger_; }
    const std::string& name() const override { return name_; }
    std::string trouble() const override { return {}; }

    std::atomic<uint32_t> asked = 0;
    std::function<void()> asks; // when asked

private:
    uint32_t frames_, at_ = 0;
    SourceLedger ledger_;
    std::string name_ = "queries";
};

// A source with all that hands on its blocks.
struct Line {
    Line(uint32_t frames, bool ahead, const SupplyPace& pace = {})
        : source(frames), supply(feed, decoder, 0, ahead, pace) {}

    Queries source;
    Feed feed{source, nullptr};
    DecodeSettings settings;
    Decoder decoder{settings};
    BlockSupply supply;
};

struct Seen {
    uint64_t block;
    int64_t ts_ns;
    std::string name;
    uint16_t back;
    bool operator==(const Seen&) const = default;
};

std::vector<Seen> read_all(uint32_t frames, bool ahead, const SupplyPace& pace = {}) {
    Line line(frames, ahead, pace);
    std::vector<Seen> all;
    while (const DecodedBlock* ready = line.supply.next()) {
        EXPECT_EQ(ready->decoded.packets().size(), ready->block.frames.count);
        for (const DnsEvent& event : ready->decoded.dns())
            all.push_back(
                {ready->block.frames.sequence, event.ts_ns, std::string(event.qname()), event.name_back});
    }
    EXPECT_EQ(line.supply.next(), nullptr) << "nothing comes after the end";
    return all;
}

TEST(BlockSupply, AheadOrNotBlocksAreTheSame) {
    for (const uint32_t frames : {0u, 1u, 9u, 10u, 11u, 5003u}) {
        const auto truth = read_all(frames, false);
        ASSERT_EQ(truth.size(), frames);
        for (size_t i = 0; i < truth.size(); ++i)
            ASSERT_EQ(truth[i].name, "n" + std::to_string(i % 17) + ".example.com");
        EXPECT_EQ(read_all(frames, true), truth);
        const SupplyPace restless{1, 1, 1}; // goes the one way and the other every ten blocks
        EXPECT_EQ(read_all(frames, true, restless), truth);
    }
}

bool comes_true(const std::function<bool()>& condition) {
    for (int i = 0; i < 2000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return condition();
}

TEST(BlockSupply, ReadsAFewBlocksAheadAndNoMore) {
    Line line(10'000, true);
    const DecodedBlock* first = line.supply.next();
    ASSERT_NE(first, nullptr);
    EXPECT_TRUE(comes_true([&] { return line.source.asked == 8; }));
    const int64_t began = first->decoded.packets()[0].ts_ns;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_EQ(line.source.asked, 8u) << "the block that is in use was filled anew";
    EXPECT_EQ(first->decoded.packets()[0].ts_ns, began);
    for (int i = 0; i < 4; ++i) line.supply.next(); // and gives as many back
    EXPECT_TRUE(comes_true([&] { return line.source.asked == 12; }));
}

TEST(BlockSupply, MayBeGivenUpAtAnyTime) {
    for (const SupplyPace pace : {SupplyPace{}, SupplyPace{1, 1, 1}})
        for (uint32_t taken = 0; taken < 40; ++taken) {
            Line line(10'000, true, pace);
            for (uint32_t i = 0; i < taken; ++i) ASSERT_NE(line.supply.next(), nullptr);
        }
}

// A second processor that is not there: what is read on another thread takes its time.
TEST(BlockSupply, TheFasterWayIsGone) {
    Line line(10'000, true, {20, 100, 20});
    const std::thread::id worker = std::this_thread::get_id();
    uint32_t elsewhere = 0, blocks = 0;
    line.source.asks = [&] {
        if (std::this_thread::get_id() == worker) return;
        ++elsewhere;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    };
    while (line.supply.next()) ++blocks;
    EXPECT_EQ(blocks, 1000u);
    EXPECT_LT(elsewhere, 700u);
    EXPECT_GT(elsewhere, 100u) << "it is tried again, as it may be there later";
}

} // namespace
} // namespace visor::engine
