// How inks look: colours of a theme for as many colours as a terminal has, or attributes alone.
// Threads: pure functions.
#pragma once

#include "terminal/grid.hpp"

#include <span>

namespace visor::terminal {

struct Shade {
    short front = -1, back = -1; // numbers of colours; -1: the terminal's own
    bool bold = false, dim = false, reverse = false, underline = false;
    bool operator==(const Shade&) const = default;
};

// `colours` that the terminal has; fewer than 8 are none.
Shade shade(size_t theme, Ink ink, bool lit, int colours);

} // namespace visor::terminal
