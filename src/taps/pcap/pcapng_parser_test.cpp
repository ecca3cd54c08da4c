#include "taps/pcap/test_captures.hpp"

namespace visor::taps::test {
namespace {

class PcapngOrders : public ::testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(Both, PcapngOrders, ::testing::Bool());

PcapngWriter section(bool swapped = false) {
    PcapngWriter w;
    w.swapped = swapped;
    w.section();
    return w;
}

TEST_P(PcapngOrders, InterfacesHaveTheirOwnLinkAndClock) {
    PcapngWriter w = section(GetParam());
    w.interface(1, 0);
    w.interface(101, 0, 9, 100);
    w.interface(113, 0, 0x80 | 10);
    w.block(0x0bad, frame_of(20, 9)); // unknown
    w.enhanced(0, 1'700'000'000'123'456, frame_of(60, 1), 1514);
    w.enhanced(1, 1'700'000'000'123'456'789, frame_of(61, 2), 61);
    w.enhanced(2, 1536, frame_of(62, 3), 0);
    w.obsolete(1, 5, frame_of(63, 4), 64);
    const std::vector<Seen> expected = {{frame_of(60, 1), 1'700'000'000'123'456'000, 1514, 1, 0},
                                        {frame_of(61, 2), 1'700'000'100'123'456'789, 61, 101, 1},
                                        {frame_of(62, 3), 1'500'000'000, 62, 113, 2},
                                        {frame_of(63, 4), 100'000'000'005, 64, 101, 1}};
    const Outcome got = read_all(w.out);
    EXPECT_EQ(got.frames, expected);
    EXPECT_EQ(got.trouble, "");
}

TEST_P(PcapngOrders, SimplePacketsTakeSnapLengthAndLastTime) {
    PcapngWriter w = section(GetParam());
    w.interface(1, 50);
    w.simple(frame_of(50, 1), 1514);
    w.enhanced(0, 7, frame_of(40, 2), 40);
    w.simple(frame_of(30, 3), 30);
    const std::vector<Seen> expected = {{frame_of(50, 1), 0, 1514, 1, 0},
                                        {frame_of(40, 2), 7000, 40, 1, 0},
                                        {frame_of(30, 3), 7000, 30, 1, 0}};
    EXPECT_EQ(read_all(w.out).frames, expected);
}

TEST_P(PcapngOrders, CutAtEveryByteDeliversWholeBlocks) {
    PcapngWriter w = section(GetParam());
    w.interface(1, 0, 9);
    std::vector<size_t> ends;
    for (uint8_t i = 0; i < 5; ++i) {
        w.enhanced(0, i, frame_of(20 + i, i), 100);
        ends.push_back(w.out.size());
    }
    const size_t first = ends[0] - 32 - 20;
    for (size_t size = 0; size <= w.out.size(); ++size) {
        const Content cut(w.out.begin(), w.out.begin() + static_cast<std::ptrdiff_t>(size));
        if (size < 28) {
            EXPECT_NE(open_error(cut), "") << size;
            continue;
        }
        const Outcome got = read_all(cut);
        const auto whole =
            static_cast<size_t>(std::upper_bound(ends.begin(), ends.end(), size) - ends.begin());
        ASSERT_EQ(got.frames.size(), whole) << size;
        const bool clean = size == 28 || size == first || (whole > 0 && ends[whole - 1] == size);
        EXPECT_EQ(got.ledger.cut_short, clean ? 0u : 1u) << size;
        EXPECT_EQ(got.trouble.empty(), clean) << size << got.trouble;
    }
}

TEST(PcapngParser, SectionsOfBothOrdersForgetInterfaces) {
    PcapngWriter w = section();
    w.interface(1);
    w.enhanced(0, 1, frame_of(10, 1), 10);
    w.swapped = true;
    w.section();
    w.enhanced(0, 2, frame_of(10, 2), 10); // no interface in this section yet
    w.interface(101, 0, 3);
    w.enhanced(0, 3, frame_of(10, 3), 10);
    const Outcome got = read_all(w.out);
    const std::vector<Seen> expected = {{frame_of(10, 1), 1000, 10, 1, 0},
                                        {frame_of(10, 3), 3'000'000, 10, 101, 0}};
    EXPECT_EQ(got.frames, expected);
    EXPECT_EQ(got.ledger.bad_record, 1u);
}

TEST(PcapngParser, UnsupportedInterfacesAreCounted) {
    PcapngWriter w = section();
    w.interface(70);
    w.enhanced(0, 1, frame_of(10, 1), 10);
    const Outcome none = read_all(w.out);
    EXPECT_EQ(none.ledger.unsupported_link, 1u);
    EXPECT_NE(none.trouble.find("link type 70"), std::string::npos) << none.trouble;
    w.interface(1);
    w.enhanced(1, 1, frame_of(10, 2), 10);
    const Outcome some = read_all(w.out);
    EXPECT_EQ(some.frames.size(), 1u);
    EXPECT_EQ(some.ledger.unsupported_link, 1u);
    EXPECT_EQ(some.trouble, "");
}

TEST(PcapngParser, BadPacketBlocksArePassedOver) {
    PcapngWriter w = section();
    w.interface(1, 100);
    w.enhanced(9, 1, frame_of(10, 1), 10);           // no such interface
    w.block(6, frame_of(16, 0));                     // too short
    w.block(6, Content(40, 0xff));                   // captured length beyond the block
    w.block(3, {0, 0, 1, 0});                        // simple packet of 65536 bytes without them
    w.block(3, {});                                  // too short
    w.enhanced(0, 2, frame_of(300'000, 1), 300'000); // larger than a frame may be
    w.enhanced(0, 2, frame_of(400'000, 1), 400'000); // larger than a record may be
    w.enhanced(0, 3, frame_of(10, 7), 10);
    const Outcome got = read_all(w.out);
    const std::vector<Seen> expected = {{frame_of(10, 7), 3000, 10, 1, 0}};
    EXPECT_EQ(got.frames, expected);
    EXPECT_EQ(got.ledger.bad_record, 7u);
    EXPECT_EQ(got.trouble, "");
}

TEST(PcapngParser, LargeForeignBlocksAreSkipped) {
    PcapngWriter w = section();
    w.block(10, Content(5'000'000, 6)); // more than any buffer holds
    w.interface(1);
    w.enhanced(0, 1, frame_of(10, 1), 10);
    w.block(10, Content(1'000'000, 6));
    w.enhanced(0, 2, frame_of(10, 2), 10);
    const Outcome whole = read_all(w.out);
    EXPECT_EQ(whole.frames.size(), 2u);
    EXPECT_EQ(whole.trouble, "");
    w.block(10, Content(1'000'000, 6));
    w.out.erase(w.out.end() - 500'000, w.out.end());
    const Outcome cut = read_all(w.out);
    EXPECT_EQ(cut.frames.size(), 2u);
    EXPECT_EQ(cut.ledger.cut_short, 1u);
}

TEST(PcapngParser, BrokenChainEndsTheFile) {
    const auto damaged = [](uint32_t length, uint32_t trailer) {
        PcapngWriter w = section();
        w.interface(1);
        w.enhanced(0, 1, frame_of(10, 1), 10);
        w.put(uint32_t{6});
        w.put(length);
        w.put_bytes(Content(20, 0));
        w.put(trailer);
        w.enhanced(0, 1, frame_of(10, 1), 10);
        const Outcome got = read_all(w.out);
        EXPECT_EQ(got.frames.size(), 1u);
        EXPECT_EQ(got.ledger.bad_record, 1u);
        return got.trouble;
    };
    EXPECT_EQ(damaged(32, 36), "test: damaged at record 2 (offset 96): block lengths do not match");
    EXPECT_EQ(damaged(8, 8), "test: damaged at record 2 (offset 96): impossible block length 8");
    EXPECT_EQ(damaged(33, 33), "test: damaged at record 2 (offset 96): impossible block length 33");
    EXPECT_EQ(damaged(0xfffffffc, 0),
              "test: damaged at record 2 (offset 96): impossible block length 4294967292");
}

TEST(PcapngParser, InterfacesBeyondTheLimitAreCounted) {
    PcapngWriter w = section();
    for (int i = 0; i < 65'540; ++i) w.interface(1);
    w.enhanced(65'534, 1, frame_of(10, 1), 10);
    w.enhanced(65'535, 1, frame_of(10, 1), 10);
    const Outcome got = read_all(w.out);
    EXPECT_EQ(got.frames.size(), 1u);
    EXPECT_EQ(got.frames.at(0).interface_id, 65'534);
    EXPECT_EQ(got.ledger.bad_record, 1u);
}

TEST(PcapngParser, OptionsCutShortAreIgnored) {
    for (uint16_t length : {uint16_t{1}, uint16_t{200}, uint16_t{0xffff}}) {
        PcapngWriter w = section();
        Writer b = w.body();
        b.put(uint16_t{1});
        b.put(uint16_t{0});
        b.put(uint32_t{0});
        b.put(uint16_t{9});
        b.put(length);
        w.block(1, b.out);
        w.enhanced(0, 1, frame_of(10, 1), 10);
        EXPECT_EQ(read_all(w.out).frames.at(0).ts_ns, 1000);
    }
}

TEST(PcapngParser, ForeignVersionAndMagicAreOpenErrors) {
    PcapngWriter w;
    w.section(2);
    EXPECT_EQ(open_error(w.out), "Cannot open pcap/pcapng file: test: pcapng version 2 is not supported");
    PcapngWriter garbled = section();
    garbled.out[8] = 0;
    EXPECT_EQ(open_error(garbled.out),
              "Cannot open pcap/pcapng file: test: section header without a byte-order magic");
}

} // namespace
} // namespace visor::taps::test
