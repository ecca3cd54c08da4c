// Link-layer types a capture may have: the numbers of the pcap file format's LINKTYPE_ registry
// (https://www.tcpdump.org/linktypes.html).
#pragma once

#include <cstdint>
#include <string_view>

namespace visor::wire {

enum class LinkType : uint16_t {
    null = 0,
    ethernet = 1,
    ax25 = 3,
    token_ring = 6,
    arcnet = 7, // as BSD writes it
    ppp = 9,
    fddi = 10,
    atm_rfc1483_dlt = 11, // libpcap's own numbers (DLT) stand in files of old systems
    raw_bsd = 12,         // DLT_RAW as some systems number it
    enc_dlt = 13,
    raw_openbsd = 14,
    atm_clip_netbsd = 16,
    atm_clip_bsdos = 18,
    atm_clip_dlt = 19,
    ppp_hdlc = 50,
    ppp_ether = 51, // PPPoE session, RFC 2516
    symantec_firewall = 99,
    atm_rfc1483 = 100,
    raw = 101,
    chdlc = 104,
    ieee802_11 = 105,
    atm_clip = 106,
    frame_relay = 107,
    loop = 108,
    enc = 109, // OpenBSD IPsec
    chdlc_netbsd = 112,
    linux_sll = 113,
    pflog = 117,
    prism = 119,
    ip_over_fc = 122,
    sunatm = 123,
    radiotap = 127,
    tzsp = 128,
    arcnet_linux = 129,
    juniper_mlppp = 130,
    juniper_mlfr = 131,
    juniper_ggsn = 133,
    juniper_atm2 = 135,
    juniper_services = 136,
    juniper_atm1 = 137,
    ip_over_1394 = 138,
    user2 = 149, // macOS writes PKTAP under it
    avs = 163,
    ppp_pppd = 166,
    juniper_pppoe = 167,
    gfp_t = 170,
    gfp_f = 171,
    juniper_ether = 178,
    juniper_ppp = 179,
    juniper_frelay = 180,
    juniper_chdlc = 181,
    juniper_vp = 183,
    ppi = 192,
    erf = 197,
    ax25_kiss = 202,
    ppp_with_direction = 204,
    ipnet = 226, // Solaris
    ipv4 = 228,
    ipv6 = 229,
    nflog = 239,
    netanalyzer = 240,
    ipoib = 242,
    exported_pdu = 252,
    pktap = 258,
    mpacket = 274, // IEEE 802.3br
    linux_sll2 = 276,
    dsa_tag_brcm = 281,
    dsa_tag_brcm_prepend = 282,
    dsa_tag_dsa = 284,
    dsa_tag_edsa = 285,
};

bool link_supported(uint32_t linktype);        // its frames are counted at least
bool link_counted_only(uint32_t linktype);     // and no more than that: no IP is looked for in them
std::string_view link_name(uint32_t linktype); // "Ethernet"; empty when unknown to this table

} // namespace visor::wire
