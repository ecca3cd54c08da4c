#include "taps/pcap/test_captures.hpp"

#include <chrono>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <zlib.h>

namespace visor::taps::test {
namespace {

using namespace std::chrono_literals;
constexpr auto prompt = 10s; // far more than it takes, far less than for ever

// A pipe whose writer keeps it open and says nothing more, and who is told to stop.
class StoppedRead : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_EQ(::pipe(pipe_), 0);
        stop_ = ::eventfd(0, 0);
        ASSERT_GE(stop_, 0);
    }
    void TearDown() override {
        for (const int fd : {pipe_[0], pipe_[1], stop_}) ::close(fd);
    }
    void write(const Content& content) const {
        ASSERT_EQ(::write(pipe_[1], content.data(), content.size()), static_cast<ssize_t>(content.size()));
    }
    void stop() const {
        const uint64_t once = 1;
        ASSERT_EQ(::write(stop_, &once, sizeof once), static_cast<ssize_t>(sizeof once));
    }
    auto open() const {
        return open_capture("/dev/fd/" + std::to_string(pipe_[0]), {.bpf = {}, .stop_fd = stop_});
    }
    int pipe_[2];
    int stop_;
};

Content capture(uint32_t records, size_t cut) {
    PcapWriter w;
    w.header();
    for (uint32_t i = 0; i < records; ++i) w.record(i, 0, frame_of(100, 0), 100);
    w.out.resize(w.out.size() - cut);
    return w.out;
}

TEST_F(StoppedRead, WhatCameSoFarIsDelivered) {
    write(capture(50, 30));
    std::thread later([&] {
        std::this_thread::sleep_for(50ms);
        stop();
    });
    const auto begin = std::chrono::steady_clock::now();
    auto source = open();
    ASSERT_TRUE(source) << source.error();
    const Outcome got = drain(**source);
    later.join();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, prompt);
    EXPECT_EQ(got.frames.size(), 49u);
    EXPECT_EQ(got.ledger.cut_short, 0u) << "the record at hand was still coming";
    EXPECT_EQ(got.trouble, "");
}

TEST_F(StoppedRead, BeforeTheEndOfCompressedData) {
    const Content plain = capture(5000, 0);
    Content packed(compressBound(plain.size()) + 64);
    z_stream z{};
    ASSERT_EQ(deflateInit2(&z, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = const_cast<Bytef*>(plain.data());
    z.avail_in = static_cast<uInt>(plain.size());
    z.next_out = packed.data();
    z.avail_out = static_cast<uInt>(packed.size());
    ASSERT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    packed.resize(z.total_out - 20);
    deflateEnd(&z);
    ASSERT_LT(packed.size(), 60'000u) << "more than a pipe holds";
    write(packed);
    stop();
    auto source = open();
    ASSERT_TRUE(source) << source.error();
    const Outcome got = drain(**source);
    EXPECT_GT(got.frames.size(), 100u);
    EXPECT_EQ(got.trouble, "");
}

// The program before in the pipe is stopped by the same key and then writes what it still has.
TEST_F(StoppedRead, LastBytesOfTheWriterAreWaitedFor) {
    const Content content = capture(20, 0);
    write({content.begin(), content.begin() + 500});
    stop();
    std::thread writer([&] {
        std::this_thread::sleep_for(20ms);
        write({content.begin() + 500, content.end()});
    });
    auto source = open();
    writer.join();
    ASSERT_TRUE(source) << source.error();
    EXPECT_EQ(drain(**source).frames.size(), 20u);
}

TEST_F(StoppedRead, BeforeTheHeaderIsThere) {
    stop();
    for (const size_t size : {0u, 1u, 4u, 23u}) {
        const Content content = capture(1, 0);
        write({content.begin(), content.begin() + static_cast<std::ptrdiff_t>(size)});
        const auto source = open();
        ASSERT_FALSE(source) << size;
        EXPECT_TRUE(source.error().ends_with(": interrupted before its header was there")) << source.error();
    }
}

TEST_F(StoppedRead, FifoNobodyWritesTo) {
    const std::string path = ::testing::TempDir() + "visor_fifo_" + std::to_string(::getpid());
    ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
    stop();
    const auto begin = std::chrono::steady_clock::now();
    const auto source = open_capture(path, {.bpf = {}, .stop_fd = stop_});
    EXPECT_LT(std::chrono::steady_clock::now() - begin, prompt);
    EXPECT_FALSE(source);
    ::unlink(path.c_str());
}

TEST_F(StoppedRead, FilesAreReadToTheirEnd) {
    const std::string path = ::testing::TempDir() + "visor_stopped_" + std::to_string(::getpid());
    const Content content = capture(3000, 0);
    FILE* file = std::fopen(path.c_str(), "wb");
    ASSERT_NE(file, nullptr);
    ASSERT_EQ(std::fwrite(content.data(), 1, content.size(), file), content.size());
    ASSERT_EQ(std::fclose(file), 0);
    stop(); // whoever reads blocks asks whether to go on, not the file
    auto source = open_capture(path, {.bpf = {}, .stop_fd = stop_});
    ::unlink(path.c_str());
    ASSERT_TRUE(source) << source.error();
    EXPECT_EQ(drain(**source).frames.size(), 3000u);
}

} // namespace
} // namespace visor::taps::test
