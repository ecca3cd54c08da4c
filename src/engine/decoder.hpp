// From frames to events: every frame of a block decoded once, every DNS message over UDP parsed once, for all
// handlers of all policies.
//
// Threads: one owner. Owns: what it remembers of questions and counts of what was odd; what it makes of a
// block is the caller's. Hot: no heap after construction.
#pragma once

#include "base/ip.hpp"
#include "engine/decoded.hpp"
#include "engine/flow.hpp"

#include <array>

namespace visor::engine {

struct DecodeSettings {
    PrefixSet hosts; // addresses that make a packet in or out
    bool dns = true; // some handler wants DNS messages
    bool dhcp = true;
    bool flow_hashes = false;                       // for every packet: some handler samples
    sketch::HashKey key = sketch::offline_hash_key; // that of Services
};

class Decoder {
public:
    explicit Decoder(const DecodeSettings& settings);

    // Decodes all frames of the block. What was in `out` is gone.
    void decode(const FrameBlock& block, Decoded& out);

    const std::array<uint64_t, 3>& directions() const { return directions_; } // frames, since construction
    // Since construction; of frames without any, only those that are not plain are counted.
    const std::array<uint64_t, wire::anomaly_count>& anomalies() const { return anomalies_; }

private:
    void finish_plain(wire::Packet& packet, PacketOutline& outlined, uint32_t index, Decoded& out);
    void finish_other(const Frame& frame, wire::Packet& packet, PacketOutline& outlined, uint32_t index,
                      Decoded& out);
    void set_direction(wire::Packet& packet) const;
    bool set_flow(wire::Packet& packet) const;
    void classify(wire::Packet& packet, uint32_t index, Decoded& out);
    void classify_portless(wire::Packet& packet, uint32_t index, Decoded& out);
    void hand_out(const wire::Packet& packet, bool dns, uint32_t index, Decoded& out);
    void queue_dns(const wire::Packet& packet, Decoded& out);
    void read_dns(Decoded& out);

    const DecodeSettings& settings_;
    DnsReader dns_reader_;
    std::array<const wire::Packet*, DnsReader::together> queue_{}; // whose messages are read next
    uint32_t queued_ = 0;
    std::array<uint64_t, wire::anomaly_count> anomalies_{};
    std::array<uint64_t, 3> directions_{};
};

} // namespace visor::engine
