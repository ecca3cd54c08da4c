// The command line of pktvisor-pcap.
#pragma once

#include "metric/options.hpp"

#include <string>
#include <vector>

namespace visor::cmd {

struct PcapOptions {
    std::vector<std::string> files;
    std::string input = "pcap";
    std::string bpf, host_spec, config, geo_city, geo_asn;
    std::string format = "json"; // json, pretty, text or html
    unsigned max_deep_sample = 100;
    unsigned periods = 5;
    unsigned workers = 1;
    bool extended = false;
    bool verbose = false;
    OptionValues given; // of these, what visor.config may say too and was said on the command line
};

// Fills `options`. True when the program should go on; otherwise `exit_code` is what it should end with, and
// what there was to say has been said.
bool parse_command_line(int argc, char** argv, PcapOptions& options, int& exit_code);

} // namespace visor::cmd
