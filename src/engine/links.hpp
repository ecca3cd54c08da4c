// The network interfaces of this host (of this network namespace): asked from the kernel, not from /sys,
// which may show another namespace than the one the process is in.
//
// Threads: pure functions, each a question of its own. Owns: what is returned is a copy. Not for the packet
// path. Units: packets since the interface was made.
// Format: rtnetlink(7) on Linux; getifaddrs(3) elsewhere, without counts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace visor::engine {

struct Link {
    unsigned index = 0;
    std::string name;
    bool up = false; // switched on; a cable may still be missing
    bool loopback = false;
    uint16_t hardware = 0; // ARPHRD_ number
    uint32_t mtu = 0;
    uint64_t rx_packets = 0, tx_packets = 0;
    // What the interface lost before the kernel's stack, and so every tap, could see it: no room in its
    // queues. Not rx_dropped: that counts, besides, what the stack refused after taps had seen it. Fifo and
    // overrun are two names drivers give to the same event, so only the larger counts.
    uint64_t rx_lost = 0;
};

std::vector<Link> list_links(); // in the order of their index; empty when the kernel does not answer
std::optional<Link> find_link(std::string_view name);
std::optional<Link> find_link(unsigned index);

// "eth0, lo, wlan0": what can be read, for messages.
std::string available_interfaces(std::string_view between = ", ");

} // namespace visor::engine
