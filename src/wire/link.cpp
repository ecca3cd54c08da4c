#include "wire/link.hpp"

#include <array>

namespace visor::wire {

namespace {
struct Row {
    LinkType type;
    std::string_view name;
};
constexpr Row decoded[] = {
    {LinkType::null, "NULL"},
    {LinkType::ethernet, "Ethernet"},
    {LinkType::ax25, "AX.25"},
    {LinkType::token_ring, "Token Ring"},
    {LinkType::arcnet, "ARCNET (BSD)"},
    {LinkType::ppp, "PPP"},
    {LinkType::fddi, "FDDI"},
    {LinkType::atm_rfc1483_dlt, "ATM"},
    {LinkType::raw_bsd, "Raw IP"},
    {LinkType::enc_dlt, "IPsec (ENC)"},
    {LinkType::raw_openbsd, "Raw IP"},
    {LinkType::atm_clip_netbsd, "ATM CLIP"},
    {LinkType::atm_clip_bsdos, "ATM CLIP"},
    {LinkType::atm_clip_dlt, "ATM CLIP"},
    {LinkType::ppp_hdlc, "PPP over HDLC"},
    {LinkType::ppp_ether, "PPPoE"},
    {LinkType::symantec_firewall, "Symantec firewall"},
    {LinkType::atm_rfc1483, "ATM"},
    {LinkType::raw, "Raw IP"},
    {LinkType::chdlc, "Cisco HDLC"},
    {LinkType::ieee802_11, "802.11"},
    {LinkType::atm_clip, "ATM CLIP"},
    {LinkType::frame_relay, "Frame Relay"},
    {LinkType::loop, "OpenBSD loopback"},
    {LinkType::enc, "IPsec (ENC)"},
    {LinkType::chdlc_netbsd, "Cisco HDLC"},
    {LinkType::linux_sll, "Linux cooked v1"},
    {LinkType::pflog, "PFLOG"},
    {LinkType::prism, "802.11 with Prism header"},
    {LinkType::ip_over_fc, "IP over Fibre Channel"},
    {LinkType::sunatm, "SunATM"},
    {LinkType::radiotap, "802.11 with radiotap"},
    {LinkType::tzsp, "TZSP"},
    {LinkType::arcnet_linux, "ARCNET (Linux)"},
    {LinkType::juniper_mlppp, "Juniper MLPPP"},
    {LinkType::juniper_mlfr, "Juniper MLFR"},
    {LinkType::juniper_ggsn, "Juniper GGSN"},
    {LinkType::juniper_atm2, "Juniper ATM2"},
    {LinkType::juniper_services, "Juniper services"},
    {LinkType::juniper_atm1, "Juniper ATM1"},
    {LinkType::ip_over_1394, "IP over IEEE 1394"},
    {LinkType::user2, "PKTAP (macOS)"},
    {LinkType::avs, "802.11 with AVS header"},
    {LinkType::ppp_pppd, "PPP by pppd"},
    {LinkType::juniper_pppoe, "Juniper PPPoE"},
    {LinkType::gfp_t, "GFP-T"},
    {LinkType::gfp_f, "GFP-F"},
    {LinkType::juniper_ether, "Juniper Ethernet"},
    {LinkType::juniper_ppp, "Juniper PPP"},
    {LinkType::juniper_frelay, "Juniper Frame Relay"},
    {LinkType::juniper_chdlc, "Juniper Cisco HDLC"},
    {LinkType::juniper_vp, "Juniper voice"},
    {LinkType::ppi, "PPI"},
    {LinkType::erf, "ERF"},
    {LinkType::ax25_kiss, "AX.25 with KISS"},
    {LinkType::ppp_with_direction, "PPP with direction"},
    {LinkType::ipnet, "Solaris ipnet"},
    {LinkType::ipv4, "Raw IPv4"},
    {LinkType::ipv6, "Raw IPv6"},
    {LinkType::nflog, "NFLOG"},
    {LinkType::netanalyzer, "netANALYZER"},
    {LinkType::ipoib, "IP over InfiniBand"},
    {LinkType::exported_pdu, "Wireshark exported PDU"},
    {LinkType::pktap, "PKTAP"},
    {LinkType::mpacket, "802.3br mPackets"},
    {LinkType::linux_sll2, "Linux cooked v2"},
    {LinkType::dsa_tag_brcm, "Ethernet with Broadcom tag"},
    {LinkType::dsa_tag_brcm_prepend, "Ethernet behind Broadcom tag"},
    {LinkType::dsa_tag_dsa, "Ethernet with Marvell DSA tag"},
    {LinkType::dsa_tag_edsa, "Ethernet with Marvell EDSA tag"},
};

// Types that other tools read and that carry no IP, or carry it so seldom or so deep that it is not looked
// for.
struct CountedRow {
    uint16_t type;
    std::string_view name;
};
constexpr CountedRow counted_only[] = {
    {2, "Experimental Ethernet"},
    {8, "SLIP"},
    {32, "Redback SmartEdge"},
    {114, "LocalTalk"},
    {118, "Cisco IOS"},
    {121, "HiPath HDLC"},
    {139, "MTP2 with header"},
    {140, "MTP2"},
    {141, "MTP3"},
    {142, "SCCP"},
    {143, "DOCSIS"},
    {144, "Linux IrDA"},
    {147, "user 0"},
    {148, "user 1"},
    {150, "user 3"},
    {151, "user 4"},
    {152, "user 5"},
    {153, "user 6"},
    {154, "user 7"},
    {155, "user 8"},
    {156, "user 9"},
    {157, "user 10"},
    {158, "user 11"},
    {159, "user 12"},
    {160, "user 13"},
    {161, "user 14"},
    {162, "user 15"},
    {165, "BACnet MS/TP"},
    {169, "GPRS LLC"},
    {172, "Gcom T1/E1"},
    {173, "Gcom serial"},
    {177, "Linux LAPD"},
    {184, "ARINC 429"},
    {186, "USB (FreeBSD)"},
    {187, "Bluetooth HCI H4"},
    {188, "802.16 MAC"},
    {189, "USB (Linux)"},
    {190, "CAN 2.0B"},
    {195, "802.15.4"},
    {196, "SITA WAN"},
    {199, "IPMB (Kontron)"},
    {200, "Juniper secure tunnel"},
    {201, "Bluetooth HCI H4 with direction"},
    {203, "LAPD"},
    {209, "IPMB (Linux)"},
    {210, "FlexRay"},
    {211, "MOST"},
    {212, "LIN"},
    {213, "X2E serial"},
    {214, "X2E Xoraya"},
    {215, "802.15.4 with PHY header"},
    {220, "USB (Linux, padded)"},
    {224, "Fibre Channel FC-2"},
    {225, "Fibre Channel FC-2 with delimiters"},
    {227, "CAN (SocketCAN)"},
    {230, "802.15.4 without FCS"},
    {231, "D-Bus"},
    {235, "DVB-CI"},
    {236, "3GPP 27.010"},
    {237, "STANAG 5066"},
    {241, "netANALYZER transparent"},
    {243, "MPEG-2 TS"},
    {245, "NFC LLCP"},
    {248, "SCTP"},
    {249, "USBPcap"},
    {250, "RTAC serial"},
    {251, "Bluetooth LE"},
    {253, "Linux netlink"},
    {254, "Bluetooth Linux monitor"},
    {255, "Bluetooth BR/EDR"},
    {256, "Bluetooth LE with PHY header"},
    {259, "EPON"},
    {260, "IPMI HPM.2"},
    {264, "ISO 14443"},
    {266, "USB (macOS)"},
    {268, "SDLC"},
    {270, "LoRaTap"},
    {271, "vsock"},
    {272, "nRF Sniffer for BLE"},
    {273, "DOCSIS 3.1 XRA-31"},
    {275, "DisplayPort AUX"},
    {279, "EBHSCR"},
    {280, "VPP dispatch trace"},
    {283, "802.15.4 TAP"},
    {287, "Z-Wave serial"},
    {288, "USB 2.0"},
    {290, "Windows ETW"},
    {292, "ZBOSS NCP"},
    {293, "USB 2.0 low speed"},
    {294, "USB 2.0 full speed"},
    {295, "USB 2.0 high speed"},
};

// Asked for every frame of such a capture.
constexpr auto is_counted_only = [] {
    std::array<bool, 296> table{};
    for (const CountedRow& row : counted_only) table[row.type] = true;
    return table;
}();
} // namespace

bool link_supported(uint32_t linktype) {
    return !link_name(linktype).empty();
}

bool link_counted_only(uint32_t linktype) {
    return linktype < is_counted_only.size() && is_counted_only[linktype];
}

std::string_view link_name(uint32_t linktype) {
    for (const Row& row : decoded)
        if (static_cast<uint32_t>(row.type) == linktype) return row.name;
    for (const CountedRow& row : counted_only)
        if (row.type == linktype) return row.name;
    return {};
}

} // namespace visor::wire
