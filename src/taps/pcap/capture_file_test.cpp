#include "taps/pcap/test_captures.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <thread>
#include <unistd.h>

namespace visor::taps::test {
namespace {

Content many_records(uint32_t count, uint32_t seed = 1) {
    std::mt19937 random(seed);
    PcapWriter w;
    w.header();
    for (uint32_t i = 0; i < count; ++i) {
        const size_t size = i % 5000 < 2000 ? 40 + random() % 100 : 40 + random() % 1500;
        w.record(i, static_cast<uint32_t>(random() % 1'000'000),
                 frame_of(size, static_cast<uint8_t>(random())), static_cast<uint32_t>(size));
    }
    return w.out;
}

// Puts content into a pipe in odd small pieces.
void feed(int fd, const Content& content) {
    std::mt19937 random(7);
    for (size_t at = 0; at < content.size();) {
        const size_t n = std::min<size_t>(1 + random() % 30'000, content.size() - at);
        ASSERT_EQ(::write(fd, content.data() + at, n), static_cast<ssize_t>(n));
        at += n;
    }
    ::close(fd);
}

TEST(CaptureFile, PipeGivesTheSameBlocksAsTheFile) {
    const Content content = many_records(30'000);
    const Outcome file = read_all(content);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    std::thread feeder(feed, ends[1], std::cref(content));
    auto source = open_capture("/dev/fd/" + std::to_string(ends[0]), {});
    const Outcome piped = source ? drain(**source) : Outcome{};
    feeder.join();
    ::close(ends[0]);
    EXPECT_EQ(file.frames.size(), 30'000u);
    EXPECT_TRUE(piped.frames == file.frames);
    EXPECT_EQ(piped.blocks, file.blocks);
    EXPECT_EQ(piped.ledger.bytes_total, 0u);
    EXPECT_EQ(piped.ledger.bytes_read, content.size());
}

// Non-blocking, as a shell or another program may have left it.
TEST(CaptureFile, StandardInput) {
    const Content content = many_records(1000);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ASSERT_EQ(::fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    const int saved = ::dup(STDIN_FILENO);
    ASSERT_EQ(::dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    std::thread feeder(feed, ends[1], std::cref(content));
    auto source = open_capture("-", {});
    const Outcome got = source ? drain(**source) : Outcome{};
    feeder.join();
    if (saved >= 0) ::dup2(saved, STDIN_FILENO);
    ::close(ends[0]);
    ASSERT_TRUE(source) << source.error();
    EXPECT_EQ((*source)->name(), "standard input");
    EXPECT_TRUE(got.frames == read_all(content).frames);
}

Content simple_first(uint32_t simple) {
    PcapngWriter w;
    w.section();
    w.interface(1);
    for (uint32_t i = 0; i < simple; ++i) w.simple(frame_of(100, 0), 100);
    w.enhanced(0, 5'000'000, frame_of(100, 0), 100);
    return w.out;
}

TEST(CaptureFile, FirstTimeIsFoundAnywhereInAFileThatCanBeReadTwice) {
    const Content content = simple_first(20'000); // 2 MB of packets without a time
    const std::string path = ::testing::TempDir() + "visor_untimed_" + std::to_string(::getpid());
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
    auto source = open_capture(path, {});
    std::filesystem::remove(path);
    ASSERT_TRUE(source) << source.error();
    EXPECT_EQ((*source)->first_ns(), 5'000'000'000);
    const Outcome got = drain(**source);
    ASSERT_EQ(got.frames.size(), 20'001u);
    for (const Seen& seen : got.frames) ASSERT_EQ(seen.ts_ns, 5'000'000'000);
    EXPECT_EQ(got.trouble, "");
}

TEST(CaptureFile, FirstTimeInAStreamIsFoundInItsFirstBytes) {
    EXPECT_EQ(read_all(simple_first(500)).frames.at(0).ts_ns, 5'000'000'000);
    const Outcome far = read_all(simple_first(20'000));
    EXPECT_EQ(far.frames.at(0).ts_ns, 0);
    EXPECT_EQ(far.frames.at(20'000).ts_ns, 5'000'000'000);
    EXPECT_TRUE(far.trouble.ends_with("count at the beginning of 1970: 20000")) << far.trouble;
}

std::string why(const std::string& text) {
    return "Cannot open pcap/pcapng file: test: " + text;
}
Content bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

TEST(CaptureFile, WhatIsNoCaptureIsNamed) {
    EXPECT_EQ(open_error({}), why("empty file"));
    EXPECT_EQ(open_error(bytes_of("hello, this is text")), why("not a pcap or pcapng file"));
    EXPECT_EQ(open_error(bytes_of(std::string_view("snoop\0\0\0\0\0\0\2", 12))),
              why("not a pcap or pcapng file but a snoop capture"));
    EXPECT_EQ(open_error({0xa1}), why("not a pcap or pcapng file"));
    EXPECT_EQ(open_error({0xa1, 0xb2, 0xc3, 0xd4}), why("the file ends inside its header"));
    PcapWriter old;
    old.header(1, 1);
    EXPECT_EQ(open_error(old.out), why("pcap version 1.4 is not supported"));
}

TEST(CaptureFile, PathsThatCannotBeRead) {
    const auto missing = open_capture("/nonexistent/x.pcap", {});
    EXPECT_EQ(missing.error(),
              "Cannot open pcap/pcapng file: /nonexistent/x.pcap: No such file or directory");
    EXPECT_EQ(open_capture("/tmp", {}).error(), "Cannot open pcap/pcapng file: /tmp: Is a directory");
}

TEST(CaptureFile, UnsupportedLinkTypeIsNamedWithTheSupportedOnes) {
    PcapWriter w;
    w.header(70); // unassigned
    const std::string error = open_error(w.out);
    EXPECT_TRUE(error.starts_with(why("link type 70")));
    EXPECT_NE(error.find(" is not supported; supported: "), std::string::npos) << error;
    EXPECT_NE(error.find("1 (Ethernet)"), std::string::npos) << error;
}

TEST(CaptureFile, GarbageNeverCrashes) {
    std::mt19937 random(3);
    const Content good = many_records(200);
    PcapngWriter ng;
    ng.section();
    ng.interface(1, 0, 9);
    for (uint32_t i = 0; i < 50; ++i) ng.enhanced(0, i, frame_of(30 + i, 0), 100);
    for (int round = 0; round < 2000; ++round) {
        Content bent = round % 2 ? good : ng.out;
        for (int i = 0; i < 8; ++i) bent[4 + random() % (bent.size() - 4)] = static_cast<uint8_t>(random());
        auto source = open_capture_stream(memory_bytes(std::move(bent)), "test", {});
        if (source) drain(**source);
    }
}

Content with_ports(const std::vector<uint16_t>& ports, bool pcapng, uint16_t linktype = 1) {
    PcapWriter w;
    PcapngWriter ng;
    w.header(linktype);
    ng.section();
    ng.interface(linktype);
    for (const uint16_t port : ports) {
        w.record(1, 0, udp_frame(port), 60);
        ng.enhanced(0, 1, udp_frame(port), 60);
    }
    return pcapng ? ng.out : w.out;
}

TEST(CaptureFilter, DropsAndCounts) {
    for (const bool pcapng : {false, true}) {
        const Outcome got = read_all(with_ports({53, 80, 53, 443, 53}, pcapng), {"udp port 53"});
        EXPECT_EQ(got.frames.size(), 3u);
        EXPECT_EQ(got.ledger.received, 5u);
        EXPECT_EQ(got.ledger.filtered_bpf, 2u);
        for (const Seen& seen : got.frames) EXPECT_EQ(seen.bytes, udp_frame(53));
    }
}

TEST(CaptureFilter, SparseMatchesInALongFile) {
    std::vector<uint16_t> ports(50'000, 80);
    ports[20'000] = ports[49'999] = 53;
    for (const bool pcapng : {false, true}) {
        const Outcome got = read_all(with_ports(ports, pcapng), {"port 53"});
        EXPECT_EQ(got.frames.size(), 2u);
        EXPECT_EQ(got.ledger.filtered_bpf, 49'998u);
    }
}

TEST(CaptureFilter, BadExpressionIsAnOpenError) {
    const std::string start = "Cannot set BPF filter to pcap file: ";
    for (const bool pcapng : {false, true}) {
        const std::string error = open_error(with_ports({53}, pcapng), {"prot 53 bogus"});
        EXPECT_TRUE(error.starts_with(start)) << error;
        EXPECT_GT(error.size(), start.size());
    }
    PcapngWriter no_interface;
    no_interface.section();
    EXPECT_TRUE(open_error(no_interface.out, {"((("}).starts_with(start));
}

TEST(CaptureFilter, LaterInterfaceItDoesNotFit) {
    PcapngWriter w;
    w.section();
    w.interface(1);
    w.enhanced(0, 1, udp_frame(53), 60);
    w.interface(101);
    w.enhanced(1, 1, udp_frame(53), 60);
    const Outcome got = read_all(w.out, {"ether host 00:00:00:00:00:00"});
    EXPECT_EQ(got.frames.size(), 1u);
    EXPECT_EQ(got.ledger.filtered_bpf, 1u);
    EXPECT_NE(got.trouble.find("does not fit"), std::string::npos) << got.trouble;
}

TEST(CaptureFilter, RawLinkTypes) {
    Content ip = udp_frame(53);
    ip.erase(ip.begin(), ip.begin() + 14);
    for (const uint32_t linktype : {12u, 14u, 101u, 228u}) {
        PcapWriter w;
        w.header(linktype);
        w.record(1, 0, ip, 46);
        EXPECT_EQ(read_all(w.out, {"udp port 53"}).frames.size(), 1u) << linktype;
        EXPECT_EQ(read_all(w.out, {"udp port 54"}).frames.size(), 0u) << linktype;
    }
}

} // namespace
} // namespace visor::taps::test
