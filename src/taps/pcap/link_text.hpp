// Link types as error messages name them.
//
// Threads: functions without state. Owns: nothing.
#pragma once

#include <cstdint>
#include <string>

namespace visor::taps {

inline constexpr uint16_t unsupported_linktype = 0xffff; // of an interface description too short to have one

std::string link_text(uint16_t linktype); // "link type 105 (IEEE802_11)"
std::string supported_links();            // "supported: 0 (...), 1 (Ethernet), ..."; those with IP

} // namespace visor::taps
