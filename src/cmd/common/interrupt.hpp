// SIGINT and SIGTERM stop the reading, so that what was read so far can still be shown; the same signal once
// more ends the program at once. Threads: stop_on_signals() once, before threads start.
#pragma once

#include <atomic>

namespace visor::cmd {

// Both tell of the first signal: for who looks now and then, and for who waits in poll(2).
struct StopSignal {
    const std::atomic<bool>* flag;
    int fd; // readable from then on
};

StopSignal stop_on_signals();
bool stop_signalled();
int interrupted_exit_code(); // as shells tell it: 128 and the signal's number

} // namespace visor::cmd
