// The command line of pktvisor-cli. Threads: one, at start-up.
#pragma once

#include "client/transport.hpp"
#include "cmd/common/jobs.hpp"
#include "sinks/text_canvas.hpp"

#include <optional>
#include <string>
#include <vector>

namespace visor::cmd {

struct CliOptions {
    client::HttpSettings agent;
    std::string policy;     // empty: not said
    std::string token_file; // read into `agent`
    CaptureOptions capture; // whose files are those named
    bool once = false;
    std::string format; // "json" or "text"; empty: not said
    std::optional<uint32_t> minutes;
    size_t lines = 10; // of a top list
    std::string color = "auto", theme;
    bool ascii = false, no_mouse = false;
    std::string command;            // "top", "status", "policies", "taps"; empty: none
    std::vector<std::string> words; // what follows it

    sinks::Look look() const; // of standard output
    bool screen() const;      // what is wanted is the live screen, not something printed
    bool json() const { return format == "json"; }
};

inline constexpr const char* cli_name = "pktvisor-cli";

// Fills `options`. True when the program should go on; otherwise `exit_code` is what it should end with, and
// what there was to say has been said.
bool parse_command_line(int argc, char** argv, CliOptions& options, int& exit_code);

// With the ways of earlier versions made ours: one dash before a long option, two before a letter, and
// `-p=1` for `-p 1`.
std::vector<std::string> with_our_dashes(const std::vector<std::string>& arguments,
                                         const std::vector<std::string>& long_names);

// The token in a file's first line. Error: there is none, or it cannot be sent.
Result<std::string> read_token(const std::string& path);

} // namespace visor::cmd
