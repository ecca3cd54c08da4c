// Which policies one reading of capture files serves: those that want the same frames, seen from the same
// hosts.
//
// A policy keeps its own capture filter, host addresses and limits. Frames are filtered, given their
// direction and followed before any handler sees them, so policies that differ in these are served by a
// reading each; policies that agree share one, decode and all. Threads: pure functions. Owns: nothing of the
// document, which outlives what is made of it.
#pragma once

#include "control/policy.hpp"

namespace visor::control {

// What distinguishes one reading from another.
struct CaptureInput {
    std::string bpf, host_spec;
    uint32_t tcp_connections = 0; // followed at most; 0 = nobody asked
    bool operator==(const CaptureInput&) const = default;
};

// A policy on one of its taps: a set of handlers of its own.
struct PolicyOnTap {
    const PolicyConfig* policy;
    std::string tap;
};

struct CapturePass {
    CaptureInput input;
    std::vector<PolicyOnTap> policies;
};

// That the policy wants a live capture of the tap, and neither says on which interface; empty = one does.
std::string missing_interface(const TapConfig& tap, const PolicyConfig& policy);

// The readings a document asks for, in the order of its policies. The command line's capture filter is asked
// beside each policy's own, its hosts take the place of all of theirs. An input other than pcap is an error.
// `name`: of the document, for errors.
Result<std::vector<CapturePass>> capture_passes(const Document& document, std::string_view name,
                                                const CaptureInput& command_line);

} // namespace visor::control
