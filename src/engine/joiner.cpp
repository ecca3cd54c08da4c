#include "engine/joiner.hpp"

#include "wire/ports.hpp"

#include <algorithm>

namespace visor::engine {

namespace {
constexpr uint32_t udp_header = 8, tcp_header = 20;

// Payload of a TCP segment as it was on the wire: what the IP header says, or the frame's length where it
// says 0.
uint32_t tcp_wire_payload(const wire::Packet& packet) {
    const uint8_t* ip = packet.data + packet.l3;
    const uint32_t said = packet.is_v4() ? load_be16(ip + 2) : load_be16(ip + 4) + 40U;
    const uint32_t headers = packet.payload - uint32_t{packet.l3};
    const bool offloaded = packet.is_v4() ? said == 0 : said == 40;
    const uint32_t total = offloaded ? packet.wirelen - std::min(packet.wirelen, uint32_t{packet.l3}) : said;
    return std::max(total > headers ? total - headers : 0, packet.payload_len);
}
} // namespace

Joiner::Joiner(const DecodeSettings& settings, uint32_t tcp_connections)
    : settings_(settings), tcp_(tcp_connections) {}

// Of a TCP segment whose first part was cut by the capture, that part stands for itself.
void Joiner::add(const wire::Packet& packet, OnMessage on_message) {
    if (packet.has(wire::packet_flag::fragment) && !packet.has(wire::packet_flag::cut_fragment))
        fragment(packet, on_message);
    else
        segment(packet, on_message);
}

void Joiner::segment(const wire::Packet& packet, OnMessage on_message) {
    if (packet.payload == 0) return; // the header itself was cut off
    segment(TcpSegment{.stream = directed_flow_hash(packet, settings_.key),
                       .seq = load_be32(packet.data + packet.l4 + 4),
                       .wire_len = tcp_wire_payload(packet),
                       .payload = packet.payload_bytes(),
                       .now_us = packet.ts_ns / 1000,
                       .flags = packet.tcp_flags,
                       .packet = &packet},
            on_message);
}

void Joiner::segment(const TcpSegment& segment, OnMessage on_message) {
    tcp_.segment(segment, [&](Bytes message, const wire::Packet* completed_by) {
        read(message, *completed_by, DnsTransport::tcp, on_message);
    });
}

void Joiner::fragment(const wire::Packet& packet, OnMessage on_message) {
    const wire::Fragment part = wire::fragment_of(packet);
    const uint64_t key = fragment_hash(packet, part.id, settings_.key);
    const Bytes whole = fragments_.add(key, part, packet.ts_ns / 1000, [](Bytes ports) {
        return wire::is_dns_port(load_be16(ports.data())) || wire::is_dns_port(load_be16(ports.data() + 2));
    });
    if (whole.ok()) datagram(whole, packet, on_message);
}

// A UDP datagram or TCP segment made whole from fragments.
void Joiner::datagram(Bytes datagram, const wire::Packet& last_part, OnMessage on_message) {
    const bool udp = last_part.proto == wire::ip_proto::udp;
    if (datagram.size() < (udp ? udp_header : tcp_header)) return;
    const uint8_t* header = datagram.data();
    wire::Packet whole = last_part;
    whole.src_port = load_be16(header);
    whole.dst_port = load_be16(header + 2);
    whole.flow_hash = symmetric_flow_hash(whole, settings_.key);
    if (udp) return read(datagram.from(udp_header), whole, DnsTransport::udp, on_message);
    whole.tcp_flags = header[13];
    const uint32_t header_size = (header[12] >> 4) * 4U;
    const Bytes payload = datagram.from(header_size);
    if (header_size < tcp_header || !payload.ok()) return;
    segment(TcpSegment{.stream = directed_flow_hash(whole, settings_.key),
                       .seq = load_be32(header + 4),
                       .wire_len = static_cast<uint32_t>(payload.size()),
                       .payload = payload,
                       .now_us = whole.ts_ns / 1000,
                       .flags = whole.tcp_flags,
                       .packet = &whole},
            on_message);
}

void Joiner::read(Bytes message, const wire::Packet& packet, DnsTransport transport, OnMessage on_message) {
    dns_reader_.begin(names_);
    DnsEvent event{};
    dns_reader_.read(message, packet, transport, event);
    on_message(event);
}

void Joiner::pass_time(int64_t now_us, OnMessage on_message) {
    tcp_.cross_gaps(now_us - TcpStreams::hole_wait_us, [&](Bytes message, const wire::Packet* packet) {
        read(message, *packet, DnsTransport::tcp, on_message);
    });
    fragments_.expire(now_us);
}

void Joiner::flush(OnMessage on_message) {
    tcp_.flush([&](Bytes message, const wire::Packet* packet) {
        read(message, *packet, DnsTransport::tcp, on_message);
    });
    fragments_.expire(INT64_MAX);
}

uint64_t Joiner::new_errors() {
    const TcpStreamCounts& counts = tcp_.counts();
    const uint64_t errors = counts.gaps + counts.no_room + counts.not_followed;
    return errors - std::exchange(errors_told_, errors);
}

} // namespace visor::engine
