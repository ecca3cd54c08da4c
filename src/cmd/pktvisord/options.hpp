// The command line of pktvisord. Threads: one, at start-up.
#pragma once

#include "metric/options.hpp"

#include <optional>
#include <string>

namespace visor::cmd {

struct CommandLine {
    std::string iface;          // makes the tap and the policy "default"
    std::string bpf, host_spec; // of that one only
    std::string config;
    std::string check_config; // validate this file and exit
    OptionValues given;       // process options, checked: they win over visor.config
};

// Fills `line`. Nothing: go on. Otherwise the exit code, and what there was to say has been said.
std::optional<int> parse_command_line(int argc, const char* const* argv, CommandLine& line);

} // namespace visor::cmd
