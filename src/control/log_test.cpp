#include "control/log.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>

namespace visor::control {
namespace {

namespace fs = std::filesystem;

class Log : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = (fs::temp_directory_path() / "visor_log_XXXXXX").string();
        folder_ = mkdtemp(pattern.data());
        path_ = folder_ / "log";
    }
    void TearDown() override {
        ASSERT_TRUE(log_live({}, false)); // leaves the file
        fs::remove_all(folder_);
    }
    static std::string read(const fs::path& path) {
        flush_log();
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        return text.str();
    }

    fs::path folder_, path_;
};

TEST_F(Log, StandardOutputUnlessToldOtherwise) {
    testing::internal::CaptureStdout();
    ASSERT_TRUE(log_live({}, false));
    spdlog::info("one");
    spdlog::debug("two");
    ASSERT_TRUE(log_live({}, true));
    spdlog::debug("three");
    flush_log();
    const std::string out = testing::internal::GetCapturedStdout();
    constexpr const char* stamp =
        "\\[[0-9]{4}(-[0-9]{2}){2} [0-9]{2}(:[0-9]{2}){2}\\.[0-9]{3}\\] \\[visor\\] ";
    EXPECT_TRUE(testing::internal::RE::FullMatch(
        out, testing::internal::RE(std::string(stamp) + "\\[info\\] one\n" + stamp + "\\[debug\\] three\n")))
        << out;
}

TEST_F(Log, WhatIsLoggedIsOnePrintableLine) {
    ASSERT_TRUE(log_live({path_, false}, false));
    spdlog::error("{}", "GET /a\n[2026-01-01] forged\r\x1b[2J\x7f \xff \u202e \u00fc – done");
    flush_log();
    const std::string text = read(path_);
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1) << text;
    EXPECT_NE(text.find("GET /a\\x0a[2026-01-01] forged\\x0d\\x1b[2J\\x7f \\xff \\u202e \u00fc – done\n"),
              std::string::npos)
        << text;
    log_block("{\n  \"a\": 1\n}");
    flush_log();
    EXPECT_NE(read(path_).find("[visor] [info] {\n  \"a\": 1\n}\n"), std::string::npos) << read(path_);
}

TEST_F(Log, AFileWins) {
    testing::internal::CaptureStdout();
    ASSERT_TRUE(log_live({path_, true}, false));
    spdlog::info("to the file");
    spdlog::error("too");
    flush_log();
    EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
    const std::string text = read(path_);
    EXPECT_NE(text.find("[visor] [info] to the file\n"), std::string::npos) << text;
    EXPECT_NE(text.find("[visor] [error] too\n"), std::string::npos) << text;
    struct stat status = {};
    ASSERT_EQ(stat(path_.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07u, 0u); // nobody else's
}

TEST_F(Log, AppendsToWhatIsThere) {
    std::ofstream(path_) << "before\n";
    ASSERT_TRUE(log_live({path_, false}, false));
    spdlog::error("after");
    EXPECT_TRUE(read(path_).starts_with("before\n["));
}

TEST_F(Log, AFileThatCannotBeOpenedIsToldAndChangesNothing) {
    ASSERT_TRUE(log_live({path_, false}, false));
    const auto none = log_live({folder_ / "none" / "log", false}, false);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error(),
              "cannot open log file " + (folder_ / "none" / "log").string() + ": No such file or directory");
    spdlog::error("still here");
    EXPECT_NE(read(path_).find("still here"), std::string::npos);
}

TEST_F(Log, ARotatedFileIsLeftWithNothingLost) {
    ASSERT_TRUE(log_live({path_, false}, false));
    spdlog::info("one");
    fs::rename(path_, folder_ / "log.1");
    spdlog::info("two"); // not yet told: still the old file
    ASSERT_TRUE(reopen_log());
    spdlog::info("three");
    EXPECT_NE(read(folder_ / "log.1").find("one"), std::string::npos);
    EXPECT_NE(read(folder_ / "log.1").find("two"), std::string::npos);
    EXPECT_EQ(read(folder_ / "log.1").find("three"), std::string::npos);
    EXPECT_NE(read(path_).find("three"), std::string::npos);
}

