// What one reading of capture files serves all policies of a document with: one capture filter, one set of
// host addresses, one table of TCP connections.
// Threads: pure functions.
#pragma once

#include "control/policy.hpp"

namespace visor::control {

struct CaptureInput {
    std::string bpf, host_spec;
    std::vector<std::string> notices; // for the log: what was decided between policies
    uint32_t tcp_connections = 0;     // followed at most; 0 = nobody asked
};

// From the taps' and policies' inputs and what the command line gave. Host addresses add up. Capture filters
// cannot: the command line's wins; without it, policies that filter differently are an error, as is an input
// other than pcap. Of limits on TCP connections the largest counts, and a policy that says nothing counts
// with the usual one: nobody gets less than was asked for. `name`: of the document, for errors.
Result<CaptureInput> capture_input(const Document& document, std::string_view name,
                                   const CaptureInput& command_line);

} // namespace visor::control
