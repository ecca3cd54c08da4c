#include "metric/places.hpp"

#include "sketch/text_pool.hpp"

#include <array>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace visor {
namespace {

const double nan_degrees = std::nan("");

using Wide = std::pair<uint64_t, uint64_t>;

std::array<uint8_t, 16> bytes_of(Wide address) {
    std::array<uint8_t, 16> out;
    for (unsigned i = 0; i < 8; i++) {
        out[i] = static_cast<uint8_t>(address.first >> (56 - 8 * i));
        out[8 + i] = static_cast<uint8_t>(address.second >> (56 - 8 * i));
    }
    return out;
}

template <class Key>
uint32_t expected(const std::map<Key, uint32_t>& starts, Key key) {
    auto at = starts.upper_bound(key);
    return at == starts.begin() ? 0 : std::prev(at)->second;
}

TEST(GeoTable, EmptyTableKnowsNothing) {
    const GeoTable table;
    EXPECT_EQ(table.find_v4(0x08080808), 0U);
    EXPECT_EQ(table.find(*IpAddress::parse("2001:db8::1")), 0U);
    std::string lat, lon;
    EXPECT_EQ(table.text(0), "Unknown");
    EXPECT_EQ(table.text(7), "Unknown");
    EXPECT_FALSE(location_of_place(table.place(0).key, lat, lon));
    EXPECT_FALSE(location_of_place(table.place(1).key, lat, lon));
}

TEST(GeoTable, SamePlaceSameId) {
    GeoBuilder builder;
    const auto milton = builder.place("NA/United States/WA/Milton", 47.2513, -122.3149);
    const auto other = builder.place("NA/United States/WA/Milton", 47.3, -122.3149);
    const auto bare = builder.place("EU", nan_degrees, nan_degrees);
    EXPECT_EQ(builder.place("NA/United States/WA/Milton", 47.2513, -122.3149), milton);
    EXPECT_NE(other, milton);
    const GeoTable table = builder.build();
    EXPECT_EQ(table.places(), 3U);
    EXPECT_EQ(table.text(milton), "NA/United States/WA/Milton");
    EXPECT_EQ(table.text(bare), "EU");
    std::string lat, lon;
    ASSERT_TRUE(location_of_place(table.place(milton).key, lat, lon));
    EXPECT_EQ(lat, "47.251300");
    EXPECT_EQ(lon, "-122.314900");
    EXPECT_FALSE(location_of_place(table.place(bare).key, lat, lon));
}

TEST(GeoTable, ImpossibleLocationIsNone) {
    GeoBuilder builder;
    const auto id = builder.place("X", 1e9, 0);
    builder.place("Y", 1, 1);
    const GeoTable table = builder.build();
    std::string lat, lon;
    EXPECT_FALSE(location_of_place(table.place(id).key, lat, lon));
}

// What an id stands for is another place in another table; what a list knows is not.
TEST(GeoTable, TheSamePlaceIsTheSameInEveryTable) {
    GeoBuilder one, other;
    const auto milton = one.place("NA/United States/WA/Milton", 47.2513, -122.3149);
    const auto eu = other.place("EU", nan_degrees, nan_degrees);
    const auto again = other.place("NA/United States/WA/Milton", 47.2513, -122.3149);
    const auto bare = other.place("NA/United States/WA/Milton", nan_degrees, nan_degrees);
    const GeoTable before = one.build(), after = other.build();
    EXPECT_EQ(milton, eu);
    EXPECT_EQ(before.place(milton).identity, after.place(again).identity);
    EXPECT_EQ(before.place(milton).key, after.place(again).key);
    EXPECT_NE(before.place(milton).identity, after.place(bare).identity);
    EXPECT_EQ(before.place(0).identity, after.place(0).identity);
    EXPECT_NE(before.place(0).identity, after.place(eu).identity);
}

TEST(GeoTable, TextsAreCutAndHaveNoZeroByte) {
    GeoBuilder builder;
    const auto longest = builder.place(std::string(2 * GeoTable::text_max, 'x'), 1, 2);
    const auto broken = builder.place({"A\0BCDEFGHI", 11}, nan_degrees, nan_degrees);
    const GeoTable table = builder.build();
    EXPECT_EQ(table.text(longest), std::string(GeoTable::text_max, 'x'));
    EXPECT_LE(table.place(longest).key.size(), sketch::TextPool<1>::max_length);
    std::string lat, lon;
    EXPECT_TRUE(location_of_place(table.place(longest).key, lat, lon));
    EXPECT_EQ(table.text(broken), "A");
    EXPECT_FALSE(location_of_place(table.place(broken).key, lat, lon));
}

TEST(GeoTable, TextsAreCutBetweenCharacters) {
    GeoBuilder builder;
    const auto filled = [](size_t n) { return std::string(n, 'x'); };
    const std::string characters[] = {"\u00e9", "\u20ac", "\U0001f600"};
    for (const std::string& one : characters)
        for (size_t inside = 0; inside <= one.size(); inside++) { // bytes of it that would be left
            const std::string before = filled(GeoTable::text_max - inside);
            const auto id = builder.place(before + one + "yyyy", nan_degrees, nan_degrees);
            const std::string whole = inside == one.size() ? before + one : before;
            GeoBuilder copy = builder;
            EXPECT_EQ(copy.build().text(id), whole) << one << ' ' << inside;
        }
    // What is no UTF-8 is cut somewhere.
    const auto wild = builder.place(std::string(2 * GeoTable::text_max, '\x80'), nan_degrees, nan_degrees);
    EXPECT_EQ(builder.build().text(wild), std::string(GeoTable::text_max, '\x80'));
}

TEST(GeoTable, V4RangesFoundWhereTheyAre) {
    std::mt19937_64 random(1);
    for (const size_t count : {1, 3, 100, 20000}) {
        std::map<uint32_t, uint32_t> starts;
        for (size_t i = 0; i < count; i++) // one /16 dense, the others sparse
            starts[static_cast<uint32_t>(i % 2 ? random() : 0x0a0b0000 + random() % 65536)] =
                static_cast<uint32_t>(random() % 5);
        GeoBuilder builder;
        for (const auto& [start, id] : starts) builder.v4_from(start, id);
        const GeoTable table = builder.build();
        for (const auto& [start, id] : starts) {
            ASSERT_EQ(table.find_v4(start), id);
            ASSERT_EQ(table.find_v4(start - 1), expected(starts, start - 1));
        }
        for (int i = 0; i < 20000; i++) {
            const auto address = static_cast<uint32_t>(random());
            ASSERT_EQ(table.find_v4(address), expected(starts, address)) << address;
        }
    }
}

// Start addresses as databases have them: clustered in a few /16s, some told apart below /64, some outside
// 2000::/3.
Wide random_start(std::mt19937_64& random) {
    const uint64_t heads[] = {0x2001, 0x2a02, 0x2a02, 0x2c0f, random() & 0xffff};
    uint64_t high = heads[random() % 5] << 48 | (random() & 0xffffffffffff);
    if (random() % 3 == 0) high &= 0xffffff0000000000;
    if (random() % 2) high &= 0xffffffff00000000;
    return {high, random() % 4 ? 0 : random() & 0xf000000000000003};
}

TEST(GeoTable, V6RangesFoundWhereTheyAre) {
    std::mt19937_64 random(2);
    for (const size_t count : {1, 5, 300, 20000}) {
        std::map<Wide, uint32_t> starts;
        for (size_t i = 0; i < count; i++) starts[random_start(random)] = static_cast<uint32_t>(random() % 5);
        GeoBuilder builder;
        for (const auto& [start, id] : starts) builder.v6_from(start.first, start.second, id);
        const GeoTable table = builder.build();
        const auto check = [&](Wide address) {
            ASSERT_EQ(table.find_v6(bytes_of(address).data()), expected(starts, address))
                << address.first << ' ' << address.second << " of " << count;
        };
        for (const auto& [start, id] : starts) {
            check(start);
            check({start.first, start.second + 1});
            check({start.first, ~uint64_t{0}});
            check({start.first + 1, 0});
            check(start.second ? Wide{start.first, start.second - 1} : Wide{start.first - 1, ~uint64_t{0}});
        }
        for (int i = 0; i < 20000; i++) check(random_start(random));
        check({0, 0});
        check({~uint64_t{0}, ~uint64_t{0}});
    }
}

TEST(GeoTable, V4InsideV6IsFoundThroughIt) {
    GeoBuilder builder;
    builder.v4_from(0xc0000200, 1); // 192.0.2.0/24
    builder.v4_from(0xc0000300, 0);
    builder.v6_embedded_v4_from(0, 0, 96);
    builder.v6_from(0, uint64_t{1} << 32, 0);
    builder.v6_embedded_v4_from(0x2001000000000000, 0, 32);
    builder.v6_from(0x2001000100000000, 0, 0);
    builder.v6_embedded_v4_from(0x2002000000000000, 0, 16);
    builder.v6_from(0x2003000000000000, 0, 2);
    builder.v6_embedded_v4_from(0x2a00000000000000, 0, 40); // no such use is known; the arithmetic is
    builder.v6_from(0x2a01000000000000, 0, 0);
    const GeoTable table = builder.build();
    const auto find = [&](const char* text) { return table.find(*IpAddress::parse(text)); };
    EXPECT_EQ(find("192.0.2.77"), 1U);
    EXPECT_EQ(find("::ffff:192.0.2.77"), 1U);
    EXPECT_EQ(find("::192.0.2.77"), 1U);
    EXPECT_EQ(find("::192.0.3.1"), 0U);
    EXPECT_EQ(find("::1:c000:24d"), 0U); // beyond ::/96
    EXPECT_EQ(find("2002:c000:24d::1"), 1U);
    EXPECT_EQ(find("2002:c000:34d::1"), 0U);
    EXPECT_EQ(find("2001:0:c000:24d::"), 1U);
    EXPECT_EQ(find("2003::1"), 2U);
    EXPECT_EQ(find("2a00:0:c0:2:4d00::"), 1U);
}

TEST(GeoTable, V4OnlyTableAnswersV6Unknown) {
    GeoBuilder builder;
    builder.v4_from(0, 1);
    const GeoTable table = builder.build();
    EXPECT_EQ(table.find(*IpAddress::parse("203.0.113.9")), 1U);
    EXPECT_EQ(table.find(*IpAddress::parse("2001:db8::1")), 0U);
    EXPECT_LT(table.memory_bytes(), 700U * 1024);
}

struct LastLabel : SuffixList {
    size_t suffix_size(std::string_view name) const override { return name.size() - name.rfind('.') - 1; }
};

TEST(SuffixList, ViewOfTheSuffix) {
    EXPECT_EQ(LastLabel().public_suffix("a.b.org"), "org");
}

} // namespace
} // namespace visor
