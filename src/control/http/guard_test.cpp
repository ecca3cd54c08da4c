#include "control/http/guard.hpp"

#include <gtest/gtest.h>

namespace visor::http {

TEST(HostGuard, AnAddressEndsWhereItsTextEnds) {
    using namespace std::string_view_literals;
    EXPECT_EQ(host_of("[2001:db7::]:10853"), "2001:db7::");
    EXPECT_EQ(host_of("[2001:db7::\0 H]:10853"sv), "");
    EXPECT_EQ(host_of("[::1\0.evil.example]"sv), "");
}

TEST(Guard, FindsTheHostInAnAuthority) {
    EXPECT_EQ(host_of("LocalHost:10853"), "localhost");
    EXPECT_EQ(host_of("box.example."), "box.example");
    EXPECT_EQ(host_of("[::1]:80"), "::1");
    EXPECT_EQ(host_of("[2001:DB8::1]"), "2001:db8::1");
    EXPECT_EQ(host_of("a:"), "a");
    for (const char* bad : {"", ":", ":80", "a:b", "a:80:80", "a:123456", "[::1", "[::1]x", "[a]",
                            "[1.2.3.4]", "::1", "a b", "a/b", "user@a", "a,b", ".", "[::1]80"})
        EXPECT_EQ(host_of(bad), "") << bad;
}

TEST(Guard, OnlyHostsOfThisServerAreAllowed) {
    const HostGuard guard("10.0.0.5", {"Agent.example:10853", "2001:db8::7"});
    for (const char* good : {"localhost", "127.0.0.1:10853", "[::1]:10853", "10.0.0.5", "10.0.0.5:1",
                             "agent.example", "AGENT.example.:443", "[2001:db8::7]:2"})
        EXPECT_TRUE(guard.allows(good)) << good;
    for (const char* bad : {"", "evil.example", "localhost.evil.example", "10.0.0.6", "agent.example.evil",
                            "example", "[::2]", "localhost:x"})
        EXPECT_FALSE(guard.allows(bad)) << bad;
}

TEST(Guard, AServerOnAllAddressesIsReachedByAnyAddressButNoName) {
    for (const char* bound : {"0.0.0.0", "::", "[::]"}) {
        const HostGuard guard(bound, {});
        EXPECT_TRUE(guard.allows("192.0.2.7:10853"));
        EXPECT_TRUE(guard.allows("[2001:db8::1]:10853"));
        EXPECT_FALSE(guard.allows("evil.example:10853"));
        EXPECT_FALSE(guard.allows("192.0.2.7.evil.example"));
    }
    EXPECT_FALSE(HostGuard("localhost", {}).allows("192.0.2.7"));
}

TEST(Guard, PagesOfOtherOriginsAreRefused) {
    EXPECT_TRUE(origin_allowed("", "box:10853"));
    EXPECT_TRUE(origin_allowed("http://box:10853", "box:10853"));
    EXPECT_TRUE(origin_allowed("HTTP://Box:10853", "box:10853"));
    EXPECT_TRUE(origin_allowed("http://[::1]:1", "[::1]:1"));
    EXPECT_TRUE(origin_allowed("https://box", "box"));
    EXPECT_TRUE(origin_allowed("https://box", "box:443"));
    EXPECT_TRUE(origin_allowed("http://box:80", "box"));
    for (const char* bad :
         {"null", "http://box", "http://box:10854", "https://other:10853", "http://", "box:10853",
          "file://box:10853", "http://box:10853/", "http://box:10853, http://x", "http://a@box:10853"})
        EXPECT_FALSE(origin_allowed(bad, "box:10853")) << bad;
    EXPECT_FALSE(origin_allowed("http://", ""));
    EXPECT_FALSE(origin_allowed("https://box", "box:80"));
}

TEST(Guard, OnlyTheTokenIsTheToken) {
    EXPECT_TRUE(bearer_allowed("Bearer s3cret", "s3cret"));
    EXPECT_TRUE(bearer_allowed("bearer  s3cret ", "s3cret"));
    for (const char* bad : {"", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3cretx", "Bearer S3CRET",
                            "Basic s3cret", "s3cret", "Bearer s3cret, Bearer s3cret"})
        EXPECT_FALSE(bearer_allowed(bad, "s3cret")) << bad;
    EXPECT_FALSE(bearer_allowed("Bearer ", ""));
}

TEST(Guard, AMediaTypeIsReadWithoutItsParameters) {
    EXPECT_EQ(media_type("application/x-yaml; charset=utf-8"), "application/x-yaml");
    EXPECT_EQ(media_type(" Application/JSON ;q"), "application/json");
    EXPECT_EQ(media_type("text/json"), "text/json");
    for (const char* bad : {"", "json", "/", "a/", "/b", "a/b/c", "a b/c", "a/b, c/d", ";a/b"})
        EXPECT_EQ(media_type(bad), std::nullopt) << bad;
}

} // namespace visor::http
