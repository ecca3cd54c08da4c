// The table of link types that few captures have.
#include "wire/layers.hpp"

namespace visor::wire::layers {

namespace {
// Ethernet whose frame has a switch's tag of `size` bytes between the addresses and the type.
void tagged_by_switch(Packet& p, uint32_t size, End end) {
    if (end.captured < 14 + size) return stop(p, Anomaly::short_link);
    p.eth_src = 6 + 1;
    ethertype(p, load_be16(p.data + 12 + size), 14 + size, end, 1);
}

bool is_juniper(LinkType link) {
    switch (link) {
    case LinkType::juniper_mlppp:
    case LinkType::juniper_mlfr:
    case LinkType::juniper_ggsn:
    case LinkType::juniper_atm2:
    case LinkType::juniper_services:
    case LinkType::juniper_atm1:
    case LinkType::juniper_pppoe:
    case LinkType::juniper_ether:
    case LinkType::juniper_ppp:
    case LinkType::juniper_frelay:
    case LinkType::juniper_chdlc:
    case LinkType::juniper_vp:
        return true;
    default:
        return false;
    }
}
} // namespace

void rare_link(LinkType link, Packet& p, End end) {
    switch (link) {
    case LinkType::pktap:
    case LinkType::user2:
        return pktap(p, end);
    case LinkType::erf:
        return erf(p, end);
    case LinkType::tzsp:
        return tzsp(p, end);
    case LinkType::netanalyzer:
        return netanalyzer(p, end);
    case LinkType::symantec_firewall:
        return symantec(p, end);
    case LinkType::exported_pdu:
        return exported_pdu(p, end);
    case LinkType::mpacket:
        return mpacket(p, end);
    case LinkType::sunatm:
        return sunatm(p, end);
    case LinkType::atm_clip:
    case LinkType::atm_clip_dlt:
    case LinkType::atm_clip_netbsd:
    case LinkType::atm_clip_bsdos:
        return ipv4(p, 0, end);
    case LinkType::gfp_t:
    case LinkType::gfp_f:
        return gfp(p, end);
    case LinkType::arcnet: // destination and source
        return arcnet(p, 2, end, true);
    case LinkType::arcnet_linux: // and a fragment's offset
        return arcnet(p, 4, end, false);
    case LinkType::ax25:
        return ax25(p, 0, end);
    case LinkType::ax25_kiss: // a port and a command, of which 0 is data
        if (end.captured == 0) return stop(p, Anomaly::short_link);
        if ((p.data[0] & 15) == 0) ax25(p, 1, end);
        return;
    case LinkType::ppp_pppd: // the address byte tells the direction
        return ppp_hdlc(p, 0, end, 1);
    case LinkType::dsa_tag_brcm:
    case LinkType::dsa_tag_dsa:
        return tagged_by_switch(p, 4, end);
    case LinkType::dsa_tag_edsa:
        return tagged_by_switch(p, 8, end);
    case LinkType::dsa_tag_brcm_prepend:
        return ethernet(p, 4, end, 1);
    default:
        if (is_juniper(link)) return juniper(link, p, end);
        if (!link_counted_only(static_cast<uint32_t>(link))) stop(p, Anomaly::unsupported_link);
    }
}

} // namespace visor::wire::layers
