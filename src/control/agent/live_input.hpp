// What a live tap reads, from the options of a tap and of the policy that uses it; and the tap itself.
// Threads: any. Owns: plain values. Units: bytes.
#pragma once

#include "base/ip.hpp"
#include "base/result.hpp"
#include "engine/live_source.hpp"
#include "metric/options.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace visor::control {

struct LiveInput {
    bool mock = false;  // an input of that type: frames are made up
    bool fails = false; // it is not to start
    std::string source; // a value of pcap_source; empty: the best there is
    std::string iface, bpf, host_spec;
    uint32_t tcp_connections = 0; // followed at most; 0 = nobody asked
    bool promiscuous = false;

    static LiveInput from(std::string_view input_type, const OptionValues& values);
};

// What the process gives to each of its taps.
struct TapSettings {
    unsigned workers = 1;         // capture queues, at most
    size_t ring_bytes = 64 << 20; // of one tap
    bool promiscuous = false;
};

// Opens it. The error is one line that says what to do.
Result<std::unique_ptr<engine::LiveTap>> open_tap(const LiveInput& input, const TapSettings& settings,
                                                  const engine::TapNotify& notify);

} // namespace visor::control
