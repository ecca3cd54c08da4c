#include "engine/offload.hpp"

#include "wire/link.hpp"

#include <gtest/gtest.h>

namespace visor::engine {
namespace {

// TCP over IPv4 over Ethernet with this many bytes of payload.
std::vector<uint8_t> tcp_frame(size_t payload) {
    std::vector<uint8_t> out(14 + 20 + 20 + payload);
    const size_t total = out.size() - 14;
    out[12] = 8;
    out[14] = 0x45;
    out[16] = static_cast<uint8_t>(total >> 8);
    out[17] = static_cast<uint8_t>(total);
    out[23] = 6;
    out[46] = 0x50;
    return out;
}

uint64_t parts(size_t payload, uint32_t mtu) {
    const auto bytes = tcp_frame(payload);
    const auto size = static_cast<uint32_t>(bytes.size());
    return offload_parts({bytes.data(), 0, size, size, static_cast<uint16_t>(wire::LinkType::ethernet), 0},
                         mtu);
}

TEST(Offload, parts_are_as_large_as_the_interface_lets_them_be) {
    EXPECT_EQ(parts(1460, 1500), 1U);
    EXPECT_EQ(parts(1461, 1500), 2U);
    EXPECT_EQ(parts(2920, 1500), 2U);
    EXPECT_EQ(parts(60000, 1500), 42U); // 41.1
    EXPECT_EQ(parts(60000, 9000), 7U);  // 6.7
    EXPECT_EQ(parts(14600, 0), 10U) << "1500 when the MTU is not known";
    EXPECT_EQ(parts(0, 1500), 1U);
    EXPECT_EQ(parts(100, 30), 1U) << "headers alone are larger: nothing can be said";
}

TEST(Offload, what_an_interface_can_send_is_one_frame) {
    EXPECT_FALSE(is_offloaded(1500 + 14, 1500));
    EXPECT_FALSE(is_offloaded(1500 + 14 + 8, 1500)) << "two tags";
    EXPECT_TRUE(is_offloaded(1500 + 14 + 9, 1500));
    EXPECT_FALSE(is_offloaded(65000, 0));
}

// Bytes that are no packet still give a number.
TEST(Offload, cut_and_odd_frames) {
    const std::vector<uint8_t> bytes(60, 0xff);
    EXPECT_EQ(offload_parts({bytes.data(), 0, 60, 3014, 1, 0}, 1500), 2U);
    EXPECT_EQ(offload_parts({bytes.data(), 0, 0, 3014, 1, 0}, 1500), 2U);
}

} // namespace
} // namespace visor::engine
