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
    PacketOutline* const outlines = out.outlines_.data();
    for (uint32_t i = 0; i < count; ++i) {
        if (i + prefetch_ahead < count) prefetch_frame(block.frames[i + prefetch_ahead].data);
        const Frame& frame = block.frames[i];
        wire::Packet& packet = out.packets_[i];
        packet.ts_ns = frame.ts_ns;
        packet.flow_hash = 0;
        packet.direction = wire::Direction::unknown;
        const auto link = static_cast<wire::LinkType>(frame.link);
        const auto index = static_cast<uint16_t>(i);
        if (wire::decode(link, frame.data, frame.caplen, frame.wirelen, packet)) [[likely]] {
            set_direction(packet);
            outline(packet, outlines[i]);
            classify_ports(index, out);
            ++directions_[static_cast<size_t>(packet.direction)];
            continue;
        }
        ++anomalies_[static_cast<size_t>(packet.anomaly)];
        if (packet.has(wire::packet_flag::has_addresses)) {
            set_direction(packet);
            classify(index, out);
        } else if (settings_.flow_hashes) { // no flow but the stations that talk
            packet.flow_hash =
                sketch::keyed_hash(settings_.key, frame.data, std::min<size_t>(frame.caplen, 12));
        }
        outline(packet, outlines[i]);
        ++directions_[static_cast<size_t>(packet.direction)];
    }
    read_dns(out);
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
    const PrefixSet& hosts = settings_.hosts;
    if (hosts.empty()) return;
    const auto [from_us, to_us] =
        packet.is_v4() ? hosts.contain_v4(packet.addresses) : hosts.contain_v6(packet.addresses);
    static_assert(static_cast<int>(wire::Direction::in) == 1 && static_cast<int>(wire::Direction::out) == 2);
    packet.direction = static_cast<wire::Direction>(to_us | (from_us & !to_us) << 1);
}

// What only the ordered lane or sampling asks of packets without ports of their own, and of fragments.
void Decoder::classify_portless(uint16_t index, Decoded& out) {
    wire::Packet& packet = out.packets_[index];
    if (settings_.flow_hashes) packet.flow_hash = address_pair_hash(packet, settings_.key);
    const bool whole =
        packet.has(wire::packet_flag::fragment) && !packet.has(wire::packet_flag::cut_fragment);
    const bool joinable = packet.proto == wire::ip_proto::udp || packet.proto == wire::ip_proto::tcp;
    if (settings_.dns && whole && joinable) out.joins_[out.join_count_++] = index;
}

void Decoder::classify(uint16_t index, Decoded& out) {
    wire::Packet& packet = out.packets_[index];
    using namespace wire::packet_flag;
    if ((packet.flags & (has_ports | fragment)) != has_ports) [[unlikely]] {
        classify_portless(index, out);
        // A datagram with a cut part cannot be made whole: what its first part holds is read as it stands.
        if ((packet.flags & (has_ports | cut_fragment | later_fragment)) != (has_ports | cut_fragment))
            return;
    }
    classify_ports(index, out);
}

inline void Decoder::classify_ports(uint16_t index, Decoded& out) {
    wire::Packet& packet = out.packets_[index];
    // Without a branch: a coin decides which of the two it is.
    const unsigned either = unsigned{wire::is_dns_port(packet.src_port)} | wire::is_dns_port(packet.dst_port);
    const bool dns = settings_.dns && either;
    if (dns || settings_.flow_hashes) packet.flow_hash = symmetric_flow_hash(packet, settings_.key);
    if (packet.proto == wire::ip_proto::udp) {
        if (dns) {
            queue_dns(packet, out);
        } else if (settings_.dhcp &&
                   (wire::is_dhcp_port(packet.src_port) || wire::is_dhcp_port(packet.dst_port))) {
            out.dhcp_[out.dhcp_count_++] = index;
        }
    } else if (dns && packet.proto == wire::ip_proto::tcp) {
        out.joins_[out.join_count_++] = index;
    }
}

} // namespace visor::engine
