// Link-layer types a capture may have: the numbers of the pcap file format's LINKTYPE_ registry
// (https://www.tcpdump.org/linktypes.html).
#pragma once

#include <cstdint>
#include <string_view>

namespace visor::wire {

enum class LinkType : uint16_t {
    null = 0,
    ethernet = 1,
    ppp = 9,
    raw_bsd = 12, // DLT_RAW as some systems number it
    raw_openbsd = 14,
    ppp_hdlc = 50,
    ppp_ether = 51, // PPPoE session, RFC 2516
    raw = 101,
    chdlc = 104,
    loop = 108,
    linux_sll = 113,
    ipv4 = 228,
    ipv6 = 229,
    linux_sll2 = 276,
};

bool link_supported(uint32_t linktype);
std::string_view link_name(uint32_t linktype); // "Ethernet"; empty when unknown to this table

} // namespace visor::wire
