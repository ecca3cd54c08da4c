// Ports that say what a UDP or TCP payload is. Threads: pure functions.
#pragma once

#include <cstdint>

namespace visor::wire {

// DNS itself, multicast DNS (RFC 6762), LLMNR (RFC 4795), and 53000, which users of this agent test with.
inline bool is_dns_port(uint16_t port) {
    constexpr uint16_t by_end[8] = {53000, 5353, 0xffff, 5355, 0xffff, 53, 0xffff, 0xfffe};
    return by_end[port & 7] == port; // they end in different three bits; what fills the gaps does not
}
inline bool is_dhcp4_port(uint16_t port) {
    return port == 67 || port == 68;
}
inline bool is_dhcp6_port(uint16_t port) {
    return port == 546 || port == 547;
}
inline bool is_dhcp_port(uint16_t port) {
    return is_dhcp4_port(port) || is_dhcp6_port(port);
}

} // namespace visor::wire
