// Live frames by libpcap: the tap for every system and every kind of interface. One queue; frames are copied.
//
// Link types, snapshots of at most 256 KiB, VLAN tags and filters are libpcap's. An interface that is down,
// or vanishes, is waited for, and opened again when it is back. Of several interfaces each block has frames
// of one. `received` is what was handed out and what was dropped: systems differ in what they count. What is
// ready and not handed out, what tags were put back and how often a buffer was full libpcap does not tell.
// Threads, units: as engine::LiveTap. Owns: frames lie in the block's buffer.
#pragma once

#include "base/result.hpp"
#include "engine/live_source.hpp"

#include <memory>

namespace visor::taps {

struct LivePcapConfig {
    std::vector<std::string> interfaces = {}; // names, or what libpcap calls so, as "any"
    std::string bpf = {};                     // pcap-filter(7); empty: everything
    size_t buffer_bytes = 64 << 20;           // of all interfaces together
    unsigned timeout_ms = 10;                 // a frame waits at most about so long for others
    bool promiscuous = false;
};

Result<std::unique_ptr<engine::LiveTap>> open_live_pcap(const LivePcapConfig& config,
                                                        engine::TapNotify notify);

} // namespace visor::taps
