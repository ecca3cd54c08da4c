// Frames put together for this room's tests. Threads: one test at a time. Owns: plain vectors.
#pragma once

#include "wire/decode.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string_view>
#include <tuple>
#include <vector>

namespace visor::wire::test {

using Raw = std::vector<uint8_t>;

inline Raw operator+(Raw a, const Raw& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
inline Raw be16(unsigned v) {
    return {static_cast<uint8_t>(v >> 8), static_cast<uint8_t>(v)};
}
inline Raw be32(uint32_t v) {
    return be16(v >> 16) + be16(v & 0xffff);
}
inline Raw text(std::string_view s) {
    return {s.begin(), s.end()};
}
// A DNS name, told as text, as it stands in a message.
inline Raw name_bytes(std::string_view name) {
    Raw out;
    while (!name.empty()) {
        const size_t size = std::min(name.find('.'), name.size());
        out.push_back(static_cast<uint8_t>(size));
        out.insert(out.end(), name.begin(), name.begin() + static_cast<ptrdiff_t>(size));
        name.remove_prefix(std::min(size + 1, name.size()));
    }
    out.push_back(0);
    return out;
}

inline Raw ether(unsigned type, const Raw& payload) {
    return Raw{2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2} + be16(type) + payload;
}
inline Raw udp(const Raw& payload, unsigned src = 1000, unsigned dst = 53) {
    return be16(src) + be16(dst) + be16(static_cast<unsigned>(payload.size()) + 8) + be16(0) + payload;
}
inline Raw tcp(const Raw& payload, uint8_t flags = tcp_flag::syn, unsigned words = 5) {
    return be16(1000) + be16(53) + be32(1) + be32(0) + Raw{static_cast<uint8_t>(words << 4), flags} +
           be16(1024) + be32(0) + payload;
}
struct V4 {
    uint8_t proto = 17;
    uint8_t first = 0x45;
    int total = -1;
    unsigned fragment = 0;
    Raw options = {};
};
inline Raw ip4(const Raw& payload, const V4& o = {}) {
    const unsigned words = (o.first & 15U) + static_cast<unsigned>(o.options.size() / 4);
    const unsigned total = o.total >= 0 ? static_cast<unsigned>(o.total)
                                        : 20 + static_cast<unsigned>(o.options.size() + payload.size());
    return Raw{static_cast<uint8_t>((o.first & 0xf0) | words), 0} + be16(total) + be16(77) +
           be16(o.fragment) + Raw{64, o.proto, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2} + o.options + payload;
}
inline Raw ip6(const Raw& payload, uint8_t next = 17, int length = -1) {
    const unsigned size = length >= 0 ? static_cast<unsigned>(length) : static_cast<unsigned>(payload.size());
    return Raw{0x60, 0, 0, 0} + be16(size) + Raw{next, 64} +
           Raw{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1} +
           Raw{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2} + payload;
}

// Packets point into their frames: those are kept until the test program ends.
inline Packet decoded(const Raw& bytes, LinkType link = LinkType::ethernet, uint32_t wirelen = 0) {
    static std::deque<Raw> kept;
    const Raw& frame = kept.emplace_back(bytes);
    Packet p;
    decode(link, frame.data(), static_cast<uint32_t>(frame.size()),
           wirelen ? wirelen : static_cast<uint32_t>(frame.size()), p);
    return p;
}

// Every field of a packet, to compare it by.
inline auto fields(const Packet& p) {
    return std::tuple(p.data, p.addresses, p.ts_ns, p.flow_hash, p.caplen, p.wirelen, p.payload_len, p.l3,
                      p.l4, p.payload, p.src_port, p.dst_port, p.eth_src, p.ip_version, p.proto, p.tcp_flags,
                      p.flags, p.direction, p.anomaly, p.kind);
}

} // namespace visor::wire::test
