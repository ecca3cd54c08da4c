#include "cmd/pktvisord/signals.hpp"

#include "cmd/pktvisord/test_child.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <thread>

namespace visor::cmd {
namespace {

using test::tell;

std::string name_of(const std::optional<Wish>& wish) {
    return !wish ? "nothing" : *wish == Wish::stop ? "stop" : "reload";
}

// What is told of each wait, then how the process ended.
test::Ended told_of(
    const std::function<void(Signals&, int)>& work, const std::function<void()>& before = [] {}) {
    return test::in_child([&](int fd) {
        before();
        auto signals = Signals::take();
        if (!signals) return 9;
        work(*signals, fd);
        return 0;
    });
}

TEST(Signals, StopAndReload) {
    for (const auto& [number, wish] : std::vector<std::pair<int, const char*>>{
             {SIGINT, "stop\n"}, {SIGTERM, "stop\n"}, {SIGHUP, "reload\n"}}) {
        const auto ended = told_of([signal = number](Signals& signals, int fd) {
            kill(getpid(), signal);
            tell(fd, name_of(signals.wait(5000)));
        });
        EXPECT_EQ(ended.told, wish);
        EXPECT_TRUE(test::exited(ended, 0));
    }
}

TEST(Signals, TheSecondOneEndsTheProcess) {
    const auto ended = told_of([](Signals& signals, int fd) {
        kill(getpid(), SIGINT);
        tell(fd, name_of(signals.wait(5000)));
        kill(getpid(), SIGTERM);
        tell(fd, "still here");
    });
    EXPECT_EQ(ended.told, "stop\n");
    EXPECT_TRUE(WIFSIGNALED(ended.status) && WTERMSIG(ended.status) == SIGTERM);
}

TEST(Signals, ReloadingDoesNotWearOff) {
    const auto ended = told_of([](Signals& signals, int fd) {
        for (int i = 0; i < 3; ++i) {
            kill(getpid(), SIGHUP);
            tell(fd, name_of(signals.wait(5000)));
        }
    });
    EXPECT_EQ(ended.told, "reload\nreload\nreload\n");
}

TEST(Signals, ToStopComesBeforeToReload) {
    const auto ended = told_of([](Signals& signals, int fd) {
        for (const int number : {SIGHUP, SIGHUP, SIGTERM, SIGHUP}) kill(getpid(), number);
        tell(fd, name_of(signals.wait(5000)));
        tell(fd, name_of(signals.wait(5000))); // several are one
        tell(fd, name_of(signals.wait(20)));
    });
    EXPECT_EQ(ended.told, "stop\nreload\nnothing\n");
    EXPECT_TRUE(test::exited(ended, 0));
}

TEST(Signals, NothingWhenTimeIsOver) {
    EXPECT_EQ(told_of([](Signals& signals, int fd) { tell(fd, name_of(signals.wait(20))); }).told,
              "nothing\n");
}

TEST(Signals, AnyThreadMayAskAndGetsNoneItself) {
    const auto ended = told_of([](Signals& signals, int fd) {
        std::thread other([&] { signals.ask_to_stop(); });
        tell(fd, name_of(signals.wait(5000)));
        other.join();
    });
    EXPECT_EQ(ended.told, "stop\n");
    const auto with_thread = told_of([](Signals& signals, int fd) {
        std::thread other([] { std::this_thread::sleep_for(std::chrono::milliseconds(100)); });
        kill(getpid(), SIGTERM); // must not end the process through the other thread
        tell(fd, name_of(signals.wait(5000)));
        other.join();
    });
    EXPECT_EQ(with_thread.told, "stop\n");
}

TEST(Signals, WhatWasIgnoredStaysIgnored) {
    const auto ended = told_of(
        [](Signals& signals, int fd) {
            kill(getpid(), SIGHUP);
            tell(fd, name_of(signals.wait(50)));
            kill(getpid(), SIGTERM);
            tell(fd, name_of(signals.wait(5000)));
        },
        [] { std::signal(SIGHUP, SIG_IGN); });
    EXPECT_EQ(ended.told, "nothing\nstop\n");
}

TEST(Signals, AClientThatHasGoneEndsNothing) {
    const auto ended = told_of([](Signals&, int fd) {
        int ends[2];
        if (pipe(ends) != 0) return;
        close(ends[0]);
        tell(ends[1], "to nobody");
        tell(fd, "still here");
    });
    EXPECT_EQ(ended.told, "still here\n");
}

} // namespace
} // namespace visor::cmd
