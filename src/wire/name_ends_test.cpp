#include "wire/name_ends.hpp"

#include <gtest/gtest.h>

#include <string>

namespace visor::wire {
namespace {

void expect(std::string_view name, std::string_view suffix, std::string_view two, std::string_view three) {
    const Aggregated parts = aggregate(name, suffix.size());
    EXPECT_EQ(parts.two, two) << name << " with " << suffix;
    EXPECT_EQ(parts.three, three) << name << " with " << suffix;
}

TEST(NameEnds, LastTwoAndThreeLabels) {
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

TEST(NameEnds, SuffixIsOneLabel) {
    expect("biz.foo.bar.com", "bar.com", ".foo.bar.com", "biz.foo.bar.com");
    expect("biz.foo.bar.com", "foo.bar.com", "biz.foo.bar.com", "");
    expect("foo.bar.com.", "a.longer.foo.bar.com", ".bar.com.", "foo.bar.com.");
    expect("www.google.co.uk", "co.uk", ".google.co.uk", "www.google.co.uk");
    expect("www.google.co.uk", "google.co.uk", "www.google.co.uk", "");
    expect("x.www.google.co.uk", "co.uk", ".google.co.uk", ".www.google.co.uk");
    expect("co.uk.", "co.uk", "co.uk.", "");
}

TEST(NameEnds, SuffixThatEndsInsideALabelIsNone) {
    expect("www.xco.uk", "co.uk", ".xco.uk", "www.xco.uk");
}

TEST(NameEnds, OnlyDots) {
    for (size_t n = 0; n < 10; ++n) {
        const std::string dots(n, '.');
        const Aggregated parts = aggregate(dots, 2);
        EXPECT_EQ(parts.two.empty(), n == 0);
    }
}

} // namespace
} // namespace visor::wire
