// What the process is told from outside: to stop, or to read its configuration and open its log anew.
//
// SIGINT and SIGTERM stop; the same once more ends the process at once. SIGHUP reloads. What was ignored when
// the program started, as nohup and shells' background jobs do, stays ignored. Threads: take() before any
// other is started, as they inherit that these signals are blocked; wait() by one; ask_to_stop() by any.
// Owns: its descriptors.
#pragma once

#include "base/result.hpp"

#include <optional>

namespace visor::cmd {

enum class Wish { stop, reload };

class Signals {
public:
    static Result<Signals> take();
    Signals(Signals&& other) noexcept;
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    ~Signals();

    // Nothing when time is over. -1: waits for as long as it takes. To stop comes before to reload, however
    // often that is asked.
    std::optional<Wish> wait(int timeout_ms);
    void ask_to_stop();

private:
    Signals() = default;

    // The first two take signals. One for each wish: of several signals a descriptor gives the lowest number
    // first, whatever came first.
    int stop_signals_ = -1, reload_signals_ = -1, asked_ = -1;
};

} // namespace visor::cmd
