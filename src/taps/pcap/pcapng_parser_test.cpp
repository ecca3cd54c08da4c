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

TEST_P(PcapngOrders, SimplePacketsTakeSnapLengthAndANeighboursTime) {
    PcapngWriter w = section(GetParam());
    w.interface(1, 50);
    w.simple(frame_of(50, 1), 1514);
    w.enhanced(0, 7, frame_of(40, 2), 40);
    w.simple(frame_of(30, 3), 30);
    w.enhanced(0, 6, frame_of(40, 4), 40);
    w.simple(frame_of(30, 5), 30);
    const std::vector<Seen> expected = {{frame_of(50, 1), 7000, 1514, 1, 0},
                                        {frame_of(40, 2), 7000, 40, 1, 0},
                                        {frame_of(30, 3), 7000, 30, 1, 0},
                                        {frame_of(40, 4), 6000, 40, 1, 0},
                                        {frame_of(30, 5), 6000, 30, 1, 0}};
    const Outcome got = read_all(w.out);
    EXPECT_EQ(got.frames, expected);
    EXPECT_EQ(got.trouble, "");
    EXPECT_EQ(read_all(w.out, {"less 45"}).frames.size(), 4u) << "the filter changes no times";
    EXPECT_EQ(read_all(w.out, {"less 35"}).frames.at(0).ts_ns, 7000);
    PcapngWriter none = section(GetParam());
    none.interface(1);
    none.simple(frame_of(50, 1), 50);
    const Outcome untimed = read_all(none.out);
    EXPECT_EQ(untimed.frames.at(0).ts_ns, 0);
    EXPECT_EQ(untimed.trouble,
              "test: packets without a time, and none before to take it from, which count at the "
              "beginning of 1970: 1");
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
    EXPECT_TRUE(some.trouble.starts_with(
        "test: packets of unsupported link types left out: 1, the first of link type 70"))
        << some.trouble;
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
    EXPECT_EQ(got.trouble,
              "test: damaged packets left out: 4 with lengths beyond their block, 2 larger than a "
              "frame may be, 1 of interfaces that are not described");
    w.out.resize(w.out.size() - 3); // damage of both kinds is told
    const std::string both = read_all(w.out).trouble;
    EXPECT_TRUE(both.starts_with("test: cut short in record 8 ")) << both;
    EXPECT_NE(both.find("; damaged packets left out: 4 with"), std::string::npos) << both;
}

TEST(PcapngParser, SimplePacketsWithoutAnInterface) {
    PcapngWriter w = section();
    w.simple(frame_of(10, 1), 10);
    w.simple(frame_of(10, 1), 10);
    const Outcome got = read_all(w.out);
    EXPECT_EQ(got.ledger.bad_record, 2u);
    EXPECT_EQ(got.trouble, "test: damaged packets left out: 2 of interfaces that are not described");
}

TEST(PcapngParser, LargeForeignBlocksAreSkipped) {
    PcapngWriter w = section();
    w.block(10, Content(5'000'000, 6)); // more than any buffer holds
    w.interface(1);
    w.enhanced(0, 1, frame_of(10, 1), 10);
    w.block(0x4444, Content(17'000'000, 6));
    w.enhanced(0, 2, frame_of(10, 2), 10);
    const Outcome whole = read_all(w.out);
    EXPECT_EQ(whole.frames.size(), 2u);
    EXPECT_EQ(whole.trouble, "");
    w.block(10, Content(1'000'000, 6));
    const Content content = w.out;
    for (const size_t missing : {1, 3, 4, 5, 500'000, 1'000'004, 1'000'005}) {
        const Outcome cut = read_all(Content(content.begin(), content.end() - static_cast<int64_t>(missing)));
        EXPECT_EQ(cut.frames.size(), 2u);
        EXPECT_EQ(cut.ledger.cut_short, 1u) << missing;
        EXPECT_NE(cut.trouble.find("cut short in record 3"), std::string::npos) << missing << cut.trouble;
    }
    w.out.back() ^= 1;
    w.enhanced(0, 3, frame_of(10, 2), 10);
    const Outcome bent = read_all(w.out);
    EXPECT_EQ(bent.frames.size(), 2u);
    EXPECT_NE(bent.trouble.find("block lengths do not match"), std::string::npos) << bent.trouble;
}

// Whatever stands before it in the file, the clock of an interface stands behind its comments here.
TEST_P(PcapngOrders, OptionsOfAnyLength) {
    for (const size_t size : {1'000, 40'000, 70'000, 320'000, 330'000, 3'000'000}) {
        PcapngWriter w;
        w.swapped = GetParam();
        const Content comments = w.comments(size);
        w.section(1, comments);
        w.interface(1, 60, 9, 100, comments);
        w.enhanced(0, 1, frame_of(50, 1), 50);
        w.enhanced(0, 2, frame_of(1001, 2), 2000, comments);
        w.enhanced(0, 3, frame_of(engine::frame_bytes_max, 3), engine::frame_bytes_max, comments);
        w.enhanced(0, 4, frame_of(engine::frame_bytes_max + 1, 3), 4, comments);
        w.simple(frame_of(40, 4), 40);
        const std::vector<Seen> expected = {
            {frame_of(50, 1), 100'000'000'001, 50, 1, 0},
            {frame_of(1001, 2), 100'000'000'002, 2000, 1, 0},
            {frame_of(engine::frame_bytes_max, 3), 100'000'000'003, engine::frame_bytes_max, 1, 0},
            {frame_of(40, 4), 100'000'000'003, 40, 1, 0}};
        const Outcome got = read_all(w.out);
        EXPECT_TRUE(got.frames == expected) << size << " " << got.frames.size();
        EXPECT_EQ(got.ledger.bad_record, 1u) << size;
        EXPECT_EQ(got.ledger.received, 5u) << size;
    }
}

TEST(PcapngParser, LargeBlocksOfTheFirstHeadersCutShort) {
    PcapngWriter w;
    w.section(1, w.comments(10'000));
    w.out.resize(9'000);
    EXPECT_NE(open_error(w.out).find("the file ends inside its header"), std::string::npos);
    PcapngWriter bent;
    bent.section(1, bent.comments(10'000));
    bent.out.back() ^= 1;
    EXPECT_NE(open_error(bent.out).find("block lengths do not match"), std::string::npos);
    PcapngWriter described = section();
    described.interface(1, 0, 9, 0, described.comments(500'000));
    described.out.resize(400'000);
    const Outcome got = read_all(described.out);
    EXPECT_EQ(got.frames.size(), 0u);
    EXPECT_EQ(got.ledger.cut_short, 1u);
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
    constexpr uint32_t limit = 1 << 18;
    PcapngWriter w = section();
    for (uint32_t i = 0; i < limit + 2; ++i) w.interface(1);
    w.enhanced(70'000, 1, frame_of(10, 1), 10);
    w.enhanced(limit - 1, 1, frame_of(10, 1), 10);
    w.enhanced(limit, 1, frame_of(10, 1), 10);
    w.enhanced(limit + 1, 1, frame_of(10, 1), 10);
    w.enhanced(limit + 2, 1, frame_of(10, 1), 10);
    const Outcome got = read_all(w.out);
    ASSERT_EQ(got.frames.size(), 2u);
    EXPECT_EQ(got.frames[0].interface_id, 70'000u);
    EXPECT_EQ(got.frames[1].interface_id, limit - 1);
    EXPECT_EQ(got.trouble,
              "test: damaged packets left out: 1 of interfaces that are not described, 2 of interfaces "
              "beyond the limit");
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
