#include "sinks/text.hpp"

#include "sinks/test_results.hpp"

#include <gtest/gtest.h>

namespace visor::sinks {
namespace {
using test::Cells;
using test::RunOf;

std::string page_of(RunOf& of, bool colour = false, bool utf8 = true, std::string title = "capture.pcap") {
    return text_report(of.run(), {colour, std::move(title), utf8});
}

std::vector<std::string> lines_of(const std::string& page) {
    std::vector<std::string> lines;
    for (size_t begin = 0; begin < page.size();) {
        const size_t end = page.find('\n', begin);
        lines.push_back(page.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

bool has(const std::string& page, std::string_view text) {
    return page.find(text) != std::string::npos;
}

void healthy(Cells& cells) {
    cells.queries += 1000;
    cells.replies += 990;
    cells.matched += 990;
    cells.nxdomain += 20;
    cells.rcode.add(0, 970);
    cells.rcode.add(3, 20);
    for (uint64_t us = 1; us <= 990; ++us) cells.latency.update(us), cells.histogram.update(us);
    test::add_name(cells.top, "www.example.test", 900);
    test::add_name(cells.top, "mail.example.test", 100);
}

// Names chosen to break the page or the terminal.
void hostile(Cells& cells) {
    healthy(cells);
    test::add_name(cells.top, "\x1b]0;owned\x07", 50);
    test::add_name(cells.top, std::string(255, 'w') + ".test", 40);
    test::add_name(cells.top,
                   "\xe2\x80\xae"
                   "gnp.exe",
                   30);
    test::add_name(cells.top,
                   "\xff\xfe\xfd"
                   "\xe4\xb8\xad\xe6\x96\x87",
                   20);
    for (int i = 0; i < 400; ++i)
        test::add_name(cells.bytes, "\r\n" + std::string(60, 'x') + std::to_string(i), 9);
    cells.side[0].total += 1'000'000'000'000;
    test::add_name(cells.side[0].top, "\t\x1b[2J", UINT64_MAX / 4);
}

TEST(Text, HeadTellsSpanAndTotals) {
    RunOf of(300, healthy);
    const std::string page = page_of(of);
    const auto lines = lines_of(page);
    EXPECT_TRUE(lines[0].starts_with("capture.pcap  "));
    EXPECT_TRUE(lines[0].ends_with("2023-11-14 22:13:20 – 22:13:49 UTC, 29.9 s"));
    EXPECT_TRUE(lines[1].starts_with("Packets    300           mean 10.0 pkt/s"));
    EXPECT_TRUE(lines[2].starts_with("Bytes      30.0 kB       mean 8.03 kbit/s"));
}

TEST(Text, HealthComesFromTheRowsThereAre) {
    RunOf of(300, healthy);
    const std::string page = page_of(of);
    EXPECT_TRUE(has(page, "DNS        1,000 queries   990 replies   10 unanswered (1.0%)\n")) << page;
    EXPECT_TRUE(has(page, "Answers    NXDOMAIN 2.0%\n")) << page;
    EXPECT_TRUE(has(page, "Latency    from host p50 496 µs p99")) << page;
    EXPECT_TRUE(has(page, "Ledger     300 received = 300 delivered + 0 malformed + 0 dropped\n")) << page;
}

TEST(Text, TablesHaveBarsAndShares) {
    RunOf of(300, healthy);
    const std::string page = page_of(of);
    EXPECT_TRUE(has(page, " www.example.test  ███████▎    900  90%")) << page;
    EXPECT_TRUE(has(page, "response codes             NOERROR 98%  NXDOMAIN 2.0%\n")) << page;
    EXPECT_FALSE(has(page, "names by bytes")) << "an empty table";
}

TEST(Text, AbnormalSharesAreNotable) {
    RunOf of(300, [](Cells& cells) {
        healthy(cells);
        cells.nxdomain += 400;
        cells.late += 3;
    });
    const std::string page = page_of(of);
    EXPECT_TRUE(has(page, "! 42.4% of DNS replies are NXDOMAIN (420 of 990)\n"));
    EXPECT_TRUE(has(page, "! messages too short: 3\n")) << page;
    EXPECT_FALSE(has(page, "nothing abnormal"));
}

TEST(Text, AShareOfAHandfulIsNoNews) {
    RunOf of(4, [](Cells& cells) {
        cells.queries += 3;
        cells.replies += 3;
        cells.matched += 3;
        cells.nxdomain += 3;
    });
    EXPECT_FALSE(has(page_of(of), "are NXDOMAIN"));
}

TEST(Text, FramesNotDecodedAreNotableByReason) {
    RunOf of(12);
    const std::string page = page_of(of);
    EXPECT_TRUE(has(page, "Notable    ! frames counted, but not decoded to the end: 12 short link\n"))
        << page;
}

TEST(Text, CaptureCutShortIsNotable) {
    RunOf of(12);
    of.source_counts().cut_short = 1;
    of.source_counts().received = 1;
    const std::string page = page_of(of);
    EXPECT_TRUE(has(page, "! records the file ends in the middle of: 1\n"));
    EXPECT_TRUE(has(page, "Ledger     13 received = 12 delivered + 1 malformed + 0 dropped\n")) << page;
}

TEST(Text, DirectionsUnknownGiveAHint) {
    RunOf of(12);
    EXPECT_TRUE(
        has(page_of(of), "Hint       directions unknown: say with -H which addresses are the host's\n"));
}

TEST(Text, NothingReadIsSaid) {
    RunOf of(0);
    EXPECT_EQ(page_of(of), "capture.pcap\nno packets\n"
                           "Ledger     0 received = 0 delivered + 0 malformed + 0 dropped\n");
}

TEST(Text, SilenceAboutWhatWasNotThere) {
    RunOf of(12);
    const std::string page = page_of(of);
    EXPECT_FALSE(has(page, "DNS"));
    EXPECT_FALSE(has(page, "Latency"));
    EXPECT_FALSE(has(page, "response codes"));
}

TEST(Text, HostileNamesCannotBreakThePage) {
    for (const bool utf8 : {true, false}) {
        RunOf of(600, hostile);
        const std::string page = page_of(of, false, utf8, "evil\x1b[31m\n" + std::string(200, 'f') + ".pcap");
        const Look look{false, utf8};
        for (const std::string& line : lines_of(page)) {
            EXPECT_LE(columns(line), page_width) << line;
            EXPECT_EQ(printable(line, look), line) << "something unprintable";
        }
        EXPECT_TRUE(has(page, "\\x1b]0;owned\\x07")) << page;
        EXPECT_TRUE(has(page, "\\u202egnp.exe"));
    }
}

TEST(Text, WithoutUtf8ThePageIsAscii) {
    RunOf of(300, hostile);
    for (const char c : page_of(of, false, false)) ASSERT_LT(static_cast<unsigned char>(c), 0x80u);
}

TEST(Text, ColourOnlyWhenAskedForAndOnlyColour) {
    RunOf plain_run(300, hostile), coloured_run(300, hostile);
    const std::string plain = page_of(plain_run);
    std::string coloured = page_of(coloured_run, true);
    EXPECT_FALSE(has(plain, "\x1b"));
    EXPECT_TRUE(has(coloured, "\x1b[1;31m"));
    for (size_t at; (at = coloured.find("\x1b[")) != std::string::npos;)
        coloured.erase(at, coloured.find('m', at) - at + 1);
    EXPECT_EQ(coloured, plain);
}

TEST(Text, AFullPageIsOneScreen) {
    RunOf of(600, hostile);
    EXPECT_LE(lines_of(page_of(of)).size(), 48u);
}

TEST(Text, InexactListsTellHowFarTheyMayBeOff) {
    RunOf of(300, [](Cells& cells) {
        for (int round = 0; round < 4; ++round)
            for (int i = 0; i < 20'000; ++i) test::add_name(cells.top, "n" + std::to_string(i), 1);
        for (int i = 0; i < 50; ++i) test::add_name(cells.top, "late.test", 100);
    });
    const std::string page = page_of(of);
    EXPECT_TRUE(has(page, "late.test")) << page;
    EXPECT_TRUE(has(page, "others ≤")) << page;
    EXPECT_TRUE(has(page, "±")) << page;
}

} // namespace
} // namespace visor::sinks
