#include "terminal/history.hpp"

#include "terminal/test_pictures.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace visor::terminal {
namespace {

client::Metric* find(client::Picture& picture, std::string_view path) {
    for (client::Handler& handler : picture.handlers)
        for (client::Metric& metric : handler.metrics)
            if (metric.path == path) return &metric;
    return nullptr;
}

double last(const History& history, Chart chart) {
    const Series* series = history.chart("default", chart);
    return series ? series->last().value_or(-1) : -2;
}

TEST(Series, SecondsArePutInOrder) {
    Series series;
    EXPECT_FALSE(series.last());
    series.set(100, 1);
    series.set(101, 2);
    series.set(100, 5); // told anew
    series.set(90, 7);  // older than any
    EXPECT_EQ(series.newest(2), (std::vector<double>{5, 2}));
    EXPECT_TRUE(std::isnan(series.newest(3).front()));
    series.set(103, 4); // a look came late: nothing to see of that
    EXPECT_EQ(series.newest(3), (std::vector<double>{2, 2, 4}));
    series.set(120, 6); // nobody looked for long
    EXPECT_TRUE(std::isnan(series.newest(2).front()));
    EXPECT_EQ(series.known(), 5u);
    series.set(100'000, 8);
    EXPECT_EQ(series.known(), 1u);
    for (int64_t s = 0; s < 5000; ++s) series.set(100'000 + s, 1);
    EXPECT_EQ(series.known(), 3600u);
    series.set(50'000, 9); // a clock was set back
    EXPECT_EQ(series.newest(1), std::vector<double>{9});
}

TEST(Series, TheWholeFitsWhateverColumnsThereAre) {
    Series series;
    EXPECT_TRUE(series.whole(3).empty());
    EXPECT_FALSE(series.mean());
    for (int64_t s = 0; s < 6; ++s) series.set(100 + s, static_cast<double>(s * s)); // 0 1 4 9 16 25
    EXPECT_EQ(series.whole(3), (std::vector<double>{1, 9, 25}));
    EXPECT_EQ(series.whole(4), (std::vector<double>{0, 4, 9, 25}));
    EXPECT_EQ(series.whole(12), (std::vector<double>{0, 0, 1, 1, 4, 4, 9, 9, 16, 16, 25, 25}));
    EXPECT_EQ(series.mean(), 55.0 / 6);
    EXPECT_EQ(series.first_second(), 100);
    EXPECT_EQ(series.last_second(), 105);
    series.set(115, 5); // nobody looked for long
    EXPECT_EQ(series.mean(), 60.0 / 7);
    EXPECT_TRUE(std::isnan(series.whole(16)[7]));
}

TEST(History, ARateWithSecondsIsFullAtTheFirstLook) {
    History history;
    history.add(test::picture());
    const Series* packets = history.chart("default", Chart::packets);
    ASSERT_NE(packets, nullptr);
    EXPECT_EQ(packets->known(), 120u);
    const Series* rate = history.rate("default", "default-default-quic", "rates.handshakes");
    ASSERT_NE(rate, nullptr);
    EXPECT_EQ(rate->known(), 120u);
    EXPECT_EQ(history.rate("other", "default-default-quic", "rates.handshakes"), nullptr);
    history.add(test::picture(101));
    EXPECT_EQ(packets->known(), 121u);
}

TEST(History, CountersAreDifferenced) {
    History history;
    client::Picture picture = test::picture(100);
    history.add(picture);
    EXPECT_DOUBLE_EQ(last(history, Chart::queries), 200); // 20000 in 100 s
    EXPECT_DOUBLE_EQ(last(history, Chart::nxdomain), 0.3);
    picture = test::picture(102);
    find(picture, "wire_packets.queries")->value += 100;
    find(picture, "wire_packets.replies")->value += 80;
    find(picture, "wire_packets.nxdomain")->value += 8;
    history.add(picture);
    EXPECT_DOUBLE_EQ(last(history, Chart::queries), 50);
    EXPECT_DOUBLE_EQ(last(history, Chart::nxdomain), 0.1);
    EXPECT_TRUE(history.alarming("default", Chart::nxdomain));
    EXPECT_FALSE(history.alarming("default", Chart::packets));
    // A minute left the window: nothing is known of this step, and it is none below zero.
    picture = test::picture(103);
    picture.handlers[1].start_ts += 60;
    find(picture, "wire_packets.queries")->value = 9000;
    history.add(picture);
    EXPECT_DOUBLE_EQ(last(history, Chart::queries), 50);
    EXPECT_DOUBLE_EQ(last(history, Chart::median), 350);
    EXPECT_DOUBLE_EQ(last(history, Chart::tail), 4200);
}

TEST(History, AnAgentWithoutSecondsGivesOneValueALook) {
    History history;
    for (int64_t second = 100; second < 105; ++second) {
        client::Picture picture = test::picture(second);
        for (client::Handler& handler : picture.handlers)
            for (client::Metric& metric : handler.metrics)
                metric.rate.seconds.clear(), metric.rate.first_second = 0;
        find(picture, "rates.pps_total")->rate.live = static_cast<double>(second);
        history.add(picture);
    }
    EXPECT_EQ(history.chart("default", Chart::packets)->newest(5),
              (std::vector<double>{100, 101, 102, 103, 104}));
}

TEST(History, TheAgentsClockNeedNotGoAsOurs) {
    History history;
    client::Picture picture = test::picture(100);
    picture.taken_ms += 3'600'000;
    client::Rate& rate = find(picture, "rates.pps_total")->rate;
    rate.first_second += static_cast<int64_t>(rate.seconds.size()); // a minute has just begun
    rate.seconds.clear();
    rate.live = 0;
    history.add(picture);
    picture = test::picture(105);
    picture.taken_ms += 3'600'000;
    const double newest = find(picture, "rates.pps_total")->rate.seconds.back();
    history.add(picture);
    EXPECT_DOUBLE_EQ(last(history, Chart::packets), newest);
}

TEST(History, NamesThatNeverComeTwiceDoNotAddUpForever) {
    History history;
    size_t most = 0;
    for (int i = 0; i < 300; ++i) {
        client::Picture picture = test::picture(100 + i);
        picture.policy = fmt::format("policy {}", i);
        picture.handlers.erase(picture.handlers.begin() + 1, picture.handlers.end());
        const client::Metric rate = *find(picture, "rates.pps_total");
        for (int n = 0; n < 100; ++n)
            picture.handlers.front().metrics.push_back(rate),
                picture.handlers.front().metrics.back().path += fmt::format(".{}", n);
        history.add(picture);
        most = std::max(most, history.size());
    }
    EXPECT_LT(most, 25'000u);
    EXPECT_NE(history.chart("policy 299", Chart::packets), nullptr);
}

TEST(History, WhatAPolicyDoesNotHaveHasNoChart) {
    History history;
    client::Picture picture = test::picture();
    picture.handlers.erase(picture.handlers.begin() + 1);
    history.add(picture);
    EXPECT_EQ(history.chart("default", Chart::queries), nullptr);
    EXPECT_EQ(history.chart("other", Chart::packets), nullptr);
}

} // namespace
} // namespace visor::terminal
