#include "traffic.hpp"

namespace pcapgen {
namespace {

// A 13-letter label, one for each number below 2^64.
void label(Buf& f, uint64_t number) {
    f.u8(13);
    for (int i = 0; i < 13; ++i, number >>= 5) f.u8("abcdefghijklmnopqrstuvwxyz234567"[number & 31]);
}

struct Endpoints {
    Addr client, server;
    uint16_t port;
};

void dns_message(Buf& f, const Endpoints& e, uint64_t name, unsigned zone, uint16_t id, bool reply) {
    const size_t l4 = reply ? begin_frame(f, e.server, e.client, udp, 0, id)
                            : begin_frame(f, e.client, e.server, udp, 0, id);
    f.u16(reply ? 53U : e.port), f.u16(reply ? e.port : 53U), f.u32(0);
    f.u16(id), f.u16(reply ? 0x8183 : 0x0100), f.u16(1), f.u16(0), f.u16(0), f.u16(0);
    label(f, name);
    f.u8(7), f.bytes("victim", 6), f.u8('0' + zone % 10), f.u8(7), f.bytes("example", 7), f.u8(0);
    f.u16(1), f.u16(1);
    end_frame(f, e.client.v6, udp, l4);
}

void bare_packet(Buf& f, const Endpoints& e, uint16_t dport, bool syn, uint32_t seq) {
    const uint8_t proto = syn ? tcp : udp;
    const size_t l4 = begin_frame(f, e.client, e.server, proto, 0, static_cast<uint16_t>(seq));
    f.u16(e.port), f.u16(dport), f.u32(syn ? seq : 0);
    if (syn) f.u32(0), f.u8(0x50), f.u8(0x02), f.u16(64240), f.u32(0);
    while (f.size() < 60) f.u8(0);
    end_frame(f, e.client.v6, proto, l4);
}

Addr server(bool v6, uint32_t i) {
    return v6 ? Addr::v6net(0x53, i + 1) : Addr::v4(0xc0000235U + i);
}

} // namespace

// Of 100 packets: 40 queries for names never asked before, of which 6 get their NXDOMAIN, 40 SYNs, 14 lone
// datagrams; a new source address and port each time.
void attack_traffic(PcapWriter& out, const Options& o) {
    Rng r(o.seed);
    Buf f;
    const double step = o.seconds * 1e6 / static_cast<double>(o.packets);
    for (uint64_t i = 0; i < o.packets; ++i) {
        const uint64_t now = start_usec + static_cast<uint64_t>(static_cast<double>(i) * step);
        const bool v6 = r.chance(0.3);
        Endpoints e{v6 ? Addr::v6net(1, r.next()) : Addr::v4(0x64400000U + r.below(1U << 22)),
                    server(v6, r.below(4)), static_cast<uint16_t>(1024 + r.below(64512))};
        const uint32_t kind = r.below(100);
        const uint64_t name = r.next();
        const auto id = static_cast<uint16_t>(r.below(65536));
        if (kind < 40) {
            dns_message(f, e, name, id, id, false);
            out.packet(now, f);
            if (kind >= 6 || ++i >= o.packets) continue;
            dns_message(f, e, name, id, id, true);
        } else if (kind < 86) {
            bare_packet(f, e, id & 1 ? 443 : 80, true, static_cast<uint32_t>(name));
        } else {
            bare_packet(f, e, static_cast<uint16_t>(1 + r.below(65535)), false, static_cast<uint32_t>(name));
        }
        out.packet(now, f);
    }
}

// Queries only. Packet i asks for name i from address i (two in five over IPv4, as far as 100.64/10 reaches).
void distinct_traffic(PcapWriter& out, const Options& o) {
    Buf f;
    const double step = o.seconds * 1e6 / static_cast<double>(o.packets);
    for (uint64_t i = 0; i < o.packets; ++i) {
        const bool v6 = i % 5 >= 2;
        const auto host = static_cast<uint32_t>(i / 5 * 2 + i % 5);
        const Endpoints e{v6 ? Addr::v6net(1, i + 1) : Addr::v4(0x64400000U + host % (1U << 22)),
                          server(v6, 0), static_cast<uint16_t>(1024 + i * 7919 % 64512)};
        dns_message(f, e, i * 0x9e3779b97f4a7c15ULL, static_cast<unsigned>(i), static_cast<uint16_t>(i),
                    false);
        out.packet(start_usec + static_cast<uint64_t>(static_cast<double>(i) * step), f);
    }
}

} // namespace pcapgen
