// DHCPv4 and DHCPv6 messages as views. Threads: pure functions. Owns: nothing.
// Wire: RFC 2131 section 2 and RFC 2132 (options, overload option 52), RFC 8415 section 8 and 9 (relay
// messages).
#pragma once

#include "base/bytes.hpp"

namespace visor::wire {

namespace dhcp4_type {
inline constexpr uint8_t discover = 1, offer = 2, request = 3, decline = 4, ack = 5, nak = 6, release = 7,
                         inform = 8;
}
namespace dhcp6_type {
inline constexpr uint8_t solicit = 1, advertise = 2, request = 3, confirm = 4, renew = 5, rebind = 6,
                         reply = 7, release = 8, decline = 9, reconfigure = 10, information = 11,
                         relay_forward = 12, relay_reply = 13;
}

struct Dhcp4 {
    bool ok = false; // header and magic cookie were there
    uint32_t xid = 0;
    uint8_t type = 0;                    // option 53; 0 when absent (plain BOOTP)
    const uint8_t* client_mac = nullptr; // 6 bytes (chaddr)
    const uint8_t* your_ip = nullptr;    // 4 bytes (yiaddr)
    const uint8_t* server_id = nullptr;  // 4 bytes (option 54) or null
    Bytes hostname;                      // option 12; null when absent
};
Dhcp4 parse_dhcp4(Bytes payload);

struct Dhcp6 {
    bool ok = false;
    uint8_t type = 0;           // of this message as sent: a relayed one says relay_forward or relay_reply
    bool has_server_id = false; // option 2
};
Dhcp6 parse_dhcp6(Bytes payload);

} // namespace visor::wire
