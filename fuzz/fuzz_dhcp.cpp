// Any bytes as a DHCPv4 and as a DHCPv6 message.
#include "wire/dhcp.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

using namespace visor;
using namespace visor::wire;

namespace {
volatile uint64_t touched; // reads that must happen

uint64_t sum(const uint8_t* p, size_t size) {
    uint64_t total = 0;
    for (size_t i = 0; p != nullptr && i < size; ++i) total += p[i];
    return total;
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto exact = std::make_unique<uint8_t[]>(size); // one byte too far is seen
    std::copy_n(data, size, exact.get());
    const Bytes message{exact.get(), size};
    const Dhcp4 d = parse_dhcp4(message);
    if (d.ok != (d.client_mac != nullptr)) std::abort();
    touched = sum(d.client_mac, 6) + sum(d.your_ip, 4) + sum(d.server_id, 4) +
              sum(d.hostname.data(), d.hostname.size());
    const Dhcp6 d6 = parse_dhcp6(message);
    if (!d6.ok && (d6.type != 0 || d6.has_server_id)) std::abort();
    return 0;
}
