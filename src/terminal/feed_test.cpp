#include "terminal/feed.hpp"

#include "terminal/grid.hpp"
#include "terminal/test_pictures.hpp"
#include "terminal/theme.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <poll.h>

namespace visor::terminal {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class FakeSource final : public client::Source {
public:
    Result<std::vector<std::string>> policies() override {
        if (broken) return Error{"no answer"};
        if (throws) throw std::bad_alloc();
        return names;
    }
    Result<client::Picture> look(std::string_view policy, uint32_t minutes) override {
        ++looks;
        for (int ms = 0; ms < slow_ms && !given_up; ms += 10) std::this_thread::sleep_for(milliseconds(10));
        client::Picture picture = test::picture();
        picture.policy = policy;
        picture.minutes = minutes;
        return picture;
    }
    std::string identity() const override { return "fake"; }
    bool live() const override { return alive; }
    void give_up() override { given_up = true; }

    std::atomic<int> looks = 0, slow_ms = 0;
    std::atomic<bool> broken = false, throws = false, given_up = false;
    std::vector<std::string> names = {"another", "default", "other"};
    bool alive = true;
};

std::vector<News> wait(Feed& feed, int ms = 5000) {
    pollfd fd{feed.fd(), POLLIN, 0};
    poll(&fd, 1, ms);
    return feed.take();
}

TEST(Feed, LooksAtWhatIsWantedAtOnce) {
    FakeSource source;
    Feed feed(source);
    feed.want("", 2);
    auto news = wait(feed);
    ASSERT_FALSE(news.empty());
    ASSERT_TRUE(news[0].picture);
    EXPECT_EQ(news[0].picture->policy, "default"); // the usual one
    EXPECT_EQ(news[0].policies.size(), 3u);
    const auto before = steady_clock::now();
    feed.want("other", 5);
    news = wait(feed);
    EXPECT_LT(steady_clock::now() - before, milliseconds(800)); // it need not wait for its second
    ASSERT_FALSE(news.empty());
    EXPECT_EQ(news[0].picture->policy, "other");
    EXPECT_EQ(news[0].picture->minutes, 5u);
}

TEST(Feed, ASlowSourceHoldsUpNobody) {
    FakeSource source;
    source.slow_ms = 400;
    Feed feed(source);
    const auto before = steady_clock::now();
    feed.want("default", 1);
    EXPECT_TRUE(feed.take().empty());
    feed.want("other", 1);
    EXPECT_LT(steady_clock::now() - before, milliseconds(200));
    EXPECT_FALSE(wait(feed).empty());
}

TEST(Feed, EndsAtOnceWhateverTheSourceWaitsFor) {
    FakeSource source;
    source.slow_ms = 20'000;
    const auto before = steady_clock::now();
    {
        Feed feed(source);
        feed.want("default", 1);
        std::this_thread::sleep_for(milliseconds(50));
    }
    EXPECT_LT(steady_clock::now() - before, milliseconds(2000));
}

TEST(Feed, NewsThatNobodyTakesDoNotAddUp) {
    FakeSource source;
    Feed feed(source);
    constexpr uint32_t looks = 100;
    for (uint32_t minutes = 1; minutes <= looks; ++minutes) {
        const int before = source.looks;
        feed.want("default", minutes);
        while (source.looks == before) std::this_thread::sleep_for(milliseconds(1));
    }
    std::vector<News> news;
    for (int i = 0; i < 100 && (news.empty() || news.back().picture->minutes < looks); ++i) {
        std::this_thread::sleep_for(milliseconds(10));
        for (News& one : feed.take()) news.push_back(std::move(one));
        EXPECT_LE(news.size(), 35u);
    }
    EXPECT_EQ(news.back().picture->minutes, looks);
}

TEST(Feed, WhereNoPolicyIsThePictureIsEmpty) {
    FakeSource source;
    source.names.clear();
    Feed feed(source);
    feed.want("", 1);
    const auto news = wait(feed);
    ASSERT_FALSE(news.empty());
    ASSERT_TRUE(news[0].picture);
    EXPECT_EQ(news[0].picture->agent, "fake");
    EXPECT_EQ(source.looks, 0);
}

TEST(Feed, ErrorsAreNewsAndAreTriedAgain) {
    FakeSource source;
    source.broken = true;
    Feed feed(source);
    feed.want("", 1);
    auto news = wait(feed);
    ASSERT_FALSE(news.empty());
    EXPECT_FALSE(news[0].picture);
    EXPECT_EQ(news[0].error, "no answer");
    source.broken = false;
    source.throws = true;
    news = wait(feed);
    ASSERT_FALSE(news.empty());
    EXPECT_EQ(news[0].error, std::bad_alloc().what());
    source.throws = false;
    news = wait(feed);
    ASSERT_FALSE(news.empty());
    EXPECT_TRUE(news[0].picture);
}

TEST(Feed, ACaptureIsLookedAtOnceForEachWish) {
    FakeSource source;
    source.alive = false;
    Feed feed(source);
    feed.want("", 1);
    EXPECT_FALSE(wait(feed).empty());
    EXPECT_TRUE(wait(feed, 1300).empty());
    EXPECT_EQ(source.looks, 1);
    feed.want("", 5);
    EXPECT_FALSE(wait(feed).empty());
    EXPECT_EQ(source.looks, 2);
}

TEST(Grid, TextIsCutAtTheEndAndWideCharactersStayWhole) {
    Grid grid(6, 2);
    EXPECT_EQ(grid.put(1, 0, "ab\xe4\xb8\xad\xe6\x96\x87"), 5);
    EXPECT_EQ(grid.text(), " ab\xe4\xb8\xad\n\n");
    EXPECT_EQ(grid.at(4, 0).character, 0u);
    grid.put(0, 5, "outside");
    grid.put(0, 1, "abcdefgh", Ink::alarm, 3);
    EXPECT_EQ(grid.text(), " ab\xe4\xb8\xad\nabc\n");
    EXPECT_EQ(grid.at(2, 1).ink, Ink::alarm);
    grid.light({0, 0, 2, 9});
    EXPECT_TRUE(grid.at(1, 1).lit);
    EXPECT_FALSE(grid.at(2, 1).lit);
}

TEST(Theme, WithoutColoursAttributesTellWhatMatters) {
    const auto names = std::size_t{4};
    for (size_t theme = 0; theme < names; ++theme)
        for (const int colours : {0, 8, 256}) {
            EXPECT_NE(shade(theme, Ink::alarm, false, colours), shade(theme, Ink::plain, false, colours));
            EXPECT_NE(shade(theme, Ink::plain, true, colours), shade(theme, Ink::plain, false, colours));
        }
    const Shade mono = shade(0, Ink::alarm, false, 0);
    EXPECT_EQ(mono.front, -1);
    EXPECT_EQ(mono.back, -1);
    EXPECT_EQ(shade(3, Ink::alarm, false, 256), mono);
    for (size_t ink = 0; ink < sinks::ink_count; ++ink)
        EXPECT_LT(shade(0, static_cast<Ink>(ink), false, 8).front, 8);
}

} // namespace
} // namespace visor::terminal