TEST_F(Log, ARotationThatFailsKeepsTheOldFile) {
    fs::create_directory(folder_ / "inner");
    ASSERT_TRUE(log_live({folder_ / "inner" / "log", false}, false));
    fs::rename(folder_ / "inner", folder_ / "moved");
    const auto failed = reopen_log();
    ASSERT_FALSE(failed);
    spdlog::error("{}", failed.error());
    EXPECT_NE(read(folder_ / "moved" / "log").find("cannot open log file"), std::string::npos);
}

TEST_F(Log, FindsItsFileFromAnotherDirectory) {
    const fs::path here = fs::current_path();
    fs::current_path(folder_);
    const auto live = log_live({"log", false}, false);
    fs::current_path("/");
    const auto again = reopen_log();
    fs::current_path(here);
    ASSERT_TRUE(live);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->file, path_.string());
}

TEST_F(Log, NothingToOpenAnewIsNoError) {
    ASSERT_TRUE(log_live({}, false));
    EXPECT_TRUE(reopen_log());
    ASSERT_TRUE(log_live({"", true}, false)); // syslog
    EXPECT_TRUE(reopen_log());
}

TEST_F(Log, AFifoNobodyReadsIsAnErrorAndNoWait) {
    ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
    const auto live = log_live({path_, false}, false);
    ASSERT_FALSE(live);
    EXPECT_EQ(live.error(), "cannot open log file " + path_.string() + ": No such device or address");
}

TEST_F(Log, AFullDiskIsCounted) {
    ASSERT_TRUE(log_live({"/dev/full", false}, false));
    spdlog::info("one");
    spdlog::info("two");
    flush_log();
    std::vector<std::string> told;
    for (const auto& line : log_ledger()) told.push_back(line.path + " " + std::to_string(line.count));
    EXPECT_EQ(told,
              (std::vector<std::string>{"log.lines 2", "log.dropped.behind 0", "log.dropped.failed 2"}));
}

// Files end here, as on a disk that is full, until the test is over.
class FullAt {
public:
    explicit FullAt(uintmax_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit now{bytes, before_.rlim_max};
        setrlimit(RLIMIT_FSIZE, &now);
    }
    FullAt(const FullAt&) = delete;
    FullAt& operator=(const FullAt&) = delete;
    ~FullAt() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int);
};

TEST_F(Log, NothingStandsBehindALineThatWasCut) {
    ASSERT_TRUE(log_live({path_, false}, false));
    spdlog::info("one");
    const size_t whole = read(path_).size();
    {
        const FullAt full(whole + 5);
        spdlog::info("two");
        spdlog::info("three");
        flush_log();
    }
    spdlog::info("four");
    const std::string text = read(path_);
    EXPECT_EQ(text[whole + 5], '\n') << text;
    EXPECT_EQ(text[whole + 6], '[') << text; // what is missing is told
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4) << text;
    EXPECT_NE(text.find("2 lines of the log are missing here"), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with("[visor] [info] four\n")) << text;
}

TEST_F(Log, ANewFileDoesNotBeginWithTheEndOfALine) {
    ASSERT_TRUE(log_live({path_, false}, false));
    {
        const FullAt full(5);
        spdlog::info("cut");
        flush_log();
    }
    fs::rename(path_, folder_ / "log.1");
    ASSERT_TRUE(reopen_log());
    spdlog::info("next");
    EXPECT_EQ(read(folder_ / "log.1").size(), 5u);
    EXPECT_TRUE(read(path_).starts_with("["));
}

TEST_F(Log, WrittenWithoutBeingAskedTo) {
    ASSERT_TRUE(log_live({path_, false}, false));
    write_log();
    spdlog::info("soon");
    std::string text;
    for (int i = 0; i < 500 && text.empty(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        std::getline(std::ifstream(path_), text);
    }
    EXPECT_NE(text.find("soon"), std::string::npos);
    EXPECT_TRUE(end_log());
}

} // namespace
} // namespace visor::control
