// What handlers are told of: packets and DNS messages, decoded once for all of them.
//
// A block may be decoded by another processor than the one that summarises it, and what one has written is
// dear to read for the other, about a line of the cache at a time. So what most handlers ask of a packet or
// of a message lies together, and where it came from is a pointer away. Threads: plain values. Owns: nothing;
// what they point to lives as long as the block they are of. Units: nanoseconds since 1970, bytes.
#pragma once

#include "metric/name_keys.hpp"
#include "wire/dns.hpp"
#include "wire/packet.hpp"
#include "wire/ports.hpp"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace visor {

struct alignas(32) PacketOutline {
    int64_t ts_ns;
    uint8_t remote[16]; // the address that is not of the host: 4 or 16 bytes; only with a direction
    uint32_t wirelen;
    wire::Direction direction;
    uint8_t kind;  // wire::Packet::kind_of()
    uint8_t flags; // wire::packet_flag
    uint8_t tcp_flags;

    bool has_addresses() const { return (flags & wire::packet_flag::has_addresses) != 0; }
    bool is_v4() const { return kind >> 2 == 2; }
    bool is_tcp() const { return (kind & 3) == static_cast<uint8_t>(wire::Layer4::tcp); }
};
static_assert(sizeof(PacketOutline) == 32);

// Of a packet whose direction is known by now.
inline void outline(const wire::Packet& packet, PacketOutline& out) {
    // All is read before anything is written: bytes that are written could be any, for all a compiler knows.
    const wire::Direction direction = packet.direction;
    const uint8_t kind = packet.kind, flags = packet.flags, tcp_flags = packet.tcp_flags;
    const bool v4 = packet.is_v4();
    const uint8_t* const remote =
        packet.addresses + (direction == wire::Direction::out ? packet.ip_len() : 0);
    out.ts_ns = packet.ts_ns;
    out.wirelen = packet.wirelen;
    if ((flags & wire::packet_flag::has_addresses) != 0) [[likely]] {
        if (v4)
            std::memcpy(out.remote, remote, 4);
        else
            std::memcpy(out.remote, remote, 16);
    }
    out.direction = direction;
    out.kind = kind;
    out.flags = flags;
    out.tcp_flags = tcp_flags;
}

// How a DNS message came: over UDP and TCP from packets, the rest from dnstap.
enum class DnsTransport : uint8_t { udp, tcp, dot, doh, dnscrypt_udp, dnscrypt_tcp, doq };
inline constexpr size_t transport_count = 7;

// A first question's name: lower-cased presentation text, empty without a question. Messages of a block that
// were found to ask for the same name share it. Up to room_size bytes of text lie in it, longer ones
// elsewhere.
struct alignas(64) DnsName {
    static constexpr size_t room_size = 32;

    NameKeys keys; // of its ends
    const char* text;
    wire::DnsNameText ends; // bytes of the text and of its last labels
    char room[room_size];

    std::string_view view() const { return {text, ends.length}; }
    const char* end() const { return text + ends.length; }
};
static_assert(sizeof(DnsName) == 64);

struct alignas(64) DnsEvent {
    const uint8_t* data;        // of the message
    const wire::Packet* packet; // it came in (the last one, when reassembled)
    const DnsName* name;
    int64_t ts_ns;        // of the packet, as are direction and version
    uint64_t transaction; // keyed, of flow and DNS id: the same for a query and its reply
    uint32_t size;        // of the message
    uint16_t id;
    wire::DnsFlags flags;
    uint16_t answers;   // as its header says
    uint16_t qtype;     // of the first question
    uint16_t rcode;     // all 12 bits
    uint16_t name_back; // events back to an earlier one of its block with the same name; 0: not known
    uint16_t client_port;
    wire::Direction direction;
    uint8_t ip_version;
    DnsTransport transport;
    wire::DnsAnomaly anomaly;
    bool has_question; // a readable one
    bool incomplete;   // there should be one

    bool response() const { return flags.response(); }
    bool unreadable() const { return anomaly == wire::DnsAnomaly::short_header; } // neither query nor reply
    std::string_view qname() const { return name->view(); }
    wire::DnsMessage message() const {
        return wire::parse_dns({data, size});
    } // once more, to walk its records
};
static_assert(sizeof(DnsEvent) == 64);

inline uint64_t transaction_of(uint64_t flow_hash, uint16_t dns_id) {
    return flow_hash + dns_id * 0x9e6c63d0676a9a99u; // keyed and mixed already; odd, so that no id is lost
}

// Of the two ports the one that is not the server's. Without a branch: a coin decides whether a query or a
// reply comes next.
inline uint16_t client_port(const wire::Packet& packet) {
    const uint32_t to_server = wire::is_dns_port(packet.dst_port);
    return static_cast<uint16_t>(packet.dst_port ^ ((packet.dst_port ^ packet.src_port) & (0U - to_server)));
}

// All of the event but its name.
inline void describe(const wire::DnsMessage& message, const wire::Packet& packet, DnsTransport transport,
                     DnsEvent& out) {
    const wire::DnsHeader& header = message.header;
    out.data = message.bytes.data();
    out.packet = &packet;
    out.ts_ns = packet.ts_ns;
    out.transaction = transaction_of(packet.flow_hash, header.id);
    out.size = static_cast<uint32_t>(message.bytes.size());
    out.id = header.id;
    out.flags = header.flags;
    out.answers = header.ancount;
    out.qtype = message.qtype;
    out.rcode = wire::dns_full_rcode(message);
    out.client_port = client_port(packet);
    out.direction = packet.direction;
    out.ip_version = packet.ip_version;
    out.transport = transport;
    out.anomaly = message.anomaly;
    out.has_question = message.has_question();
    out.incomplete = header.qdcount != 0 && !message.has_question();
}

} // namespace visor
