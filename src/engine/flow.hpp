// Hashes of a packet's flow: one the same for both directions, one for each direction.
//
// Threads: pure functions. Keyed, so that nobody outside can aim flows at one table set.
#pragma once

#include "sketch/hash.hpp"
#include "wire/packet.hpp"

#include <bit>

namespace visor::engine {

namespace detail {
struct Endpoints {
    uint64_t src, dst;
};

inline Endpoints endpoints(const wire::Packet& p, const sketch::HashKey& key) {
    if (p.is_v4())
        return {uint64_t{load_be32(p.src_ip())} << 16 | p.src_port,
                uint64_t{load_be32(p.dst_ip())} << 16 | p.dst_port};
    // One multiplication is enough here, as they are hashed again; what is added keeps a factor of 0 from
    // swallowing the other one.
    const auto one = [&key](const uint8_t* ip, uint16_t port) {
        const auto hi = load_native<uint64_t>(ip), lo = load_native<uint64_t>(ip + 8);
        const auto product = sketch::detail::multiply(hi ^ key.a, lo ^ key.b);
        return (product.low ^ product.high) + (hi ^ std::rotl(lo, 32)) + port;
    };
    return {one(p.src_ip(), p.src_port), one(p.dst_ip(), p.dst_port)};
}
} // namespace detail

// The same for a query and its reply. Only for packets with an IP header.
inline uint64_t symmetric_flow_hash(const wire::Packet& p, const sketch::HashKey& key) {
    const auto e = detail::endpoints(p, key);
    const uint64_t swap =
        (e.src ^ e.dst) & (uint64_t{0} - (e.dst < e.src)); // to the smaller first, without a branch
    return sketch::keyed_hash_16(key, e.src ^ swap ^ uint64_t{p.proto} << 56, e.dst ^ swap);
}

// Different for the two directions of a connection.
inline uint64_t directed_flow_hash(const wire::Packet& p, const sketch::HashKey& key) {
    const auto e = detail::endpoints(p, key);
    return sketch::keyed_hash_16(key, e.src ^ uint64_t{p.proto} << 56, e.dst);
}

namespace detail {
inline wire::Packet portless(const wire::Packet& p) {
    wire::Packet copy = p;
    copy.src_port = copy.dst_port = 0;
    return copy;
}
} // namespace detail

// The same for every packet between two addresses: the flow of what has no ports, or shows them in one
// fragment only.
inline uint64_t address_pair_hash(const wire::Packet& p, const sketch::HashKey& key) {
    return symmetric_flow_hash(detail::portless(p), key);
}

// Source, destination, protocol and identification: what tells datagrams apart while in fragments.
inline uint64_t fragment_hash(const wire::Packet& p, uint32_t id, const sketch::HashKey& key) {
    return sketch::keyed_hash_16(key, directed_flow_hash(detail::portless(p), key), id);
}

} // namespace visor::engine
