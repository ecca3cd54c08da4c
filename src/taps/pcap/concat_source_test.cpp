#include "taps/pcap/concat_source.hpp"
#include "taps/pcap/test_captures.hpp"

#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace visor::taps::test {
namespace {

class ConcatFiles : public ::testing::Test {
protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() / ("visor_concat_" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }
    std::string file(const std::string& name, uint32_t records, size_t cut = 0) {
        PcapWriter w;
        w.header();
        for (uint32_t i = 0; i < records; ++i) w.record(records, i, frame_of(60, 0), 60);
        return file(name, Content(w.out.begin(), w.out.end() - static_cast<std::ptrdiff_t>(cut)));
    }
    std::string file(const std::string& name, const Content& content) {
        const std::string path = folder_ / name;
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(content.data()),
                   static_cast<std::streamsize>(content.size()));
        return path;
    }
    std::filesystem::path folder_;
};

TEST_F(ConcatFiles, OneAfterAnother) {
    auto source = open_captures({file("a", 1500), file("b", 0), file("c", 3)}, {});
    ASSERT_TRUE(source) << source.error();
    const uint64_t total = 3 * 24 + 1503 * 76;
    EXPECT_EQ((*source)->ledger().bytes_total, total);
    const Outcome got = drain(**source);
    ASSERT_EQ(got.frames.size(), 1503u);
    EXPECT_EQ(got.frames[1499].ts_ns, 1'500'001'499'000);
    EXPECT_EQ(got.frames[1500].ts_ns, 3'000'000'000);
    EXPECT_EQ(got.ledger.received, 1503u);
    EXPECT_EQ(got.ledger.bytes_read, total);
    EXPECT_EQ(got.trouble, "");
}

TEST_F(ConcatFiles, AnyBadHeaderFailsBeforeReading) {
    const auto source = open_captures({file("a", 10), file("b", Content(10, 'x'))}, {});
    ASSERT_FALSE(source);
    EXPECT_NE(source.error().find("/b: not a pcap or pcapng file"), std::string::npos) << source.error();
    EXPECT_FALSE(open_captures({file("a", 10), folder_ / "missing"}, {}));
    EXPECT_FALSE(open_captures({file("a", 10), file("c", 10)}, {"bogus bogus"}));
    EXPECT_FALSE(open_captures({}, {}));
}

TEST_F(ConcatFiles, TroubleOfEachIsTold) {
    const std::string gone = file("gone", 5);
    auto source = open_captures({file("a", 10, 1), gone, file("b", 10, 2)}, {});
    ASSERT_TRUE(source) << source.error();
    std::filesystem::remove(gone);
    const Outcome got = drain(**source);
    EXPECT_EQ(got.frames.size(), 18u);
    EXPECT_EQ(got.ledger.cut_short, 2u);
    EXPECT_NE(got.trouble.find("/a: cut short in record 10"), std::string::npos) << got.trouble;
    EXPECT_NE(got.trouble.find("/gone: No such file"), std::string::npos) << got.trouble;
    EXPECT_NE(got.trouble.find("/b: cut short in record 10"), std::string::npos) << got.trouble;
}

TEST_F(ConcatFiles, MoreFilesThanDescriptors) {
    std::vector<std::string> paths(3000, file("a", 2));
    auto source = open_captures(paths, {});
    ASSERT_TRUE(source) << source.error();
    EXPECT_EQ(drain(**source).frames.size(), 6000u);
}

} // namespace
} // namespace visor::taps::test
