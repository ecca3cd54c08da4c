#include "sinks/text_notable.hpp"

#include "sinks/test_results.hpp"
#include "sinks/text.hpp"

#include <gtest/gtest.h>

namespace visor::sinks {
namespace {
using test::Cells;
using test::Results;
using Sentences = std::vector<std::string>;

Sentences abnormal(Results& results) {
    RowReader reader(results.view());
    Sentences told;
    for (const Finding& finding : abnormal_figures(reader)) told.push_back(finding.text);
    return told;
}

// So many replies, all queries answered, so many of them NXDOMAIN, each for a name of its own.
void replies(Cells& cells, uint64_t all, uint64_t nxdomain) {
    cells.queries += all;
    cells.replies += all;
    cells.matched += all;
    cells.nxdomain += nxdomain;
    for (uint64_t i = 0; i < nxdomain; ++i)
        test::add_name(cells.nxdomain_names, "x" + std::to_string(i) + ".test", 1);
}

TEST(Notable, NxdomainFromATenthOfAHundredReplies) {
    const auto told = [](uint64_t all, uint64_t nxdomain) {
        Results results;
        replies(*results.cells, all, nxdomain);
        return abnormal(results);
    };
    EXPECT_EQ(told(99, 99), Sentences{}) << "too few to say";
    EXPECT_EQ(told(1000, 99), Sentences{});
    EXPECT_EQ(told(1000, 100), Sentences{"10.0% of DNS replies are NXDOMAIN (100 of 1,000), no name twice"});
    EXPECT_EQ(told(100, 10), Sentences{"10.0% of DNS replies are NXDOMAIN (10 of 100)"});
}

TEST(Notable, WhetherManyNamesMakeUpTheShare) {
    Results results;
    replies(*results.cells, 1000, 200);
    test::add_name(results.cells->nxdomain_names, "x1.test", 1);
    EXPECT_EQ(abnormal(results),
              Sentences{"20.0% of DNS replies are NXDOMAIN (200 of 1,000), no name over 1%"});
    test::add_name(results.cells->nxdomain_names, "x1.test", 20);
    EXPECT_EQ(abnormal(results), Sentences{"20.0% of DNS replies are NXDOMAIN (200 of 1,000)"});
}

TEST(Notable, OneNameWithHalfOfNxdomain) {
    Results results;
    results.cells->replies += 10'000;
    test::add_name(results.cells->nxdomain_names, "other.test", 49);
    test::add_name(results.cells->nxdomain_names, "wpad.test", 50);
    EXPECT_EQ(abnormal(results), Sentences{}) << "99 are too few";
    test::add_name(results.cells->nxdomain_names, "wpad.test", 50);
    EXPECT_EQ(abnormal(results), Sentences{"67.1% of NXDOMAIN replies are for one name: wpad.test"});
    test::add_name(results.cells->nxdomain_names, "third.test", 60);
    EXPECT_EQ(abnormal(results), Sentences{});
}

TEST(Notable, BurstsOfPackets) {
    engine::Seconds seconds(10, 50);
    EXPECT_FALSE(packet_burst(seconds, 0));
    seconds[4] = 190; // 2.97 times the mean, which it is part of
    EXPECT_FALSE(packet_burst(seconds, 0));
    seconds[4] = 215;
    const auto burst = packet_burst(seconds, 1'700'000'000);
    ASSERT_TRUE(burst);
    EXPECT_EQ(burst->text, "the peak of 215 pkt/s at 22:13:24 is more than 3 times the mean");
    EXPECT_GT(burst->excess, 1);
    EXPECT_FALSE(packet_burst(engine::Seconds(seconds.begin(), seconds.begin() + 9), 0)) << "too short";
    EXPECT_FALSE(packet_burst({0, 0, 0, 0, 99, 0, 0, 0, 0, 0}, 0)) << "too few packets";
    EXPECT_FALSE(packet_burst({}, 0));
}

TEST(Notable, TheGravestComesFirst) {
    test::RunOf of(300, [](Cells& cells) {
        replies(cells, 1000, 150);
        cells.matched.value = 600; // 40 % unanswered: 8 times the threshold
        cells.late += 3;
    });
    of.source_counts().cut_short = 1;
    const std::string page = text_report(of.run(), {false, "c", true});
    const char* expected = "Notable    ! 40.0% of DNS queries have no reply here (400 of 1,000)\n"
                           "           ! 15.0% of DNS replies are NXDOMAIN (150 of 1,000), no name twice\n"
                           "           ! records the file ends in the middle of: 1\n"
                           "           ! frames counted, but not decoded to the end: 300 short link\n"
                           "           ! messages too short: 3\n";
    EXPECT_NE(page.find(expected), std::string::npos) << page;
}

TEST(Notable, DocumentTellsEveryThresholdOnce) {
    const std::string text = notable_markdown();
    EXPECT_NE(text.find("| 10 % | 100 | of DNS replies are NXDOMAIN |\n"), std::string::npos) << text;
    EXPECT_NE(text.find("| 50 % | 100 | of NXDOMAIN replies are for one name |\n"), std::string::npos);
    const std::string unanswered = "of DNS queries have no reply here";
    EXPECT_EQ(text.find(unanswered), text.rfind(unanswered));
    EXPECT_NE(text.find("100 packets and 3 times those of the mean second, in 10 seconds"),
              std::string::npos);
    EXPECT_NE(text.find("- `wire_packets.malformed`, `malformed_packets` of dns\n"), std::string::npos);
}

} // namespace
} // namespace visor::sinks
