#include "engine/geo.hpp"

#include <arpa/inet.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <maxminddb.h>
#include <random>

namespace visor::engine {
namespace {

namespace fs = std::filesystem;

// --- A writer of small databases in the MaxMind DB format, version 2.0 ---

std::string control(unsigned type, size_t size) {
    std::string out;
    const unsigned first = type < 8 ? type << 5 : 0;
    out += static_cast<char>(size < 29 ? first | size : first | 29);
    if (type >= 8) out += static_cast<char>(type - 7);
    if (size >= 29) out += static_cast<char>(size - 29);
    return out;
}
std::string big_endian(uint64_t value, unsigned bytes) {
    std::string out;
    for (unsigned i = bytes; i-- > 0;) out += static_cast<char>(value >> (8 * i));
    return out;
}
std::string text(const std::string& s) {
    return control(2, s.size()) + s;
}
std::string uint(uint32_t value) {
    return control(6, 4) + big_endian(value, 4);
}
std::string number(double value) {
    uint64_t raw;
    std::memcpy(&raw, &value, 8);
    return control(3, 8) + big_endian(raw, 8);
}
std::string map(const std::map<std::string, std::string>& entries) {
    std::string out = control(7, entries.size());
    for (const auto& [key, value] : entries) out += text(key) + value;
    return out;
}
std::string array(const std::vector<std::string>& items) {
    std::string out = control(11, items.size());
    for (const auto& item : items) out += item;
    return out;
}

struct Writer {
    explicit Writer(unsigned ip_version) : version(ip_version) { nodes.push_back({-1, -1}); }

    // Every prefix must be new and none inside another.
    void add(const std::string& prefix, unsigned bits, const std::string& record) {
        slot(prefix, bits) = ~static_cast<int64_t>(data.size()) - 1;
        data += record;
    }
    void alias(const std::string& prefix, unsigned bits, const std::string& target, unsigned target_bits) {
        slot(prefix, bits) = slot(target, target_bits);
    }
    int64_t& slot(const std::string& prefix, unsigned bits) {
        const auto address = *IpAddress::parse(prefix);
        uint8_t raw[16] = {};
        if (version == 4 || address.is_v4())
            std::memcpy(version == 4 ? raw : raw + 12, address.v4_bytes(), 4);
        else
            std::memcpy(raw, address.bytes.data(), 16);
        if (version == 6 && address.is_v4()) bits += 96;
        size_t node = 0;
        for (unsigned i = 0;; i++) {
            const unsigned side = raw[i / 8] >> (7 - i % 8) & 1;
            if (i + 1 == bits) return nodes[node][side];
            if (nodes[node][side] == -1) {
                nodes[node][side] = static_cast<int64_t>(nodes.size());
                nodes.push_back({-1, -1});
            }
            node = static_cast<size_t>(nodes[node][side]);
        }
    }
    std::string bytes() const {
        std::string out;
        for (const auto& node : nodes)
            for (const int64_t child : node) {
                const auto count = static_cast<int64_t>(nodes.size());
                const int64_t value = child == -1 ? count : child >= 0 ? child : count + 16 + (~child - 1);
                out += big_endian(static_cast<uint64_t>(value), 3);
            }
        out += std::string(16, '\0') + data + "\xab\xcd\xefMaxMind.com";
        return out + map({{"node_count", uint(static_cast<uint32_t>(nodes.size()))},
                          {"record_size", control(5, 2) + big_endian(24, 2)},
                          {"ip_version", control(5, 2) + big_endian(version, 2)},
                          {"database_type", text("Test")},
                          {"languages", array({text("en")})},
                          {"description", map({{"en", text("test")}})},
                          {"binary_format_major_version", control(5, 2) + big_endian(2, 2)},
                          {"binary_format_minor_version", control(5, 2) + big_endian(0, 2)},
                          {"build_epoch", control(9, 8) + big_endian(1, 8)}});
    }

