#include "control/http/target.hpp"

#include <gtest/gtest.h>

namespace visor::http {

namespace {

std::string parts(std::string_view text) {
    const auto target = split_target(text);
    if (!target) return "none";
    return std::string(target->authority) + "|" + std::string(target->path) + "|" +
           std::string(target->query);
}

} // namespace

TEST(Target, SplitsPathAndQuery) {
    EXPECT_EQ(parts("/"), "|/|");
    EXPECT_EQ(parts("/a/b?c=d?e"), "|/a/b|c=d?e");
    EXPECT_EQ(parts("/a?"), "|/a|");
    EXPECT_EQ(parts("/a#b?c"), "|/a|");
    EXPECT_EQ(parts("*"), "|*|");
    EXPECT_EQ(parts("//a"), "|//a|");
}

TEST(Target, TakesTheAbsoluteForm) {
    EXPECT_EQ(parts("http://box:1/a?b"), "box:1|/a|b");
    EXPECT_EQ(parts("HTTPS://box"), "box|/|");
    EXPECT_EQ(parts("http://box?q"), "box|/|q");
    EXPECT_EQ(parts("http://box?q#f"), "box|/|q");
    EXPECT_EQ(parts("http://box#f"), "box|/|");
    EXPECT_EQ(parts("http:///a"), "none");
    EXPECT_EQ(parts("ftp://box/a"), "none");
}

TEST(Target, RefusesWhatIsNoTarget) {
    for (const char* bad : {"", "a", "?", "box:443", "*x", "#"}) EXPECT_EQ(parts(bad), "none") << bad;
}

TEST(Target, DecodesPercentEncoding) {
    EXPECT_EQ(percent_decode("a%20b%2Fc%ff+"), "a b/c\xff+");
    EXPECT_EQ(percent_decode("%00"), std::string(1, '\0'));
    EXPECT_EQ(percent_decode(""), "");
    for (const char* bad : {"%", "%2", "a%2", "%gg", "%2g", "%-1", "% 1"})
        EXPECT_EQ(percent_decode(bad), std::nullopt) << bad;
}

TEST(Target, ReadsPairsOfAQuery) {
    EXPECT_EQ(parse_query("a=1&b=%41+c&&d&=e&f=g=h"),
              (Fields{{"a", "1"}, {"b", "A c"}, {"d", ""}, {"", "e"}, {"f", "g=h"}}));
    EXPECT_EQ(parse_query("a=50%&b=%zz"), (Fields{{"a", "50%"}, {"b", "%zz"}}));
    EXPECT_TRUE(parse_query("").empty());
    std::string many;
    for (size_t i = 0; i < max_query_pairs + 10; ++i) many += "x=y&";
    EXPECT_EQ(parse_query(many).size(), max_query_pairs);
}

TEST(Target, ARequestKnowsItsParametersAndHeaders) {
    Request request;
    request.query = {{"a", ""}, {"b", "1"}, {"b", "2"}};
    request.headers = {{"Content-Type", "x"}};
    EXPECT_TRUE(request.has_parameter("a"));
    EXPECT_FALSE(request.has_parameter("A"));
    EXPECT_EQ(request.parameter("b"), "1");
    EXPECT_EQ(request.parameter("c"), "");
    EXPECT_EQ(request.header("content-TYPE"), "x");
    EXPECT_EQ(request.header("Content"), "");
}

} // namespace visor::http
