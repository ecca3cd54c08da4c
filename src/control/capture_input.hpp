// What one reading of capture files serves all policies of a document with: one capture filter, one set of
// host addresses.
// Threads: pure functions.
#pragma once

#include "control/policy.hpp"

namespace visor::control {

struct CaptureInput {
    std::string bpf, host_spec;
    std::vector<std::string> notices; // for the log: what was decided between policies
};

// From the taps' and policies' inputs and what the command line gave. Host addresses add up. Capture filters
// cannot: the command line's wins; without it, policies that filter differently are an error, as is an input
// other than pcap. `name`: of the document, for errors.
Result<CaptureInput> capture_input(const Document& document, std::string_view name,
                                   const CaptureInput& command_line);

} // namespace visor::control
