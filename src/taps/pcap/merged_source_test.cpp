#include "taps/pcap/merged_source.hpp"
#include "taps/pcap/test_captures.hpp"

#include <filesystem>
#include <fstream>
#include <random>
#include <unistd.h>

namespace visor::taps::test {
namespace {

class MergedFiles : public ::testing::Test {
protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() / ("visor_merged_" + std::to_string(::getpid()));
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
        std::string path = folder_ / name;
        std::ofstream(path, std::ios::binary)
            .write(reinterpret_cast<const char*>(content.data()),
                   static_cast<std::streamsize>(content.size()));
        return path;
    }
    std::string timed_file(const std::string& name, const std::vector<int64_t>& times_us) {
        PcapWriter w;
        w.header();
        for (const int64_t us : times_us) {
            const auto second = static_cast<uint32_t>(us / 1'000'000);
            w.record(second, static_cast<uint32_t>(us % 1'000'000),
                     frame_of(40 + static_cast<size_t>(us % 300), static_cast<uint8_t>(name[0])), 1000);
        }
        return file(name, w.out);
    }
    // What it hands out, in the order of time; at every moment exactly that has been received.
    Outcome merged(const std::vector<std::string>& paths) {
        auto source = MergedSource::open(paths, {});
        if (!source) {
            ADD_FAILURE() << source.error();
            return {};
        }
        engine::FrameBlock block;
        Outcome outcome;
        for ((*source)->next(block); block.count > 0; (*source)->next(block)) {
            for (uint32_t i = 0; i < block.count; ++i) {
                const engine::Frame& f = block.frames[i];
                outcome.frames.push_back(
                    {{f.data, f.data + f.caplen}, f.ts_ns, f.wirelen, f.link, f.interface_id});
            }
            EXPECT_EQ((*source)->ledger().delivered, outcome.frames.size());
            expect_balanced((*source)->ledger());
        }
        outcome.trouble = (*source)->trouble();
        return outcome;
    }
    std::filesystem::path folder_;
};

std::vector<int64_t> every(int64_t begin_us, int64_t step_us, size_t count) {
    std::vector<int64_t> times;
    for (size_t i = 0; i < count; ++i) times.push_back(begin_us + step_us * static_cast<int64_t>(i));
    return times;
}

// The same by the shortest way: the earliest of the frames that the files have next.
std::vector<Seen> expected_of(const std::vector<std::vector<Seen>>& files) {
    std::vector<size_t> at(files.size(), 0);
    std::vector<Seen> all;
    for (;;) {
        size_t best = files.size();
        for (size_t i = 0; i < files.size(); ++i) {
            if (at[i] == files[i].size()) continue;
            if (best == files.size() || files[i][at[i]].ts_ns < files[best][at[best]].ts_ns) best = i;
        }
        if (best == files.size()) return all;
        all.push_back(files[best][at[best]++]);
    }
}

TEST_F(MergedFiles, OneAfterAnotherInWhateverOrderTheyAreNamed) {
    auto source = MergedSource::open({file("a", 1500), file("b", 0), file("c", 3)}, {});
    ASSERT_TRUE(source) << source.error();
    const uint64_t total = 3 * 24 + 1503 * 76;
    EXPECT_EQ((*source)->ledger().bytes_total, total);
    const Outcome got = drain(**source);
    ASSERT_EQ(got.frames.size(), 1503u);
    EXPECT_EQ(got.frames[2].ts_ns, 3'000'002'000);
    EXPECT_EQ(got.frames[3].ts_ns, 1'500'000'000'000);
    EXPECT_EQ(got.frames[1502].ts_ns, 1'500'001'499'000);
    EXPECT_EQ(got.ledger.received, 1503u);
    EXPECT_EQ(got.ledger.bytes_read, total);
    EXPECT_EQ(got.trouble, "");
    EXPECT_EQ(got.blocks, (std::vector<uint32_t>{3, 1024, 476}))
        << "files that do not overlap keep their blocks";
}

TEST_F(MergedFiles, TiesGoByTheNames) {
    const std::string x = timed_file("x", {5, 7, 7});
    const std::string y = timed_file("y", {5, 6, 7});
    const auto order = [](const Outcome& got) {
        std::string letters;
        for (const Seen& seen : got.frames) letters += static_cast<char>(seen.bytes[0]);
        return letters;
    };
    EXPECT_EQ(order(merged({x, y})), "xyyxxy");
    EXPECT_EQ(order(merged({y, x})), "yxyyxx");
    EXPECT_EQ(order(merged({x, x})), "xxxxxx");
}

TEST_F(MergedFiles, OverlappingFilesAreWovenTogether) {
    std::mt19937 random(5);
    for (int round = 0; round < 12; ++round) {
        const auto number = [&](int64_t end) {
            return static_cast<int64_t>(random() % static_cast<uint64_t>(end));
        };
        std::vector<std::string> paths;
        std::vector<std::vector<Seen>> files;
        for (int i = 0; i <= round % 5; ++i) {
            std::vector<int64_t> times =
                every(number(2'000'000), 1 + number(100), static_cast<size_t>(number(round < 6 ? 6000 : 50)));
            if (i == 1) // not in order itself
                for (int64_t& us : times) us += number(5000);
            paths.push_back(timed_file(std::string(1, static_cast<char>('a' + i)), times));
            auto alone = open_capture(paths.back(), {});
            ASSERT_TRUE(alone) << alone.error();
            files.push_back(drain(**alone).frames);
        }
        const Outcome got = merged(paths);
        EXPECT_TRUE(got.frames == expected_of(files)) << "round " << round;
        EXPECT_EQ(got.trouble, "");
    }
}

TEST_F(MergedFiles, LargestFramesAreWovenToo) {
    std::vector<std::string> paths;
    for (const int64_t shift : {0, 1}) {
        PcapWriter w;
        w.header();
        for (uint32_t i = 0; i < 20; ++i)
            w.record(2 * i + static_cast<uint32_t>(shift), 0, frame_of(engine::frame_bytes_max - i % 2, 1),
                     1);
        paths.push_back(file(shift ? "b" : "a", w.out));
    }
    const Outcome got = merged(paths);
    ASSERT_EQ(got.frames.size(), 40u);
    for (uint32_t i = 0; i < 40; ++i) {
        EXPECT_EQ(got.frames[i].ts_ns, int64_t{i} * 1'000'000'000);
        EXPECT_EQ(got.frames[i].bytes.size(), engine::frame_bytes_max - i / 2 % 2);
    }
}

// A pcapng file whose first packet is far behind its beginning.
TEST_F(MergedFiles, FirstTimeBehindOtherBlocks) {
    PcapngWriter w;
    w.section();
    w.interface(1);
    w.block(10, Content(300'000, 1));
    w.enhanced(0, 15, frame_of(50, 'n'), 50);
    const Outcome got = merged({file("n", w.out), timed_file("a", every(10, 1, 10))});
    ASSERT_EQ(got.frames.size(), 11u);
    EXPECT_EQ(got.frames[5].bytes, frame_of(50, 'n')) << "named first, so first among equal times";
    const Outcome after = merged({file("n", w.out), timed_file("a", every(1, 1, 10))});
    EXPECT_EQ(after.frames[10].bytes, frame_of(50, 'n'));
}

TEST_F(MergedFiles, MoreThanMayBeOpenAreToldAndReadAllTheSame) {
    std::vector<std::string> paths(MergedSource::overlap_max, timed_file("a", {1'000'000, 2'000'000}));
    EXPECT_EQ(merged(paths).trouble, "");
    paths.push_back(timed_file("b", {1'500'000, 1'600'000}));
    const Outcome got = merged(paths);
    EXPECT_EQ(got.frames.size(), 2 * paths.size());
    EXPECT_EQ(got.trouble,
              "more than 256 files overlap in time: packets of some come after later ones of others");
}

TEST_F(MergedFiles, AnyBadHeaderFailsBeforeReading) {
    const auto source = MergedSource::open({file("a", 10), file("b", Content(10, 'x'))}, {});
    ASSERT_FALSE(source);
    EXPECT_NE(source.error().find("/b: not a pcap or pcapng file"), std::string::npos) << source.error();
    EXPECT_FALSE(MergedSource::open({file("a", 10), folder_ / "missing"}, {}));
    EXPECT_FALSE(MergedSource::open({file("a", 10), file("c", 10)}, {"bogus bogus"}));
    EXPECT_FALSE(MergedSource::open({}, {}));
}

TEST_F(MergedFiles, TroubleOfEachIsTold) {
    const std::string gone = file("gone", 5);
    auto source = MergedSource::open({file("a", 10, 1), gone, file("b", 10, 2)}, {});
    ASSERT_TRUE(source) << source.error();
    std::filesystem::remove(gone);
    const Outcome got = drain(**source);
    EXPECT_EQ(got.frames.size(), 18u);
    EXPECT_EQ(got.ledger.cut_short, 2u);
    EXPECT_NE(got.trouble.find("/a: cut short in record 10"), std::string::npos) << got.trouble;
    EXPECT_NE(got.trouble.find("/gone: No such file"), std::string::npos) << got.trouble;
    EXPECT_NE(got.trouble.find("/b: cut short in record 10"), std::string::npos) << got.trouble;
}

TEST_F(MergedFiles, MoreFilesThanDescriptors) {
    std::vector<std::string> paths(1500, file("a", 2));
    paths.insert(paths.end(), 1500, file("b", 3));
    auto source = MergedSource::open(paths, {});
    ASSERT_TRUE(source) << source.error();
    EXPECT_EQ(drain(**source).frames.size(), 7500u);
}

} // namespace
} // namespace visor::taps::test
