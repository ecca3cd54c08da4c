// The first pane: how traffic goes, and the top lists that an operator looks at first.
// Threads: pure functions.
#pragma once

#include "terminal/panels.hpp"

namespace visor::terminal {

// Charts side by side in `rows` lines, those of them that the picture has; none leave no lines.
Lines overview_charts(const Scene& scene, int width, int rows);

// The lists, most important first: those of protocols that are known by name over all directions, then every
// other list any handler has. The first that are known are there even when they are empty.
std::vector<Panel> overview_panels(const Scene& scene);

} // namespace visor::terminal
