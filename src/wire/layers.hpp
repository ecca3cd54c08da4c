// The decoder's steps, one protocol layer each, as decode() chains them. Internal to this room.
//
// Each step fills its part of the packet and calls the next one. Where the standards leave room (damaged
// headers, frames cut short) the steps agree with what tshark 4.0 shows as the outermost layers; comments
// name those cases. Threads: pure functions. Owns: nothing. Units: offsets are bytes from the start of the
// frame.
#pragma once

#include "wire/packet.hpp"

namespace visor::wire::layers {

// Where a layer's bytes end: as captured, and as they were on the wire. captured <= reported.
struct End {
    uint32_t captured;
    uint32_t reported;

    // The same ends, not beyond `limit`.
    End within(uint32_t limit) const {
        return {captured < limit ? captured : limit, reported < limit ? reported : limit};
    }
};

// Tags, labels and frames within frames are followed this deep: more than any network stacks, few enough that
// a crafted frame costs no more than an ordinary one.
inline constexpr unsigned nesting_max = 64;
// IPv6 extension headers followed; a 1500-byte packet could hold 180.
inline constexpr unsigned extension_max = 128;

// packet.cpp
void link_layer(LinkType link, Packet& p, End end); // any link type, from the start of the frame
// rare_links.cpp
void rare_link(LinkType link, Packet& p, End end);
// ether.cpp
void ethernet(Packet& p, uint32_t off, End end, unsigned depth);
void ethertype(Packet& p, uint32_t type, uint32_t off, End end, unsigned depth);
void type_or_length(Packet& p, uint32_t value, uint32_t off, End end, unsigned depth);
void llc(Packet& p, uint32_t off, End end, unsigned depth);
void snap(Packet& p, uint32_t off, End end, unsigned depth, uint32_t bridge_padding); // from the OUI on
// shims.cpp
void shim(Packet& p, uint32_t type, uint32_t off, End end,
          unsigned depth); // EtherTypes of headers in between
// mpls.cpp
void mpls(Packet& p, uint32_t off, End end, unsigned depth);
// ppp.cpp
void ppp_hdlc(Packet& p, uint32_t off, End end, unsigned depth);
void ppp(Packet& p, uint32_t off, End end, unsigned depth); // from the protocol field on
void pppoe(Packet& p, uint32_t off, End end, unsigned depth);
void chdlc(Packet& p, uint32_t off, End end);
// cooked.cpp
void linux_cooked(Packet& p, End end);
void linux_cooked2(Packet& p, End end);
void null_loop(Packet& p, End end);
void loop(Packet& p, End end);
void raw_ip(Packet& p, End end);
void pflog(Packet& p, End end);
void enc(Packet& p, End end);
void nflog(Packet& p, End end);
void ipnet(Packet& p, End end);
// wireless.cpp
void ieee802_11(Packet& p, uint32_t off, End end, bool padded);
void radiotap(Packet& p, End end);
void prism(Packet& p, End end);
void avs(Packet& p, End end);
// lan_wan.cpp
void token_ring(Packet& p, End end);
void fddi(Packet& p, End end);
void nlpid(Packet& p, uint32_t off, End end);
void frame_relay(Packet& p, uint32_t off, End end);
void ip_over_fc(Packet& p, End end);
void sunatm(Packet& p, End end);
void arcnet(Packet& p, uint32_t off, End end, bool exceptions); // from the protocol on
void ax25(Packet& p, uint32_t off, End end);
void gfp(Packet& p, End end);
// capture_headers.cpp
void nested(LinkType link, Packet& p, uint32_t off, End end); // a frame of another link type
void pktap(Packet& p, End end);
void ppi(Packet& p, End end);
void erf(Packet& p, End end);
void tzsp(Packet& p, End end);
void netanalyzer(Packet& p, End end);
void symantec(Packet& p, End end);
void exported_pdu(Packet& p, End end);
// juniper.cpp
void juniper(LinkType link, Packet& p, End end);
// mpacket.cpp
void mpacket(Packet& p, End end);
// ip4.cpp, ip6.cpp
void ipv4(Packet& p, uint32_t off, End end);
void vj_uncompressed(Packet& p, uint32_t off, End end); // RFC 1144
void ipv6(Packet& p, uint32_t off, End end);
void extensions(Packet& p, uint8_t next, uint32_t off, End end); // IPv6 extension headers, then layer 4
// l4.cpp
void transport(Packet& p, uint8_t proto, uint32_t off, End end);

inline void stop(Packet& p, Anomaly why) {
    p.anomaly = why;
}

extern const uint8_t no_addresses[32];

// The IP header begins here. Offsets are 16-bit: a header that deep can only be a crafted one.
inline bool begin_ip(Packet& p, uint8_t version, uint32_t off) {
    if (off > 0xffff - 40) {
        stop(p, Anomaly::deep_nesting);
        return false;
    }
    p.ip_version = version;
    p.l3 = static_cast<uint16_t>(off);
    p.proto = ip_proto::none;
    p.addresses = no_addresses;
    return true;
}

inline void set_addresses(Packet& p, uint32_t off) {
    p.addresses = p.data + off;
    p.flags |= packet_flag::has_addresses;
}

} // namespace visor::wire::layers
