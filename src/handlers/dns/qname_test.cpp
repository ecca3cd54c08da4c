#include "handlers/dns/test_events.hpp"
#include "wire/dns_question.hpp"
#include "wire/name_ends.hpp"

#include <gtest/gtest.h>

#include <string>

namespace visor::dns {
namespace {
using wire::aggregate;
using wire::Aggregated;

void expect(std::string_view name, std::string_view suffix, std::string_view two, std::string_view three) {
    const Aggregated parts = aggregate(name, suffix.size());
    EXPECT_EQ(parts.two, two) << name << " with " << suffix;
    EXPECT_EQ(parts.three, three) << name << " with " << suffix;
}

TEST(Qname, LastTwoAndThreeLabels) {
    expect("biz.foo.bar.com", "", ".bar.com", ".foo.bar.com");
    expect("a.com", "", "a.com", "");
    expect("abcdefg.com.", "", "abcdefg.com.", "");
    expect("foo.bar.com", "", ".bar.com", "foo.bar.com");
    expect(".", "", ".", "");
    expect("..", "", "..", "");
    expect("a", "", "a", "");
    expect("a.", "", "a.", "");
    expect("foo.bar.com.", "", ".bar.com.", "foo.bar.com.");
    expect(".foo.bar.com", "", ".bar.com", ".foo.bar.com");
    expect("a.b.c", "", ".b.c", "a.b.c");
    expect(".b.c", "", ".b.c", "");
    expect("", "", "", "");
    expect("localhost", "", "localhost", "");
    expect(".abc.com", "", ".abc.com", "");
    expect("a.b.c.d.e.f", "", ".e.f", ".d.e.f");
}

TEST(Qname, SuffixIsOneLabel) {
    expect("biz.foo.bar.com", "bar.com", ".foo.bar.com", "biz.foo.bar.com");
    expect("biz.foo.bar.com", "foo.bar.com", "biz.foo.bar.com", "");
    expect("foo.bar.com.", "a.longer.foo.bar.com", ".bar.com.", "foo.bar.com.");
    expect("www.google.co.uk", "co.uk", ".google.co.uk", "www.google.co.uk");
    expect("www.google.co.uk", "google.co.uk", "www.google.co.uk", "");
    expect("x.www.google.co.uk", "co.uk", ".google.co.uk", ".www.google.co.uk");
    expect("co.uk.", "co.uk", "co.uk.", "");
}

TEST(Qname, SuffixThatEndsInsideALabelIsNone) {
    expect("www.xco.uk", "co.uk", ".xco.uk", "www.xco.uk");
}

TEST(Qname, KnownLabelsGiveTheSame) {
    for (const std::string name :
         {"a", "a.com", "foo.bar.com", "biz.foo.bar.com", "a.b.c.d.e", "localhost", "a.b", "a.b.c",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b.c", "a.b.xxxxxxxxxxxxxxxxxxxx",
          "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bb.cc",
          "aaa bbb.xxxxxxxxxxxxxxxxxxxx"}) {
        const test::Raw message = test::Message{.name = name}.bytes();
        char room[wire::dns_name_text_max + 2 * wire::dns_text_slack];
        wire::DnsMessage parsed;
        wire::DnsNameText labels;
        wire::parse_dns({message.data(), message.size()}, parsed, room + wire::dns_text_slack, labels);
        const Aggregated searched = aggregate(name);
        EXPECT_EQ(labels.two, searched.two.size()) << name;
        EXPECT_EQ(labels.three, searched.three.size()) << name;
    }
}

TEST(Qname, OnlyDots) {
    for (size_t n = 0; n < 10; ++n) {
        const std::string dots(n, '.');
        const Aggregated parts = aggregate(dots, 2);
        EXPECT_EQ(parts.two.empty(), n == 0);
    }
}

} // namespace
} // namespace visor::dns
