// The parts of a screen around the pane: who is looked at and how it does, the panes, the keys, the help, and
// the reasons why there is nothing to see. Threads: pure functions. Private to the screen.
#pragma once

#include "terminal/screen.hpp"

namespace visor::terminal {

inline constexpr int tabs_row = 3;
int head(const Screen& screen, Frame& frame); // returns the first line below it
void footer(const Screen& screen, Frame& frame);
void help_overlay(const Screen& screen, Frame& frame);
std::vector<std::string> reasons(const Screen& screen); // first what is so, then what to do

} // namespace visor::terminal
