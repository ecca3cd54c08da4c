#include "taps/pcap/test_captures.hpp"

#include <zlib.h>
#include <zstd.h>

namespace visor::taps::test {
namespace {

Content gzip(const Content& plain) {
    z_stream z{};
    EXPECT_EQ(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    Content packed(deflateBound(&z, plain.size()) + 64);
    z.next_in = const_cast<Bytef*>(plain.data());
    z.avail_in = static_cast<uInt>(plain.size());
    z.next_out = packed.data();
    z.avail_out = static_cast<uInt>(packed.size());
    EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed.resize(z.total_out);
    deflateEnd(&z);
    return packed;
}

Content zstd(const Content& plain) {
    Content packed(ZSTD_compressBound(plain.size()));
    const size_t size = ZSTD_compress(packed.data(), packed.size(), plain.data(), plain.size(), 3);
    EXPECT_FALSE(ZSTD_isError(size));
    packed.resize(size);
    return packed;
}

Content operator+(Content a, const Content& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

Content capture(uint32_t records) {
    PcapWriter w;
    w.header();
    for (uint32_t i = 0; i < records; ++i)
        w.record(i, 0, frame_of(40 + i * 7 % 900, static_cast<uint8_t>(i * i)), 1000);
    return w.out;
}

using Pack = Content (*)(const Content&);
class Packers : public ::testing::TestWithParam<Pack> {};
INSTANTIATE_TEST_SUITE_P(Both, Packers, ::testing::Values(&gzip, &zstd));

TEST_P(Packers, SameBlocksAsPlain) {
    const Content plain = capture(5000);
    const Outcome expected = read_all(plain);
    const Content packed = GetParam()(plain);
    const Outcome got = read_all(packed);
    EXPECT_EQ(got.frames.size(), 5000u);
    EXPECT_TRUE(got.frames == expected.frames);
    EXPECT_EQ(got.blocks, expected.blocks);
    EXPECT_EQ(got.ledger.bytes_read, packed.size());
    EXPECT_EQ(got.ledger.bytes_total, packed.size());
    EXPECT_EQ(got.trouble, "");
}

TEST_P(Packers, MembersFollowOneAnother) {
    const Content plain = capture(3000);
    const auto middle = plain.begin() + 100'001;
    const Content packed =
        GetParam()({plain.begin(), middle}) + GetParam()({}) + GetParam()({middle, plain.end()});
    const Outcome got = read_all(packed);
    EXPECT_TRUE(got.frames == read_all(plain).frames);
    EXPECT_EQ(got.trouble, "");
}

TEST_P(Packers, CutAnywhereNeverCrashes) {
    const Content plain = capture(600);
    const Content packed = GetParam()(plain);
    size_t most = 0;
    for (size_t size = 0; size < packed.size(); size += 11) {
        auto source = open_capture_stream(
            memory_bytes({packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(size)}), "test", {});
        if (!source) continue;
        const Outcome got = drain(**source);
        EXPECT_GE(got.frames.size(), most);
        EXPECT_NE(got.trouble.find("cut short"), std::string::npos) << size << got.trouble;
        most = got.frames.size();
    }
    EXPECT_GT(most, 0u);
}

TEST_P(Packers, DamageInTheMiddleIsTold) {
    Content packed = GetParam()(capture(5000));
    for (size_t i = packed.size() / 2; i < packed.size() / 2 + 64; ++i) packed[i] ^= 0x5a;
    const Outcome got = read_all(packed);
    EXPECT_NE(got.trouble, "");
}

TEST_P(Packers, ContentThatIsNoCapture) {
    const std::string error = open_error(GetParam()(Content(100, 'x')));
    EXPECT_NE(error.find("not a pcap or pcapng file inside "), std::string::npos) << error;
    EXPECT_NE(open_error(GetParam()({})).find("empty file inside "), std::string::npos);
}

TEST(Gzip, PaddingPassesAndGarbageIsTold) {
    const Content packed = gzip(capture(10));
    EXPECT_EQ(read_all(packed + Content(1000, 0)).trouble, "");
    const Outcome got = read_all(packed + Content(10, 'x'));
    EXPECT_EQ(got.frames.size(), 10u);
    EXPECT_EQ(got.trouble, "test: garbage after the gzip data after record 10");
}

TEST(Zstd, SkippableFrameFirst) {
    const Content skippable = {0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4};
    EXPECT_EQ(read_all(skippable + zstd(capture(10))).frames.size(), 10u);
}

// A frame (RFC 8878, section 3.1.1) of one raw block that declares a window of 2^log bytes.
Content windowed(const Content& plain, uint32_t log) {
    Content out = {0x28, 0xb5, 0x2f, 0xfd, 0, static_cast<uint8_t>((log - 10) << 3)};
    const auto header = static_cast<uint32_t>(plain.size()) << 3 | 1;
    for (const uint32_t shift : {0u, 8u, 16u}) out.push_back(static_cast<uint8_t>(header >> shift));
    return out + plain;
}

TEST(Zstd, WindowsAreBounded) {
    EXPECT_EQ(read_all(windowed(capture(10), 25)).frames.size(), 10u);
    const std::string error = open_error(windowed(capture(10), 26));
    EXPECT_NE(error.find("zstd data needs a window of more than 32 MiB"), std::string::npos) << error;
    EXPECT_NE(error.find("zstd -dc --long=31 FILE | pktvisor-pcap -"), std::string::npos) << error;
    const Outcome later = read_all(zstd(capture(2000)) + windowed({1}, 27));
    EXPECT_EQ(later.frames.size(), 2000u);
    EXPECT_NE(later.trouble.find("more than 32 MiB"), std::string::npos) << later.trouble;
}

// What expands a thousandfold streams through without being held.
TEST(Gzip, BombStreamsThrough) {
    PcapWriter w;
    w.header();
    w.put_bytes(Content(30'000'000, 0)); // records of no bytes at all
    const Outcome got = read_all(gzip(w.out));
    EXPECT_EQ(got.frames.size(), 30'000'000u / 16);
}

} // namespace
} // namespace visor::taps::test
