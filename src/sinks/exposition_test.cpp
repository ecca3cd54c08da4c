#include "sinks/exposition.hpp"

#include "sinks/utf8.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace visor::sinks {
namespace {

std::string number(double value) {
    std::string out;
    append_number(out, value);
    return out;
}

TEST(Exposition, NumbersAreWholeWhereTheyAreAndReadBackTheSame) {
    EXPECT_EQ(number(0), "0");
    EXPECT_EQ(number(1e15), "1000000000000000");
    EXPECT_EQ(number(9007199254740991), "9007199254740991");
    EXPECT_EQ(std::stod(number(1.8446744073709552e19)), 1.8446744073709552e19);
    EXPECT_EQ(number(0.95), "0.95");
    EXPECT_EQ(number(-2.5), "-2.5");
    EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "+Inf");
    EXPECT_EQ(number(-std::numeric_limits<double>::infinity()), "-Inf");
    EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

TEST(Exposition, AFamilyHasOneType) {
    Exposition out;
    Family* gauge = out.family("a", MetricType::gauge, "first");
    ASSERT_NE(gauge, nullptr);
    EXPECT_EQ(out.family("a", MetricType::gauge, "second"), gauge);
    EXPECT_EQ(gauge->help, "first");
    EXPECT_EQ(out.family("a", MetricType::counter, "third"), nullptr);
}

TEST(Exposition, TheSeriesOwnLabelReplacesASharedOne) {
    Labels shared = {{"z", "1"}, {"name", "policy's"}, {"instance", "i"}};
    sort_labels(shared);
    Exposition out;
    Family* family = out.family("s", MetricType::summary, "h");
    Series series;
    series.shared = &shared;
    series.own = {{"name", "item's"}, {"quantile", "never"}};
    series.steps = {{0.5, 2}};
    family->series.push_back(series);
    const std::string text = exposition_text(out, TextForm::prometheus);
    EXPECT_NE(text.find("s{instance=\"i\",name=\"item's\",quantile=\"0.5\",z=\"1\"} 2\n"), std::string::npos)
        << text;
}

TEST(Exposition, HelpIsOneLine) {
    Exposition out;
    out.family("a", MetricType::gauge, "two\nlines \\ \"quoted\"")->series.emplace_back();
    EXPECT_EQ(exposition_text(out, TextForm::prometheus),
              "# HELP a two\\nlines \\\\ \"quoted\"\n# TYPE a gauge\na{} 0\n");
}

TEST(Exposition, FamiliesWithoutSeriesAreNotTold) {
    Exposition out;
    out.family("a", MetricType::gauge, "h");
    EXPECT_EQ(exposition_text(out, TextForm::prometheus), "");
    EXPECT_EQ(exposition_text(out, TextForm::open_metrics), "# EOF\n");
}

TEST(Exposition, CountersEndInTotal) {
    Exposition out;
    Series series;
    series.value = 3;
    series.created = 1700000000;
    out.family("bytes_a", MetricType::counter, "h", "bytes")->series.push_back(series);
    EXPECT_EQ(exposition_text(out, TextForm::prometheus),
              "# HELP bytes_a_total h\n# TYPE bytes_a_total counter\nbytes_a_total{} 3\n");
    EXPECT_EQ(exposition_text(out, TextForm::open_metrics),
              "# HELP bytes_a h\n# TYPE bytes_a counter\n# UNIT bytes_a bytes\nbytes_a_total{} 3\n"
              "bytes_a_created{} 1700000000\n# EOF\n");
}

TEST(Exposition, NamesAreMadeOfLettersDigitsAndUnderscores) {
    EXPECT_EQ(metric_name("a.b-c\xff/9"), "a_b_c__9");
    EXPECT_EQ(metric_name("9lives"), "_9lives");
    EXPECT_EQ(metric_name(""), "");
}

TEST(Utf8, WhatIsNoCharacterIsReplacedByteByByte) {
    EXPECT_EQ(clean_utf8("plain"), "plain");
    EXPECT_EQ(clean_utf8("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    const std::string bad = "\xef\xbf\xbd";
    EXPECT_EQ(clean_utf8("\xff"), bad);
    EXPECT_EQ(clean_utf8("\xc0\xaf"), bad + bad);           // overlong
    EXPECT_EQ(clean_utf8("\xed\xa0\x80"), bad + bad + bad); // a surrogate
    EXPECT_EQ(clean_utf8("a\xe2\x82"), "a" + bad + bad);    // cut short
    EXPECT_EQ(clean_utf8(std::string_view("\0x", 2)), bad + "x");
}

} // namespace
} // namespace visor::sinks
