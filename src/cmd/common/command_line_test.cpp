#include "cmd/common/command_line.hpp"

#include <gtest/gtest.h>

namespace visor::cmd {
namespace {

using Arguments = std::vector<std::string>;

const Arguments names{"geo-city", "geo-asn", "geo-cache-size", "tls", "tls-cert", "periods", "version"};

TEST(SpelledOut, CompletesWhatIsUnambiguous) {
    EXPECT_EQ(*spelled_out({"--per", "3", "--ver", "--geo-ci=x=y"}, names),
              (Arguments{"--periods", "3", "--version", "--geo-city=x=y"}));
}

TEST(SpelledOut, AWholeNameIsItself) {
    EXPECT_EQ(*spelled_out({"--tls", "--tls-", "--tls=1"}, names),
              (Arguments{"--tls", "--tls-cert", "--tls=1"}));
}

TEST(SpelledOut, TellsWhatItMayHaveMeant) {
    const auto several = spelled_out({"--periods", "3", "--geo=x"}, names);
    ASSERT_FALSE(several);
    EXPECT_EQ(several.error(), "--geo may be --geo-asn, --geo-cache-size or --geo-city");
    EXPECT_EQ(spelled_out({"--geo-c"}, names).error(), "--geo-c may be --geo-cache-size or --geo-city");
}

TEST(SpelledOut, NewerOnesTakeNoneOfTheEarlierAway) {
    const Arguments newer{"geo-asn", "geo-cache-size", "tls-cert"};
    EXPECT_EQ(*spelled_out({"--geo", "--tls-c"}, names, newer), (Arguments{"--geo-city", "--tls-cert"}));
    EXPECT_FALSE(spelled_out({"--geo"}, names, {"geo-asn"}));                      // two of the earlier
    EXPECT_FALSE(spelled_out({"--geo-"}, {"geo-a", "geo-b"}, {"geo-a", "geo-b"})); // two of the newer
}

TEST(SpelledOut, LeavesEverythingElse) {
    const Arguments others{"-v", "--nonsense", "per", "-", "---", "-b--per"};
    EXPECT_EQ(*spelled_out(others, names), others);
}

TEST(SpelledOut, LeavesWhatFollowsTwoDashes) {
    EXPECT_EQ(*spelled_out({"--per=1", "--", "--per", "--geo"}, names),
              (Arguments{"--periods=1", "--", "--per", "--geo"}));
}

} // namespace
} // namespace visor::cmd
