#include "wire/dhcp.hpp"

#include "wire/test_frames.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace visor::wire {
namespace {
using namespace test;

Bytes view(const Raw& r) {
    return {r.data(), r.size()};
}
std::string as_text(Bytes b) {
    return {reinterpret_cast<const char*>(b.data()), b.size()};
}

// Each fixed field as RFC 2131 figure 1 lays it out.
Raw bootp(const Raw& options, const Raw& sname = {}, const Raw& file = {}) {
    Raw out = Raw{1, 1, 6, 0} + be32(0xabcd1234) + be32(0) + be32(0) + Raw{192, 0, 2, 9} + be32(0) + be32(0) +
              Raw{2, 0, 0, 0, 0, 7} + Raw(10, 0);
    Raw names = sname;
    names.resize(64);
    Raw boot = file;
    boot.resize(128);
    return out + names + boot + be32(0x63825363) + options;
}
Raw option(uint8_t code, const Raw& value) {
    return Raw{code, static_cast<uint8_t>(value.size())} + value;
}

TEST(Dhcp4, Fields) {
    const Raw m =
        bootp(Raw{0, 0} + option(53, {5}) + option(12, text("host")) + option(54, {192, 0, 2, 1}) + Raw{255});
    const Dhcp4 d = parse_dhcp4(view(m));
    ASSERT_TRUE(d.ok);
    EXPECT_EQ(d.xid, 0xabcd1234);
    EXPECT_EQ(d.type, dhcp4_type::ack);
    EXPECT_EQ(d.client_mac[5], 7);
    EXPECT_EQ(d.your_ip[3], 9);
    EXPECT_EQ(d.server_id[3], 1);
    EXPECT_EQ(as_text(d.hostname), "host");
}

TEST(Dhcp4, PlainBootp) {
    const Dhcp4 d = parse_dhcp4(view(bootp({})));
    EXPECT_TRUE(d.ok);
    EXPECT_EQ(d.type, 0);
    EXPECT_EQ(d.server_id, nullptr);
    EXPECT_FALSE(d.hostname.ok());
}

TEST(Dhcp4, Overload) {
    const Raw file = option(54, {192, 0, 2, 1}) + Raw{255};
    const Raw sname = option(12, text("deep")) + option(54, {9, 9, 9, 9}) + Raw{255};
    const auto with = [&](uint8_t value) {
        static Raw m;
        m = bootp(option(52, {value}) + option(53, {2}) + Raw{255}, sname, file);
        return parse_dhcp4(view(m));
    };
    EXPECT_EQ(with(0).server_id, nullptr);
    EXPECT_EQ(with(1).server_id[0], 192);
    EXPECT_FALSE(with(1).hostname.ok());
    EXPECT_EQ(with(2).server_id[0], 9);
    EXPECT_EQ(with(3).server_id[0], 192) << "file comes before sname";
    EXPECT_EQ(as_text(with(3).hostname), "deep");
}

TEST(Dhcp4, FirstOccurrenceAndPadding) {
    const Raw m = bootp(option(53, {1}) + option(53, {3}) + option(12, text("pc") + Raw{0, 0}) +
                        option(12, text("x")) + option(54, {1, 2, 3}) + Raw{255} + option(54, {1, 2, 3, 4}));
    const Dhcp4 d = parse_dhcp4(view(m));
    EXPECT_EQ(d.type, 1);
    EXPECT_EQ(as_text(d.hostname), "pc");
    EXPECT_EQ(d.server_id, nullptr) << "too short, and one behind the end mark";
}

TEST(Dhcp4, CutAtEveryByte) {
    const Raw whole = bootp(option(53, {3}) + option(12, text("host")) + option(54, {192, 0, 2, 1}));
    for (size_t size = 0; size <= whole.size(); ++size) {
        const auto exact = std::make_unique<uint8_t[]>(size);
        std::copy_n(whole.begin(), size, exact.get());
        const Dhcp4 d = parse_dhcp4({exact.get(), size});
        EXPECT_EQ(d.ok, size >= 240);
        EXPECT_EQ(d.type != 0, size >= 243);
        EXPECT_EQ(d.hostname.ok(), size >= 249);
        EXPECT_EQ(d.server_id != nullptr, size == whole.size());
    }
    Raw no_cookie = whole;
    no_cookie[236] = 0;
    EXPECT_FALSE(parse_dhcp4(view(no_cookie)).ok);
}

Raw option6(unsigned code, const Raw& value) {
    return be16(code) + be16(static_cast<unsigned>(value.size())) + value;
}

TEST(Dhcp6, ServerIdentifier) {
    const Raw id = option6(2, Raw(10, 1));
    Dhcp6 d = parse_dhcp6(view(Raw{7, 1, 2, 3} + option6(1, Raw(10, 2)) + id));
    EXPECT_TRUE(d.ok);
    EXPECT_EQ(d.type, dhcp6_type::reply);
    EXPECT_TRUE(d.has_server_id);
    EXPECT_FALSE(parse_dhcp6(view(Raw{1, 1, 2, 3} + option6(1, Raw(10, 2)))).has_server_id);
    EXPECT_FALSE(parse_dhcp6(view(Raw{7, 1, 2, 3} + be16(2) + be16(40) + Raw(10, 1))).has_server_id) << "cut";
}

TEST(Dhcp6, RelayedMessageSpeaksForItself) {
    const Raw inner = Raw{2, 1, 2, 3} + option6(2, Raw(10, 1));
    const Dhcp6 d = parse_dhcp6(view(Raw{13, 0} + Raw(32, 0) + option6(9, inner)));
    EXPECT_TRUE(d.ok);
    EXPECT_EQ(d.type, dhcp6_type::relay_reply);
    EXPECT_FALSE(d.has_server_id);
}

TEST(Dhcp6, CutAtEveryByte) {
    for (const uint8_t type : {uint8_t{1}, uint8_t{12}}) {
        const Raw whole = Raw{type} + Raw(40, 0);
        for (size_t size = 0; size <= whole.size(); ++size) {
            const auto exact = std::make_unique<uint8_t[]>(size);
            std::copy_n(whole.begin(), size, exact.get());
            EXPECT_EQ(parse_dhcp6({exact.get(), size}).ok, size >= (type == 12 ? 34u : 4u));
        }
    }
}

} // namespace
} // namespace visor::wire
