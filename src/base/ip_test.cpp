#include "base/ip.hpp"

#include <cstring>
#include <gtest/gtest.h>

namespace visor {
namespace {

IpAddress address(std::string_view text) {
    const auto parsed = IpAddress::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed ? *parsed : IpAddress{};
}
bool holds(std::string_view prefixes, std::string_view ip) {
    const auto set = PrefixSet::parse(prefixes);
    EXPECT_TRUE(set) << prefixes;
    return set && set->contains(address(ip));
}

TEST(IpAddress, TextOfRfc5952) {
    for (const char* text : {"192.0.2.1", "0.0.0.0", "255.255.255.255", "::", "::1", "2001:db8::1",
                             "2001:db8:0:1:1:1:1:1", "2001:db8::1:0:0:1", "fe80::1"})
        EXPECT_EQ(address(text).text(), text);
    EXPECT_EQ(address("2001:0DB8:0:0:0:0:0:1").text(), "2001:db8::1");
}

TEST(IpAddress, Version4IsHeldMapped) {
    const uint8_t raw[] = {192, 0, 2, 1};
    const IpAddress a = IpAddress::v4(raw);
    EXPECT_TRUE(a.is_v4());
    EXPECT_EQ(a, address("192.0.2.1"));
    EXPECT_EQ(a, address("::ffff:192.0.2.1"));
    EXPECT_EQ(a.v4_bytes()[3], 1);
    EXPECT_FALSE(address("::192.0.2.1").is_v4());
    EXPECT_EQ(IpAddress::v6(address("2001:db8::7").bytes.data()).text(), "2001:db8::7");
}

TEST(IpAddress, RefusesOtherText) {
    for (const char* text : {"", "1.2.3", "1.2.3.256", "1.2.3.4 ", "1.2.3.4/8", "::1::", "g::", "localhost"})
        EXPECT_FALSE(IpAddress::parse(text)) << text;
}

// What is said of a text that is no prefix.
std::string wrong_prefix(const std::string& text) {
    return "invalid CIDR: " + text +
           "; it is to be an address and the length of its prefix, as 192.0.2.0/24 or 2001:db8::/32";
}

TEST(IpPrefix, Parse) {
    const auto four = IpPrefix::parse("192.0.2.0/24");
    ASSERT_TRUE(four);
    EXPECT_TRUE(four->v4);
    EXPECT_EQ(four->bits, 120);
    const auto six = IpPrefix::parse("2001:db8::/32");
    ASSERT_TRUE(six);
    EXPECT_FALSE(six->v4);
    EXPECT_EQ(six->bits, 32);
    for (const char* text : {"192.0.2.0", "192.0.2.0/", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/8x",
                             "2001:db8::/129", "/8", "", "192.0.2.0/24/24", "a/8"}) {
        const auto bad = IpPrefix::parse(text);
        EXPECT_FALSE(bad) << text;
        EXPECT_EQ(bad.error(), wrong_prefix(text));
    }
}

TEST(PrefixSet, Version4) {
    EXPECT_TRUE(holds("192.0.2.0/24", "192.0.2.0"));
    EXPECT_TRUE(holds("192.0.2.0/24", "192.0.2.255"));
    EXPECT_FALSE(holds("192.0.2.0/24", "192.0.3.0"));
    EXPECT_TRUE(holds("192.0.2.77/24", "192.0.2.1")) << "host bits do not matter";
    EXPECT_TRUE(holds("192.0.2.1/32", "192.0.2.1"));
    EXPECT_FALSE(holds("192.0.2.1/32", "192.0.2.2"));
    EXPECT_TRUE(holds("0.0.0.0/0", "255.1.2.3"));
    EXPECT_FALSE(holds("0.0.0.0/0", "2001:db8::1"));
    EXPECT_TRUE(holds("128.0.0.0/1", "128.0.0.0"));
    EXPECT_FALSE(holds("128.0.0.0/1", "127.255.255.255"));
}

TEST(PrefixSet, Version6) {
    EXPECT_TRUE(holds("2001:db8::/32", "2001:db8:ffff::1"));
    EXPECT_FALSE(holds("2001:db8::/32", "2001:db9::"));
    EXPECT_TRUE(holds("2001:db8::/63", "2001:db8:0:1::"));
    EXPECT_TRUE(holds("2001:db8::/64", "2001:db8::ffff:ffff:ffff:ffff"));
    EXPECT_FALSE(holds("2001:db8::/64", "2001:db8:0:1::"));
    EXPECT_TRUE(holds("2001:db8::/65", "2001:db8::7fff:0:0:0"));
    EXPECT_FALSE(holds("2001:db8::/65", "2001:db8::8000:0:0:0"));
    EXPECT_TRUE(holds("2001:db8::1/128", "2001:db8::1"));
    EXPECT_FALSE(holds("2001:db8::1/128", "2001:db8::2"));
    EXPECT_TRUE(holds("::/0", "2001:db8::1"));
    EXPECT_FALSE(holds("::/0", "192.0.2.1"));
}

TEST(PrefixSet, TwoAtOnce) {
    const auto set = PrefixSet::parse("10.0.0.0/8,192.0.2.0/24,2001:db8::/32,fd00::/8");
    const std::vector<const char*> v4 = {"10.1.2.3", "192.0.2.1", "198.51.100.1"};
    const std::vector<const char*> v6 = {"2001:db8::1", "fd12::1", "2001:db9::1", "::a00:1"};
    const auto check = [&](const std::vector<const char*>& texts, bool v6_ones) {
        for (const char* first : texts)
            for (const char* second : texts) {
                const auto a = *IpAddress::parse(first), b = *IpAddress::parse(second);
                const size_t skip = v6_ones ? 0 : 12, size = 16 - skip;
                uint8_t both[32];
                std::memcpy(both, a.bytes.data() + skip, size);
                std::memcpy(both + size, b.bytes.data() + skip, size);
                const auto found = v6_ones ? set->contain_v6(both) : set->contain_v4(both);
                EXPECT_EQ(found.first, set->contains(a)) << first << " " << second;
                EXPECT_EQ(found.second, set->contains(b)) << first << " " << second;
            }
    };
    check(v4, false);
    check(v6, true);
}

TEST(PrefixSet, List) {
    EXPECT_TRUE(holds("10.0.0.0/8, 2001:db8::/32 ,192.0.2.0/24", "192.0.2.9"));
    EXPECT_TRUE(holds("10.0.0.0/8, 2001:db8::/32 ,192.0.2.0/24", "2001:db8::"));
    EXPECT_FALSE(holds("10.0.0.0/8, 2001:db8::/32 ,192.0.2.0/24", "11.0.0.0"));
    EXPECT_TRUE(PrefixSet::parse("")->empty());
    EXPECT_EQ(PrefixSet::parse("10.0.0.0/8,,1.0.0.0/8").error(), wrong_prefix(""));
    EXPECT_EQ(PrefixSet::parse("10.0.0.0/8,x").error(), wrong_prefix("x"));
}

} // namespace
} // namespace visor
