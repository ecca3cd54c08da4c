// Link-layer types a capture may have: the numbers of the pcap file format's LINKTYPE_ registry
// (https://www.tcpdump.org/linktypes.html).
#pragma once

#include <cstdint>
#include <string_view>

namespace visor::wire {

enum class LinkType : uint16_t {
    null = 0,
    ethernet = 1,
    token_ring = 6,
    ppp = 9,
    fddi = 10,
    raw_bsd = 12, // DLT_RAW as some systems number it
    raw_openbsd = 14,
    ppp_hdlc = 50,
    ppp_ether = 51, // PPPoE session, RFC 2516
    atm_rfc1483 = 100,
    raw = 101,
    chdlc = 104,
    ieee802_11 = 105,
    frame_relay = 107,
    loop = 108,
    enc = 109, // OpenBSD IPsec
    linux_sll = 113,
    pflog = 117,
    prism = 119,
    ip_over_fc = 122,
    radiotap = 127,
    ip_over_1394 = 138,
    avs = 163,
    ppi = 192,
    ppp_with_direction = 204,
    ipnet = 226, // Solaris
    ipv4 = 228,
    ipv6 = 229,
    nflog = 239,
    ipoib = 242,
    linux_sll2 = 276,
};

bool link_supported(uint32_t linktype);
std::string_view link_name(uint32_t linktype); // "Ethernet"; empty when unknown to this table

} // namespace visor::wire
