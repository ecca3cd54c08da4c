#include "wire/link.hpp"

namespace visor::wire {

namespace {
struct Row {
    LinkType type;
    std::string_view name;
};
constexpr Row rows[] = {
    {LinkType::null, "NULL"},
    {LinkType::ethernet, "Ethernet"},
    {LinkType::ppp, "PPP"},
    {LinkType::raw_bsd, "Raw IP"},
    {LinkType::raw_openbsd, "Raw IP"},
    {LinkType::ppp_hdlc, "PPP over HDLC"},
    {LinkType::ppp_ether, "PPPoE"},
    {LinkType::raw, "Raw IP"},
    {LinkType::chdlc, "Cisco HDLC"},
    {LinkType::loop, "OpenBSD loopback"},
    {LinkType::linux_sll, "Linux cooked v1"},
    {LinkType::ipnet, "Solaris ipnet"},
    {LinkType::ipv4, "Raw IPv4"},
    {LinkType::ipv6, "Raw IPv6"},
    {LinkType::token_ring, "Token Ring"},
    {LinkType::fddi, "FDDI"},
    {LinkType::atm_rfc1483, "ATM"},
    {LinkType::ieee802_11, "802.11"},
    {LinkType::frame_relay, "Frame Relay"},
    {LinkType::enc, "IPsec (ENC)"},
    {LinkType::pflog, "PFLOG"},
    {LinkType::prism, "802.11 with Prism header"},
    {LinkType::ip_over_fc, "IP over Fibre Channel"},
    {LinkType::radiotap, "802.11 with radiotap"},
    {LinkType::ip_over_1394, "IP over IEEE 1394"},
    {LinkType::avs, "802.11 with AVS header"},
    {LinkType::ppi, "PPI"},
    {LinkType::ppp_with_direction, "PPP with direction"},
    {LinkType::nflog, "NFLOG"},
    {LinkType::ipoib, "IP over InfiniBand"},
    {LinkType::linux_sll2, "Linux cooked v2"},
};
} // namespace

bool link_supported(uint32_t linktype) {
    return !link_name(linktype).empty();
}

std::string_view link_name(uint32_t linktype) {
    for (const Row& row : rows)
        if (static_cast<uint32_t>(row.type) == linktype) return row.name;
    return {};
}

} // namespace visor::wire
