// Whether a tap's interface is there, and what the operator is told when that changes: each change once.
//
// Threads: one, the worker that reads the interface. Owns: nothing else than what it remembers.
#pragma once

#include "engine/live_source.hpp"

#include <optional>

namespace visor::engine {

struct Link;

enum class Presence : uint8_t { up, down, gone };

class InterfaceState {
public:
    // Where several workers read one interface, only one of them speaks, and counts losses.
    InterfaceState(std::string name, bool speaks, const TapNotify& notify)
        : name_(std::move(name)), notify_(&notify), speaks_(speaks) {}

    Presence presence() const { return presence_; }
    // At the start: that it is up need not be said.
    void begin(Presence presence);
    // As it is now; `interrupted` when it went away in between, even if it is back.
    void update(Presence presence, bool interrupted = false);
    // Why it cannot be read although it is up; said when it is another reason than before.
    void trouble(const std::string& reason);
    uint64_t lost() const { return lost_; } // how often it went away

private:
    void say(TapEvent event, const std::string& text) const;

    std::string name_;
    const TapNotify* notify_;
    bool speaks_;
    Presence presence_ = Presence::gone;
    uint64_t lost_ = 0;
    std::string trouble_;
};

Presence presence_of(const std::optional<Link>& link);

} // namespace visor::engine
