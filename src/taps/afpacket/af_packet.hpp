// Live frames by packet sockets: a ring for each queue and interface, read where the kernel wrote. Linux.
//
// Every frame an interface receives or sends is seen once; on a loopback interface, where each passes twice,
// when it arrives. Several queues share an interface's frames by flow: both directions of one, and all
// fragments of a datagram, come to the same queue. Frames are whole: there is no snapshot length. An
// interface that is down, or vanishes, is waited for; one that comes back under its name is opened again,
// filter and all.
//
// Interfaces with an Ethernet header, and loopback, give LINKTYPE_ETHERNET; tunnels, PPP and `any` (all
// interfaces at once) give LINKTYPE_LINUX_SLL. Needs CAP_NET_RAW and nothing else, promiscuous mode included.
// Threads, owns, units: as engine::LiveTap.
#pragma once

#include "base/result.hpp"
#include "engine/live_source.hpp"

#include <memory>

namespace visor::taps {

struct AfPacketConfig {
    std::vector<std::string> interfaces = {}; // names, or the one word "any"
    std::string bpf = {};                     // pcap-filter(7); empty: everything
    unsigned queues = 1;                      // 1 to 64
    size_t ring_bytes = 64 << 20;             // of all rings together
    unsigned retire_ms = 10;  // a frame waits at most about so long for others to share its block
    bool promiscuous = false; // also frames the interface would leave to others
};

Result<std::unique_ptr<engine::LiveTap>> open_af_packet(const AfPacketConfig& config,
                                                        engine::TapNotify notify);

} // namespace visor::taps
