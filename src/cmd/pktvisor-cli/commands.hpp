// What the program does without a live screen. Threads: one. Each gives the exit status, and has said what
// there was to say.
#pragma once

#include "client/agent_source.hpp"
#include "cmd/pktvisor-cli/options.hpp"

namespace visor::cmd {

// The policy to show: the one asked for, else the usual one. Error: there is none.
Result<std::string> chosen_policy(client::Source& source, const CliOptions& options);

int show_once(client::Source& source, const CliOptions& options);
int show_top(client::Source& source, const CliOptions& options);
int show_status(client::AgentSource& agent, const CliOptions& options); // 1: it drops now, or a tap is down
int objects(client::AgentSource& agent, const CliOptions& options);     // policies and taps

} // namespace visor::cmd
