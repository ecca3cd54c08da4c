#include "sinks/text_canvas.hpp"

#include "sinks/text_units.hpp"

#include <gtest/gtest.h>

namespace visor::sinks {
namespace {

constexpr Look utf8{false, true}, ascii{false, false}, colour{true, true};

TEST(TextCanvas, NothingThatMovesACursorIsPrinted) {
    EXPECT_EQ(printable("a\x1b[31mb\x07\r\n\x7f", utf8), "a\\x1b[31mb\\x07\\x0d\\x0a\\x7f");
    EXPECT_EQ(printable("\xc2\x9b", utf8), "\\u009b");          // C1 control: CSI in one character
    EXPECT_EQ(printable("\xe2\x80\xae", utf8), "\\u202e");      // right to left from here
    EXPECT_EQ(printable("e\xcc\x81", utf8), "e\\u0301");        // combining accent
    EXPECT_EQ(printable("\xd7\x90", utf8), "\\u05d0");          // Hebrew
    EXPECT_EQ(printable("\xf0\x9f\x98\x80", utf8), "\\u1f600"); // emoji: terminals differ on its width
    EXPECT_EQ(printable("m\xc3\xbcll", utf8), "m\xc3\xbcll");   // ü
    EXPECT_EQ(printable("m\xc3\xbcll", ascii), "m\\u00fcll");
}

TEST(TextCanvas, BytesThatAreNoUtf8AreShownAsBytes) {
    EXPECT_EQ(printable("\xff", utf8), "\\xff");
    EXPECT_EQ(printable("\xc3", utf8), "\\xc3");                   // cut short
    EXPECT_EQ(printable("\xc0\xaf", utf8), "\\xc0\\xaf");          // overlong
    EXPECT_EQ(printable("\xe0\x80\xaf", utf8), "\\xe0\\x80\\xaf"); // overlong
    EXPECT_EQ(printable("\xed\xa0\x80", utf8), "\\xed\\xa0\\x80"); // surrogate
    EXPECT_EQ(printable("\xf4\x90\x80\x80", utf8), "\\xf4\\x90\\x80\\x80");
}

TEST(TextCanvas, ColumnsAreThoseOfTheTerminal) {
    EXPECT_EQ(columns("abc"), 3u);
    EXPECT_EQ(columns("m\xc3\xbcll"), 4u);
    EXPECT_EQ(columns("\xe4\xb8\xad\xe6\x96\x87"), 4u); // two wide characters
}

TEST(TextCanvas, TheMiddleGivesWay) {
    EXPECT_EQ(shortened("short.test", 10, utf8), "short.test");
    EXPECT_EQ(shortened("a-long-name.example.test", 11, utf8), "a-lon….test");
    EXPECT_EQ(shortened("a-long-name.example.test", 11, ascii), "a-lo...test");
    EXPECT_EQ(shortened("\xe4\xb8\xad\xe6\x96\x87\xe4\xb8\xad\xe6\x96\x87", 6, utf8), "中…文");
    for (size_t width = 0; width < 30; ++width)
        EXPECT_LE(columns(shortened("a-long-name.example.test", width, utf8)), width);
}

TEST(TextCanvas, BarsShowEveryShareAndNeverOverflow) {
    EXPECT_EQ(bar(0, 4, utf8), "");
    EXPECT_EQ(bar(0.00001, 4, utf8), "▏");
    EXPECT_EQ(bar(0.5, 4, utf8), "██");
    EXPECT_EQ(bar(1, 4, utf8), "████");
    EXPECT_EQ(bar(7, 4, utf8), "████");
    EXPECT_EQ(bar(0.5, 4, ascii), "##");
    EXPECT_EQ(bar(0.00001, 4, ascii), "#");
    EXPECT_EQ(bar(0.0 / 0.0, 4, utf8), "");
}

TEST(TextCanvas, SparklineIsRelativeToItsPeak) {
    const double values[] = {0, 1, 4, 8};
    EXPECT_EQ(sparkline(values, utf8), " ▁▄█");
    EXPECT_EQ(sparkline(values, ascii), " .=#");
    const double nothing[] = {0, 0};
    EXPECT_EQ(sparkline(nothing, utf8), "  ");
}

TEST(TextCanvas, ColourAddsNoWidth) {
    Line plain(utf8), coloured(colour);
    plain.add("ab", Ink::alarm).right("c", 4);
    coloured.add("ab", Ink::alarm).right("c", 4);
    EXPECT_EQ(plain.text(), "ab   c");
    EXPECT_EQ(coloured.text(), "\x1b[1;31mab\x1b[0m   c");
    EXPECT_EQ(coloured.width(), plain.width());
}

TEST(TextCanvas, WrappedItemsStayOnThePage) {
    Lines items;
    for (int i = 0; i < 20; ++i) items.push_back(Line(utf8).add("an item"));
    const Lines lines = wrapped("Label", 8, items, 3, utf8);
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_TRUE(lines[0].text().starts_with("Label   an item   an item"));
    EXPECT_TRUE(lines[1].text().starts_with("        an item"));
    for (const Line& line : lines) EXPECT_LE(line.width(), page_width);
}

TEST(TextUnits, NumbersForPeople) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1000), "1,000");
    EXPECT_EQ(grouped(UINT64_MAX), "18,446,744,073,709,551,615");
    EXPECT_EQ(compact(99'999), "99,999");
    EXPECT_EQ(compact(100'000), "100k");
    EXPECT_EQ(compact(12'345'678), "12.3M");
    EXPECT_EQ(prefixed(999, "B"), "999 B");
    EXPECT_EQ(prefixed(1000, "B"), "1.00 kB");
    EXPECT_EQ(prefixed(999'600, "B"), "1.00 MB");
    EXPECT_EQ(prefixed(1.5, "pkt/s"), "1.50 pkt/s");
    for (double n = 1; n < 1e19; n *= 1.7) EXPECT_LE(columns(compact(n)), 6u) << n;
}

TEST(TextUnits, SharesNeverLookWholeWhenTheyAreNot) {
    EXPECT_EQ(percent(0), "0%");
    EXPECT_EQ(percent(1e-9), "<0.1%");
    EXPECT_EQ(percent(0.1234), "12.3%");
    EXPECT_EQ(percent(0.99999), ">99.9%");
    EXPECT_EQ(percent(1), "100%");
    EXPECT_EQ(short_percent(0.0004), "<.1%");
    EXPECT_EQ(short_percent(0.0123), "1.2%");
    EXPECT_EQ(short_percent(0.996), "99%");
    for (double share = 0; share <= 1; share += 0.0007) EXPECT_LE(short_percent(share).size(), 4u) << share;
}

TEST(TextUnits, TimesAndSpans) {
    EXPECT_EQ(micros(118, utf8), "118 µs");
    EXPECT_EQ(micros(118, ascii), "118 us");
    EXPECT_EQ(micros(2571, utf8), "2.57 ms");
    EXPECT_EQ(micros(1'204'000, utf8), "1.20 s");
    EXPECT_EQ(duration(4'210'000'000), "4.21 s");
    EXPECT_EQ(duration(134'000'000'000), "2 min 14 s");
    EXPECT_EQ(duration(3'723'000'000'000), "1 h 02 min");
    EXPECT_EQ(duration(90'000'000'000'000), "1 d 01 h");
    EXPECT_EQ(date_time(1'700'000'000'999'999'999), "2023-11-14 22:13:20");
    EXPECT_EQ(date_time(-1), "1969-12-31 23:59:59");
    EXPECT_EQ(time_of_day(1'700'000'000), "22:13:20");
}

} // namespace
} // namespace visor::sinks
