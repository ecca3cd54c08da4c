// Ports that say what a UDP or TCP payload is. Threads: pure functions.
#pragma once

#include <cstdint>

namespace visor::wire {

namespace detail {
// They end in different three bits; what fills the gaps does not. Not in the function: it would be made anew
// on the stack for each port.
inline constexpr uint16_t dns_port_by_end[8] = {53000, 5353, 0xffff, 5355, 0xffff, 53, 0xffff, 0xfffe};
} // namespace detail

// DNS itself, multicast DNS (RFC 6762), LLMNR (RFC 4795), and 53000, which users of this agent test with.
inline bool is_dns_port(uint16_t port) {
    return detail::dns_port_by_end[port & 7] == port;
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
