// What an agent or a capture shows, as live screens of a terminal: rates, the ledger and every handler's
// metrics, with keys and a mouse.
//
// Threads: run() takes the calling thread for itself until the user leaves, and asks the source in a thread
// of its own, so that a slow agent never holds up a key. It owns the terminal and the handling of SIGINT,
// SIGTERM, SIGHUP, SIGTSTP, SIGCONT and SIGWINCH meanwhile, and gives both back as they were.
#pragma once

#include "client/source.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace visor::terminal {

struct Options {
    std::string policy;         // shown first; empty: the first that the source tells
    uint32_t minutes = 2;       // how far back the figures go: one of windows(), or any other number
    std::string theme = "dark"; // one of theme_names()
    bool monochrome = false;    // also when NO_COLOR is set or the terminal has no colours
    bool ascii = false;         // also when the locale is not UTF-8
    bool mouse = true;
};

std::span<const std::string_view> theme_names();
std::span<const uint32_t> windows(); // in minutes, in the order the key goes through them

// The exit status: 0 when the user left, 128 + the number of a signal that ended it, 1 when there is no
// terminal to draw on (then standard error says why).
int run(client::Source& source, const Options& options);

} // namespace visor::terminal
