#include "taps/pcap/test_captures.hpp"

namespace visor::taps::test {
namespace {

struct Variant {
    uint32_t magic;
    bool swapped;
};

PcapWriter writer(const Variant& variant) {
    PcapWriter w;
    w.magic = variant.magic;
    w.swapped = variant.swapped;
    w.header();
    return w;
}

class PcapVariants : public ::testing::TestWithParam<Variant> {};

INSTANTIATE_TEST_SUITE_P(All, PcapVariants,
                         ::testing::Values(Variant{0xa1b2c3d4, false}, Variant{0xa1b2c3d4, true},
                                           Variant{0xa1b23c4d, false}, Variant{0xa1b23c4d, true},
                                           Variant{0xa1b2cd34, false}, Variant{0xa1b2cd34, true}));

TEST_P(PcapVariants, DeliversFramesAsWritten) {
    PcapWriter w = writer(GetParam());
    w.record(1'700'000'000, 123'456, frame_of(60, 1), 1514);
    w.record(4'000'000'000, 999'999, frame_of(0, 2), 0); // past 2038; an empty frame
    w.record(5, 0, frame_of(100, 3), 50);                // captured more than the wire had
    w.record(6, 0, frame_of(77, 4), 0);                  // wire length left out
    const Outcome got = read_all(w.out);
    const int64_t unit = GetParam().magic == 0xa1b23c4d ? 1 : 1000;
    const std::vector<Seen> expected = {
        {frame_of(60, 1), 1'700'000'000'000'000'000 + 123'456 * unit, 1514, 1, 0},
        {{}, 4'000'000'000'000'000'000 + 999'999 * unit, 0, 1, 0},
        {frame_of(100, 3), 5'000'000'000, 50, 1, 0},
        {frame_of(77, 4), 6'000'000'000, 77, 1, 0}};
    EXPECT_EQ(got.frames, expected);
    EXPECT_EQ(got.trouble, "");
    EXPECT_EQ(got.ledger.received, 4u);
    EXPECT_EQ(got.ledger.bytes_read, w.out.size());
    EXPECT_EQ(got.ledger.bytes_total, w.out.size());
}

TEST_P(PcapVariants, CutAtEveryByteDeliversWholeRecords) {
    PcapWriter w = writer(GetParam());
    std::vector<size_t> ends = {w.out.size()};
    for (uint8_t i = 0; i < 5; ++i) {
        w.record(i, i, frame_of(20 + i, i), 100);
        ends.push_back(w.out.size());
    }
    for (size_t size = 0; size <= w.out.size(); ++size) {
        const Content cut(w.out.begin(), w.out.begin() + static_cast<std::ptrdiff_t>(size));
        if (size < ends[0]) {
            EXPECT_NE(open_error(cut), "") << size;
            continue;
        }
        const Outcome got = read_all(cut);
        const auto whole =
            static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), size) - ends.begin()) - 1;
        const bool clean = ends[whole] == size;
        ASSERT_EQ(got.frames.size(), whole) << size;
        EXPECT_EQ(got.ledger.cut_short, clean ? 0u : 1u) << size;
        const std::string told = "test: cut short in record " + std::to_string(whole + 1) + " (offset " +
                                 std::to_string(ends[whole]) + ")";
        EXPECT_EQ(got.trouble, clean ? "" : told);
    }
}

TEST(PcapParser, SubsecondsOutOfRangeAreAddedAsTheyAre) {
    PcapWriter w = writer({0xa1b2c3d4, false});
    w.record(1, 0xffffffff, frame_of(1, 0), 1);
    EXPECT_EQ(read_all(w.out).frames.at(0).ts_ns, 1'000'000'000 + int64_t{0xffffffff} * 1000);
}

TEST(PcapParser, ImpossibleLengthEndsTheFile) {
    for (const uint32_t length : {262145u, 0x7fffffffu, 0xffffffffu}) {
        PcapWriter w = writer({0xa1b2c3d4, false});
        w.record(1, 0, frame_of(10, 0), 10);
        for (const uint32_t word : {2u, 0u, length, length}) w.put(word);
        w.put_bytes(Content(1000, 0xee));
        const Outcome got = read_all(w.out);
        EXPECT_EQ(got.frames.size(), 1u);
        EXPECT_EQ(got.ledger.bad_record, 1u);
        EXPECT_EQ(got.trouble, "test: damaged at record 2 (offset 50): captured length " +
                                   std::to_string(length) + " exceeds 262144");
    }
}

TEST(PcapParser, LargestFramesBetweenSmallOnes) {
    PcapWriter w = writer({0xa1b2c3d4, false});
    std::vector<Seen> expected;
    for (uint32_t i = 0; i < 40; ++i) {
        const size_t size = i % 3 == 0 ? engine::frame_bytes_max : i % 3 == 1 ? 3 : 70'000;
        const Content frame = frame_of(size, static_cast<uint8_t>(i));
        w.record(i, 0, frame, static_cast<uint32_t>(size));
        expected.push_back({frame, int64_t{i} * 1'000'000'000, static_cast<uint32_t>(size), 1, 0});
    }
    const Outcome got = read_all(w.out);
    EXPECT_TRUE(got.frames == expected);
    EXPECT_EQ(got.trouble, "");
}

TEST(PcapParser, BlocksAreFullWhenRecordsAreAlike) {
    PcapWriter w = writer({0xa1b2c3d4, false});
    for (uint32_t i = 0; i < 20'000; ++i) w.record(i, 0, frame_of(64, 0), 64);
    const Outcome got = read_all(w.out);
    EXPECT_EQ(got.frames.size(), 20'000u);
    for (size_t i = 0; i + 1 < got.blocks.size(); ++i) EXPECT_EQ(got.blocks[i], engine::block_frames_max);
}

TEST(PcapParser, LinkTypeIgnoresTheFrameCheckSequenceBits) {
    PcapWriter w;
    w.header(0x54000000 | 101);
    w.record(1, 0, frame_of(20, 0), 20);
    EXPECT_EQ(read_all(w.out).frames.at(0).link, 101);
}

} // namespace
} // namespace visor::taps::test
