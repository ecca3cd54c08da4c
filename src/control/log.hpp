// The programs' log: spdlog under the logger name users' log collectors know.
#pragma once

namespace visor::control {

// "[2026-01-01 00:00:00.000] [visor] [info] text" on standard error. `quiet`: warnings and errors only,
// unless verbose. May be called again, to change how much.
void log_to_stderr(bool verbose, bool quiet);

} // namespace visor::control
