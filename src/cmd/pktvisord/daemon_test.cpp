#include "cmd/pktvisord/daemon.hpp"

#include "cmd/pktvisord/test_child.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

namespace visor::cmd {
namespace {

// Empty when the text is not there, or no number follows it.
std::string number_after(const std::string& all, const std::string& text) {
    const size_t at = all.find(text);
    if (at == std::string::npos) return {};
    const size_t begin = at + text.size();
    return all.substr(begin, all.find_first_not_of("0123456789", begin) - begin);
}

using test::tell;

std::string link_of(const char* path) {
    char room[256];
    const ssize_t length = readlink(path, room, sizeof room);
    return {room, static_cast<size_t>(std::max<ssize_t>(length, 0))};
}

TEST(Daemon, IsInASessionOfItsOwnAndAwayFromTheTerminal) {
    const auto ended = test::in_child([](int fd) {
        dup2(fd, STDERR_FILENO);
        auto daemon = Daemon::begin();
        if (!daemon) return 9;
        daemon->ready();
        tell(fd, "pid " + std::to_string(getpid()) + ".");
        tell(fd, getsid(0) == getpid() ? "own session" : "session of others");
        tell(fd, "umask " + std::to_string(umask(0)));
        tell(fd, "in " + link_of("/proc/self/cwd"));
        for (const char* stream : {"0", "1", "2"})
            tell(fd, link_of((std::string("/proc/self/fd/") + stream).c_str()));
        return 0;
    });
    EXPECT_TRUE(test::exited(ended, 0)) << ended.told;
    const std::string said =
        number_after(ended.told, "] [pktvisor-daemon] [info] running in the background as process ");
    EXPECT_NE(said, "") << ended.told;
    EXPECT_EQ(said, number_after(ended.told, "pid "));
    EXPECT_NE(ended.told.find("own session\numask 0\nin /\n/dev/null\n/dev/null\n/dev/null\n"),
              std::string::npos)
        << ended.told;
}

TEST(Daemon, WhatGoesWrongBeforeItIsReadyIsSeen) {
    const auto ended = test::in_child([](int fd) {
        dup2(fd, STDERR_FILENO);
        auto daemon = Daemon::begin();
        tell(STDERR_FILENO, "the port is taken");
        return 3; // the child's; its parent ends in begin()
    });
    EXPECT_TRUE(test::exited(ended, 1));
    EXPECT_EQ(ended.told, "the port is taken\n");
}

TEST(Daemon, LeavingItUnreadyIsNoSuccess) {
    const auto ended = test::in_child([](int) {
        { auto daemon = Daemon::begin(); }
        return 0;
    });
    EXPECT_TRUE(test::exited(ended, 1));
}

} // namespace
} // namespace visor::cmd
