// From frames to events: every frame of a block decoded once, every DNS message over UDP parsed once, for all
// handlers of all policies.
//
// Threads: one decoder per worker. Owns: the arrays of events, reused from block to block; they point into
// the block, which must outlive their use. Hot: no heap after construction.
#pragma once

#include "base/ip.hpp"
#include "engine/dns_reader.hpp"
#include "engine/flow.hpp"
#include "engine/frames.hpp"
#include "metric/handler.hpp"

#include <array>
#include <span>
#include <vector>

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

    // Decodes all frames of the block. What it returned before is gone.
    void decode(const FrameBlock& block);

    std::span<const wire::Packet> packets() const { return {packets_.data(), count_}; }
    std::span<const DnsEvent> dns() const { return {dns_.data(), dns_count_}; }
    std::span<const uint16_t> dhcp() const { return {dhcp_.data(), dhcp_count_}; }
    // Packets only the ordered lane can turn into messages: TCP segments on DNS ports, fragments of UDP
    // and TCP.
    std::span<const uint16_t> joins() const { return {joins_.data(), join_count_}; }
    const std::array<uint64_t, 3>& directions() const { return directions_; } // frames, since construction
    // Since construction; of frames without any, only those that are not plain are counted.
    const std::array<uint64_t, wire::anomaly_count>& anomalies() const { return anomalies_; }

private:
    void set_direction(wire::Packet& packet) const;
    void classify(uint16_t index);
    void classify_ports(uint16_t index);
    void classify_portless(uint16_t index);
    void queue_dns(const wire::Packet& packet);
    void read_dns();

    const DecodeSettings& settings_;
    std::vector<wire::Packet> packets_;
    std::vector<DnsEvent> dns_;
    std::vector<uint16_t> dhcp_, joins_;
    DnsReader dns_reader_;
    std::array<const wire::Packet*, DnsReader::together> queue_{}; // whose messages are read next
    uint32_t queued_ = 0;
    uint32_t count_ = 0, dns_count_ = 0, dhcp_count_ = 0, join_count_ = 0;
    std::array<uint64_t, wire::anomaly_count> anomalies_{};
    std::array<uint64_t, 3> directions_{};
};

} // namespace visor::engine