    unsigned version;
    std::vector<std::array<int64_t, 2>> nodes; // -1 empty, a node, or ~(place in data + 1)
    std::string data;
};

class TempFile {
public:
    explicit TempFile(const std::string& content) {
        char name[] = "/tmp/visor_geo_XXXXXX";
        const int fd = mkstemp(name);
        EXPECT_GE(fd, 0);
        EXPECT_EQ(write(fd, content.data(), content.size()), static_cast<ssize_t>(content.size()));
        close(fd);
        path_ = name;
    }
    ~TempFile() { fs::remove(path_); }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

std::string names(const std::string& en) {
    return map({{"names", map({{"de", text("?")}, {"en", text(en)}})}});
}

std::string maxmind_city(const std::string& city) {
    return map({{"continent", map({{"code", text("EU")}})},
                {"country", names("Sweden")},
                {"subdivisions", array({map({{"iso_code", text("E")}})})},
                {"city", names(city)},
                {"location", map({{"latitude", number(58.4167)}, {"longitude", number(15.6167)}})}});
}

std::string where(const GeoTable& table, const char* address) {
    return std::string(table.text(table.find(*IpAddress::parse(address))));
}

TEST(Geo, MaxMindLayoutInAV6Tree) {
    Writer w(6);
    w.add("89.160.20.0", 24, maxmind_city("Linköping"));
    w.add("2a02:dac0::", 29, map({{"continent", map({{"code", text("EU")}})}, {"country", names("Russia")}}));
    w.add("2001:db8::5", 128, maxmind_city("Deep"));
    w.alias("2002::", 16, "0.0.0.0", 0);
    const TempFile file(w.bytes());
    const auto table = load_city(file.path());
    ASSERT_TRUE(table) << table.error();
    EXPECT_EQ(where(*table, "89.160.20.112"), "EU/Sweden/E/Linköping");
    EXPECT_EQ(where(*table, "89.160.21.1"), "Unknown");
    EXPECT_EQ(where(*table, "2a02:dac7:ffff::"), "EU/Russia");
    EXPECT_EQ(where(*table, "2a02:dac8::"), "Unknown");
    EXPECT_EQ(where(*table, "2001:db8::5"), "EU/Sweden/E/Deep");
    EXPECT_EQ(where(*table, "2001:db8::4"), "Unknown");
    EXPECT_EQ(where(*table, "2001:db8::6"), "Unknown");
    EXPECT_EQ(where(*table, "2002:59a0:1470::1"), "EU/Sweden/E/Linköping");
    EXPECT_EQ(where(*table, "2002:59a0:1570::1"), "Unknown");
    EXPECT_EQ(where(*table, "::89.160.20.1"), "EU/Sweden/E/Linköping");
    std::string lat, lon;
    ASSERT_TRUE(location_of_place(table->place_of(*IpAddress::parse("89.160.20.112")).key, lat, lon));
    EXPECT_EQ(lat + "," + lon, "58.416700,15.616700");
    EXPECT_FALSE(location_of_place(table->place_of(*IpAddress::parse("2a02:dac0::1")).key, lat, lon));
}

TEST(Geo, FlatLayoutInAV4Tree) {
    Writer w(4);
    w.add("8.8.8.0", 24, map({{"country_code", text("US")}}));
    w.add(
        "9.0.0.0", 8,
        map({{"country_code", text("US")}, {"state1", text("California")}, {"city", text("Mountain View")}}));
    const TempFile file(w.bytes());
    const auto table = load_city(file.path());
    ASSERT_TRUE(table) << table.error();
    EXPECT_EQ(where(*table, "8.8.8.8"), "US");
    EXPECT_EQ(where(*table, "9.1.2.3"), "US/California/Mountain View");
    EXPECT_EQ(where(*table, "10.0.0.1"), "Unknown");
    EXPECT_EQ(where(*table, "2001:4860:4860::8888"), "Unknown");
}

TEST(Geo, AsnLayouts) {
    Writer w(4);
    w.add("1.128.0.0", 11,
          map({{"autonomous_system_number", uint(1221)},
               {"autonomous_system_organization", text("Telstra Pty Ltd")}}));
    w.add("2.0.0.0", 8, map({{"asn", text("AS64500")}, {"name", text("Example")}}));
    w.add("3.0.0.0", 8, map({{"autonomous_system_number", text("64501")}}));
    w.add("4.0.0.0", 8, map({{"name", text("no number")}}));
    const TempFile file(w.bytes());
    const auto table = load_asn(file.path());
    ASSERT_TRUE(table) << table.error();
    EXPECT_EQ(where(*table, "1.128.0.0"), "1221/Telstra Pty Ltd");
    EXPECT_EQ(where(*table, "1.160.0.0"), "Unknown");
    EXPECT_EQ(where(*table, "2.3.4.5"), "64500/Example");
    EXPECT_EQ(where(*table, "3.3.4.5"), "64501");
    EXPECT_EQ(where(*table, "4.3.4.5"), "Unknown");
}

TEST(Geo, FaultsAreOneLineWithThePath) {
    const auto absent = load_city("/nonexistent/x.mmdb");
    ASSERT_FALSE(absent);
    EXPECT_NE(absent.error().find("cannot use geo city database /nonexistent/x.mmdb: "), std::string::npos);

    Writer w(4);
    w.add("1.0.0.0", 8, map({{"asn", uint(7)}}));
    const TempFile asn(w.bytes());
    const auto wrong = load_city(asn.path());
    ASSERT_FALSE(wrong);
    EXPECT_EQ(wrong.error(),
              "cannot use geo city database " + asn.path() + ": no record names a country or a city");

    const TempFile junk("not a database");
    EXPECT_FALSE(load_asn(junk.path()));
}

// A loop, and a tree whose every node leads twice to the next: neither may run for ever.
TEST(Geo, TreesThatUnfoldWithoutEndAreRefused) {
    Writer loop(6);
    loop.nodes[0] = {0, 0};
    const TempFile loop_file(loop.bytes());
    EXPECT_FALSE(load_city(loop_file.path()));

    Writer doubling(6);
    doubling.add("2001:db8::", 128, map({{"country_code", text("US")}}));
    for (size_t i = 0; i < 127; i++)
        doubling.nodes[i][0] = doubling.nodes[i][1] = static_cast<int64_t>(i + 1);
    const TempFile doubling_file(doubling.bytes());
    const auto table = load_city(doubling_file.path());
    ASSERT_FALSE(table);
    EXPECT_NE(table.error().find("corrupt search tree"), std::string::npos);
}

TEST(Geo, DamagedFilesNeverCrash) {
    Writer w(6);
    w.add("89.160.20.0", 24, maxmind_city("Linköping"));
    w.add("2a02:dac0::", 29, maxmind_city("X"));
    const std::string good = w.bytes();
    std::mt19937 random(3);
    for (int i = 0; i < 300; i++) {
        std::string bad = good;
        if (i % 3 == 0) bad.resize(random() % bad.size());
        for (unsigned k = 0; k < 1 + random() % 4 && !bad.empty(); k++)
            bad[random() % bad.size()] = static_cast<char>(random());
        const TempFile file(bad);
        const auto table = load_city(file.path());
        if (table) (void)where(*table, "89.160.20.112");
    }
}

// --- MaxMind's own test databases, when they are at hand ---

std::string shared_file(const std::string& name) {
    const char* given = std::getenv("VISOR_SHARED");
    const fs::path root = given ? fs::path(given) : fs::path(__FILE__).parent_path() / "../../../shared";
    return (root / "fixtures/geo" / name).string();
}

TEST(Geo, MaxMindCityDatabase) {
    const std::string path = shared_file("GeoIP2-City-Test.mmdb");
    if (!fs::exists(path)) GTEST_SKIP() << "no " << path;
    const auto table = load_city(path);
    ASSERT_TRUE(table) << table.error();
    EXPECT_EQ(where(*table, "2a02:dac0::"), "EU/Russia");
    EXPECT_EQ(where(*table, "89.160.20.112"), "EU/Sweden/E/Linköping");
    EXPECT_EQ(where(*table, "216.160.83.56"), "NA/United States/WA/Milton");
    EXPECT_EQ(where(*table, "6.6.6.6"), "Unknown");
    std::string lat, lon;
    ASSERT_TRUE(location_of_place(table->place_of(*IpAddress::parse("2a02:dac0::")).key, lat, lon));
    EXPECT_EQ(lat + "," + lon, "60.000000,100.000000");
    RecordProperty("memory_bytes", std::to_string(table->memory_bytes()));
}

// What the table answers must be what the library finds, for addresses in, beside and far from its prefixes.
void compare_with_library(const std::string& path, const GeoTable& table, const char* const field[]) {
    MMDB_s db;
    ASSERT_EQ(MMDB_open(path.c_str(), MMDB_MODE_MMAP, &db), MMDB_SUCCESS);
    std::mt19937_64 random(4);
    int found = 0;
    for (int i = 0; i < 200000; i++) {
        uint8_t raw[16];
        const uint64_t high = (i % 2 ? random() : (0x2000 | (random() & 0xfff)) << 48 | (random() >> 20)),
                       low = random();
        for (unsigned k = 0; k < 8; k++) {
            raw[k] = static_cast<uint8_t>(high >> (56 - 8 * k));
            raw[8 + k] = static_cast<uint8_t>(low >> (56 - 8 * k));
        }
        const auto address = i % 4 < 2 ? IpAddress::v4(raw + 4) : IpAddress::v6(raw);
        int gai = 0, error = 0;
        auto result = MMDB_lookup_string(&db, address.text().c_str(), &gai, &error);
        ASSERT_EQ(gai, 0);
        MMDB_entry_data_s data;
        const bool has = error == MMDB_SUCCESS && result.found_entry &&
                         MMDB_aget_value(&result.entry, &data, field) == MMDB_SUCCESS && data.has_data;
        const std::string_view answer = table.text(table.find(address));
        ASSERT_EQ(has, answer != "Unknown") << address.text() << ' ' << answer;
        found += has;
    }
    MMDB_close(&db);
    EXPECT_GT(found, 0);
}

TEST(Geo, MaxMindAsnDatabase) {
    const std::string path = shared_file("GeoIP2-ISP-Test.mmdb");
    if (!fs::exists(path)) GTEST_SKIP() << "no " << path;
    const auto table = load_asn(path);
    ASSERT_TRUE(table) << table.error();
    EXPECT_EQ(where(*table, "1.128.0.0"), "1221/Telstra Pty Ltd");
    EXPECT_EQ(where(*table, "2600:7000::1"), "6939/Hurricane Electric, Inc.");
    EXPECT_EQ(where(*table, "2400:1000::1"), "237/Merit Network Inc.");
    EXPECT_EQ(where(*table, "2002:2300::1"), "237/Merit Network Inc."); // 6to4 of 35.0.0.0
    EXPECT_EQ(where(*table, "6.6.6.6"), "Unknown");
    const char* const field[] = {"autonomous_system_number", nullptr};
    compare_with_library(path, *table, field);
}

} // namespace
} // namespace visor::engine
