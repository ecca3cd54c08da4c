#include "engine/decoder.hpp"

#include "wire/decode.hpp"
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

Decoder::Decoder(const DecodeSettings& settings) : settings_(settings), dns_reader_(settings.key) {}

void Decoder::decode(const FrameBlock& block, Decoded& out) {
    const uint32_t count = out.count_ = block.count;
    out.dns_count_ = out.dhcp_count_ = out.join_count_ = 0;
    dns_reader_.begin(out.names_);
    const Frame* const frames = block.frames.data();
    wire::Packet* const packets = out.packets_.data();
    PacketOutline* const outlines = out.outlines_.data();
    const uint32_t prefetched = std::max(count, prefetch_ahead) - prefetch_ahead;
    for (uint32_t i = 0; i < count; ++i) {
        const Frame& frame = frames[i];
        if (i < prefetched) prefetch_frame((&frame)[prefetch_ahead].data);
        wire::Packet& packet = packets[i];
        packet.ts_ns = frame.ts_ns;
        packet.flow_hash = 0;
        const auto link = static_cast<wire::LinkType>(frame.link);
        const uint8_t plain = wire::decode(link, frame.data, frame.caplen, frame.wirelen, packet);
        if (plain == 4)
            finish_plain(packet, outlines[i], i, out);
        else if (plain == 6)
            finish_plain(packet, outlines[i], i, out);
        else [[unlikely]]
            finish_other(frame, packet, outlines[i], i, out);
        ++directions_[static_cast<size_t>(packet.direction)];
    }
    read_dns(out);
}

// Made part of both lines, IPv4's and IPv6's, so that neither asks again which of them it is.
[[gnu::always_inline]] inline void Decoder::finish_plain(wire::Packet& packet, PacketOutline& outlined,
                                                         uint32_t index, Decoded& out) {
    set_direction(packet);
    const bool dns = set_flow(packet);
    outline(packet, outlined);
    hand_out(packet, dns, index, out);
}

[[gnu::noinline]] void Decoder::finish_other(const Frame& frame, wire::Packet& packet,
                                             PacketOutline& outlined, uint32_t index, Decoded& out) {
    ++anomalies_[static_cast<size_t>(packet.anomaly)];
    packet.direction = wire::Direction::unknown;
    if (packet.has(wire::packet_flag::has_addresses)) {
        set_direction(packet);
        classify(packet, index, out);
    } else if (settings_.flow_hashes) { // no flow but the stations that talk
        packet.flow_hash = sketch::keyed_hash(settings_.key, frame.data, std::min<size_t>(frame.caplen, 12));
    }
    outline(packet, outlined);
}

inline void Decoder::queue_dns(const wire::Packet& packet, Decoded& out) {
    queue_[queued_++] = &packet;
    if (queued_ == queue_.size()) read_dns(out);
}

void Decoder::read_dns(Decoded& out) {
    dns_reader_.read({queue_.data(), queued_}, out.dns_.data() + out.dns_count_);
    out.dns_count_ += queued_;
    queued_ = 0;
}

// The destination is asked first, so traffic between two hosts of ours is in.
inline void Decoder::set_direction(wire::Packet& packet) const {
    const auto [from_us, to_us] = packet.is_v4() ? settings_.hosts.contain_v4(packet.addresses)
                                                 : settings_.hosts.contain_v6(packet.addresses);
    static_assert(static_cast<int>(wire::Direction::in) == 1 && static_cast<int>(wire::Direction::out) == 2);
    packet.direction = static_cast<wire::Direction>(to_us | (from_us & !to_us) << 1);
}

// What only the ordered lane or sampling asks of packets without ports of their own, and of fragments.
void Decoder::classify_portless(wire::Packet& packet, uint32_t index, Decoded& out) {
    if (settings_.flow_hashes) packet.flow_hash = address_pair_hash(packet, settings_.key);
    const bool whole =
        packet.has(wire::packet_flag::fragment) && !packet.has(wire::packet_flag::cut_fragment);
    const bool joinable = packet.proto == wire::ip_proto::udp || packet.proto == wire::ip_proto::tcp;
    if (settings_.dns && whole && joinable) out.joins_[out.join_count_++] = static_cast<uint16_t>(index);
}

void Decoder::classify(wire::Packet& packet, uint32_t index, Decoded& out) {
    using namespace wire::packet_flag;
    if ((packet.flags & (has_ports | fragment)) != has_ports) [[unlikely]] {
        classify_portless(packet, index, out);
        // A datagram with a cut part cannot be made whole: what its first part holds is read as it stands.
        if ((packet.flags & (has_ports | cut_fragment | later_fragment)) != (has_ports | cut_fragment))
            return;
    }
    const bool dns = set_flow(packet);
    hand_out(packet, dns, index, out);
}

// Of a packet with ports; says whether they are DNS's.
inline bool Decoder::set_flow(wire::Packet& packet) const {
    // Without a branch: a coin decides which of the two it is.
    const unsigned either = unsigned{wire::is_dns_port(packet.src_port)} | wire::is_dns_port(packet.dst_port);
    const bool dns = settings_.dns && either;
    if (dns || settings_.flow_hashes) packet.flow_hash = symmetric_flow_hash(packet, settings_.key);
    return dns;
}

// To whoever wants more of it than a packet.
inline void Decoder::hand_out(const wire::Packet& packet, bool dns, uint32_t index, Decoded& out) {
    if (packet.proto == wire::ip_proto::udp) {
        if (dns) {
            queue_dns(packet, out);
        } else if (settings_.dhcp &&
                   (wire::is_dhcp_port(packet.src_port) || wire::is_dhcp_port(packet.dst_port))) {
            out.dhcp_[out.dhcp_count_++] = static_cast<uint16_t>(index);
        }
    } else if (dns && packet.proto == wire::ip_proto::tcp) {
        out.joins_[out.join_count_++] = static_cast<uint16_t>(index);
    }
}

} // namespace visor::engine
