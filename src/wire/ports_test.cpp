#include "wire/ports.hpp"

#include <gtest/gtest.h>

namespace visor::wire {
namespace {

TEST(Ports, OfDns) {
    for (uint32_t port = 0; port < 65536; ++port)
        EXPECT_EQ(is_dns_port(static_cast<uint16_t>(port)),
                  port == 53 || port == 5353 || port == 5355 || port == 53000)
            << port;
}

} // namespace
} // namespace visor::wire
