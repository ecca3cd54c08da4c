// What decoding made of a block: each frame a packet, each DNS message over UDP an event.
//
// Threads: one owner at a time; a worker's may be filled by the thread that reads ahead for it. Owns: its
// arrays and the texts of names, sized once and used again for block after block; packets and events point
// into the frames of the block, which must outlive their use.
#pragma once

#include "engine/dns_reader.hpp"
#include "engine/frames.hpp"
#include "metric/handler.hpp"

#include <span>
#include <vector>

namespace visor::engine {

class Decoded {
public:
    std::span<const wire::Packet> packets() const { return {packets_.data(), count_}; }
    std::span<const PacketOutline> outlines() const { return {outlines_.data(), count_}; }
    std::span<const DnsEvent> dns() const { return {dns_.data(), dns_count_}; }
    std::span<const uint16_t> dhcp() const { return {dhcp_.data(), dhcp_count_}; }
    // Packets only the ordered lane can turn into messages: TCP segments on DNS ports, fragments of UDP
    // and TCP.
    std::span<const uint16_t> joins() const { return {joins_.data(), join_count_}; }

private:
    friend class Decoder;

    std::vector<wire::Packet> packets_ = std::vector<wire::Packet>(block_frames_max);
    std::vector<PacketOutline> outlines_ = std::vector<PacketOutline>(block_frames_max);
    std::vector<DnsEvent> dns_ = std::vector<DnsEvent>(block_frames_max);
    std::vector<uint16_t> dhcp_ = std::vector<uint16_t>(block_frames_max),
                          joins_ = std::vector<uint16_t>(block_frames_max);
    NameRoom names_{block_frames_max};
    uint32_t count_ = 0, dns_count_ = 0, dhcp_count_ = 0, join_count_ = 0;
};

} // namespace visor::engine
