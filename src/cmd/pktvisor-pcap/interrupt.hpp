// SIGINT and SIGTERM stop the reading, so that what was read so far can still be shown; the same signal once
// more ends the program at once. Threads: stop_on_signals() once, before threads start.
#pragma once

#include <atomic>

namespace visor::cmd {

const std::atomic<bool>* stop_on_signals(); // becomes true with the first signal
int interrupted_exit_code();                // as shells tell it: 128 and the signal's number

} // namespace visor::cmd
