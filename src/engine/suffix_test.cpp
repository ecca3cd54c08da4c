#include "engine/suffix.hpp"

#include "engine/suffix_rules.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <libpsl.h>

namespace visor::engine {
namespace {

// Both ways to the list must answer alike.
class Suffixes : public testing::TestWithParam<bool> {
protected:
    Result<std::unique_ptr<SuffixList>> load() const {
        return GetParam() ? load_suffixes() : builtin_suffixes();
    }
};
INSTANTIATE_TEST_SUITE_P(Sources, Suffixes, testing::Bool(),
                         [](const auto& p) { return p.param ? "Text" : "Library"; });

TEST_P(Suffixes, RulesOfTheList) {
    const auto list = load();
    ASSERT_TRUE(list) << list.error();
    const auto suffix = [&](std::string_view name) { return (*list)->public_suffix(name); };
    EXPECT_EQ(suffix("www.google.co.uk"), "co.uk");
    EXPECT_EQ(suffix("google.co.uk"), "co.uk");
    EXPECT_EQ(suffix("co.uk"), "co.uk");
    EXPECT_EQ(suffix("uk"), "uk");
    EXPECT_EQ(suffix("example.com"), "com");
    EXPECT_EQ(suffix("www.sub.example.com"), "com");
    EXPECT_EQ(suffix("foo.bar.ck"), "bar.ck"); // *.ck
    EXPECT_EQ(suffix("www.ck"), "ck");         // !www.ck
    EXPECT_EQ(suffix("a.www.ck"), "ck");
    EXPECT_EQ(suffix("a.city.kawasaki.jp"), "kawasaki.jp"); // !city.kawasaki.jp under *.kawasaki.jp
    EXPECT_EQ(suffix("a.b.kawasaki.jp"), "b.kawasaki.jp");
    EXPECT_EQ(suffix("me.github.io"), "github.io"); // private section
    EXPECT_EQ(suffix("shop.example.xyz"), "xyz");   // new generic TLD
    EXPECT_EQ(suffix("x.xn--p1ai"), "xn--p1ai");
}

TEST_P(Suffixes, LabelBoundaries) {
    const auto list = load();
    ASSERT_TRUE(list) << list.error();
    const auto suffix = [&](std::string_view name) { return (*list)->public_suffix(name); };
    EXPECT_EQ(suffix("fooco.uk"), "uk"); // "co.uk" is a suffix of labels, not of letters
    EXPECT_EQ(suffix("host.internal-zone"), "internal-zone");
    EXPECT_EQ(suffix("localhost"), "localhost");
}

TEST_P(Suffixes, NamesThatAreNoHostNames) {
    const auto list = load();
    ASSERT_TRUE(list) << list.error();
    EXPECT_EQ((*list)->suffix_size(""), 0U);
    for (const std::string_view name : {".", "..", ".com", "com.", "a..b"})
        EXPECT_LE((*list)->suffix_size(name), name.size()) << name;
    EXPECT_GE((*list)->suffix_size(std::string_view("a\0b.co.uk", 9)), 2U);
    EXPECT_EQ((*list)->suffix_size(std::string(300, 'a') + ".com"), 3U);
    EXPECT_LE((*list)->suffix_size("\xff\xfe.co.uk"), 8U);
}

TEST(SuffixFiles, FaultNamesTheFile) {
    const auto list = load_suffixes("/nonexistent/list.dat");
    ASSERT_FALSE(list);
    EXPECT_EQ(list.error(), "cannot read public suffix list: /nonexistent/list.dat");
}

TEST(SuffixFiles, CompiledFormIsReadToo) {
    const char* path = "/usr/share/publicsuffix/public_suffix_list.dafsa";
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "no " << path;
    const auto list = load_suffixes(path);
    ASSERT_TRUE(list) << list.error();
    EXPECT_EQ((*list)->public_suffix("www.google.co.uk"), "co.uk");
}

TEST(SuffixRules, SmallList) {
    const SuffixRules list("// comment\ncom\n\n*.ck\n!www.ck\na.b.c.example  trailing words\r\nrf\n");
    EXPECT_EQ(list.rules(), 5U);
    EXPECT_EQ(list.public_suffix("x.y.ck"), "y.ck");
    EXPECT_EQ(list.public_suffix("x.www.ck"), "ck");
    EXPECT_EQ(list.public_suffix("z.a.b.c.example"), "a.b.c.example");
    EXPECT_EQ(list.public_suffix("z.b.c.example"), "example"); // leads to a rule, is none
    EXPECT_EQ(list.public_suffix("host.unlisted"), "unlisted");
    EXPECT_EQ(SuffixRules("").suffix_size("a.b"), 0U);
}

TEST(SuffixRules, NamesBeyondAscii) { // RFC 3492 section 7.1 and registered names
    EXPECT_EQ(ascii_name("\u0440\u0444"), "xn--p1ai");
    EXPECT_EQ(ascii_name("\u516c\u53f8.cn"), "xn--55qx5d.cn");
    EXPECT_EQ(ascii_name("b\u00fccher.example"), "xn--bcher-kva.example");
    EXPECT_EQ(ascii_name("plain.example"), "plain.example");
    EXPECT_EQ(ascii_name("\xff.example"), "");
}

// Every rule of the distribution's list, bare, below and above it, against libpsl on the same list.
TEST(SuffixRules, AgreesWithTheLibrary) {
    const std::string path = "/usr/share/publicsuffix/public_suffix_list.dat";
    std::ifstream file(path);
    if (!file) GTEST_SKIP() << "no " << path;
    const auto ours = load_suffixes(path);
    psl_ctx_t* theirs = psl_load_file(path.c_str());
    ASSERT_TRUE(ours && theirs);
    int compared = 0;
    for (std::string line; std::getline(file, line);) {
        line.resize(std::min(line.find_first_of(" \t\r"), line.size()));
        if (line.empty() || line.starts_with("//")) continue;
        const bool wild = line.starts_with("*.");
        const std::string rule = ascii_name(line.substr(wild ? 2 : line.starts_with('!')));
        for (const std::string& name :
             {"x." + rule, "y.x." + rule, "z.y.x." + rule, wild ? "a." + rule : rule}) {
            const char* suffix = psl_unregistrable_domain(theirs, name.c_str());
            ASSERT_NE(suffix, nullptr) << name;
            EXPECT_EQ((*ours)->public_suffix(name), suffix) << name;
            compared++;
        }
    }
    psl_free(theirs);
    EXPECT_GT(compared, 30000);
}

} // namespace
} // namespace visor::engine
