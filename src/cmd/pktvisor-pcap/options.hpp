// The command line of pktvisor-pcap.
#pragma once

#include "cmd/common/jobs.hpp"

#include <string>

namespace visor::cmd {

struct PcapOptions : CaptureOptions {
    std::string input = "pcap";
    std::string format = "json"; // json, pretty, text or html
    bool extended = false;
};

// Fills `options`. True when the program should go on; otherwise `exit_code` is what it should end with, and
// what there was to say has been said.
bool parse_command_line(int argc, char** argv, PcapOptions& options, int& exit_code);

} // namespace visor::cmd
