#include "engine/decoder.hpp"

#include "wire/ports.hpp"

#include <algorithm>

namespace visor::engine {

namespace {
constexpr uint32_t prefetch_ahead = 8;

// Headers and, behind them, the name of a DNS question.
void prefetch_frame(const uint8_t* data) {
    __builtin_prefetch(data);
    __builtin_prefetch(data + 64);
}
} // namespace

Decoder::Decoder(const DecodeSettings& settings)
    : settings_(settings), packets_(block_frames_max), dns_(block_frames_max), dhcp_(block_frames_max),
      joins_(block_frames_max), names_(block_frames_max) {}

void Decoder::decode(const FrameBlock& block) {
    count_ = block.count;
    dns_count_ = dhcp_count_ = join_count_ = 0;
    names_.clear();
    for (uint32_t i = 0; i < count_; ++i) {
        if (i + prefetch_ahead < count_) prefetch_frame(block.frames[i + prefetch_ahead].data);
        const Frame& frame = block.frames[i];
        wire::Packet& packet = packets_[i];
        packet = {};
        packet.ts_ns = frame.ts_ns;
        wire::decode(static_cast<wire::LinkType>(frame.link), frame.data, frame.caplen, frame.wirelen,
                     packet);
        ++anomalies_[static_cast<size_t>(packet.anomaly)];
        if (packet.has(wire::packet_flag::has_addresses)) {
            set_direction(packet);
            classify(static_cast<uint16_t>(i));
        } else if (settings_.flow_hashes) { // no flow but the stations that talk
            packet.flow_hash =
                sketch::keyed_hash(settings_.key, frame.data, std::min<size_t>(frame.caplen, 12));
        }
        ++directions_[static_cast<size_t>(packet.direction)];
    }
}

// The destination is asked first, so traffic between two hosts of ours is in.
void Decoder::set_direction(wire::Packet& packet) const {
    const PrefixSet& hosts = settings_.hosts;
    if (hosts.empty()) return;
    const bool v4 = packet.is_v4();
    if (v4 ? hosts.contains_v4(load_be32(packet.dst_ip())) : hosts.contains_v6(packet.dst_ip()))
        packet.direction = wire::Direction::in;
    else if (v4 ? hosts.contains_v4(load_be32(packet.src_ip())) : hosts.contains_v6(packet.src_ip()))
        packet.direction = wire::Direction::out;
}

void Decoder::classify(uint16_t index) {
    wire::Packet& packet = packets_[index];
    const bool ported = packet.has(wire::packet_flag::has_ports) && !packet.has(wire::packet_flag::fragment);
    if (settings_.flow_hashes && !ported) packet.flow_hash = address_pair_hash(packet, settings_.key);
    // A datagram with a cut part cannot be made whole: what its first part holds is read as it stands.
    const bool cut = packet.has(wire::packet_flag::cut_fragment);
    if (packet.has(cut ? wire::packet_flag::later_fragment : wire::packet_flag::fragment)) {
        const bool joinable = packet.proto == wire::ip_proto::udp || packet.proto == wire::ip_proto::tcp;
        if (settings_.dns && joinable && !cut) joins_[join_count_++] = index;
        return;
    }
    if (!packet.has(wire::packet_flag::has_ports)) return;
    const bool dns =
        settings_.dns && (wire::is_dns_port(packet.src_port) || wire::is_dns_port(packet.dst_port));
    if (dns || settings_.flow_hashes) packet.flow_hash = symmetric_flow_hash(packet, settings_.key);
    if (packet.is_udp()) {
        if (dns) {
            read_dns_event(packet.payload_bytes(), packet, DnsTransport::udp, names_, dns_[dns_count_++]);
        } else if (settings_.dhcp &&
                   (wire::is_dhcp_port(packet.src_port) || wire::is_dhcp_port(packet.dst_port))) {
            dhcp_[dhcp_count_++] = index;
        }
    } else if (dns && packet.is_tcp()) {
        joins_[join_count_++] = index;
    }
}

void read_dns_event(Bytes message, const wire::Packet& packet, DnsTransport transport, NameRoom& names,
                    DnsEvent& out) {
    char* text = names.next();
    wire::parse_dns(message, out.message, text, out.name);
    names.keep(out.name.length);
    out.packet = &packet;
    out.text = text;
    out.size = static_cast<uint32_t>(message.size());
    out.transport = transport;
}

} // namespace visor::engine
