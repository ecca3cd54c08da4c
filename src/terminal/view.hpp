// What of a picture is looked at, and how keys and the mouse change that.
// Threads: value types, pure functions.
#pragma once

#include "terminal/grid.hpp"
#include "terminal/keys.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace visor::terminal {

enum class Sort : uint8_t { weight, name, uncertainty };
std::string_view sort_name(Sort sort);

struct View {
    std::string policy;
    uint32_t minutes = 2;
    std::string pane;     // instance of its handler; empty: the overview
    std::string selected; // id of a panel; one that is not there: the first
    bool expanded = false;
    int line = 0; // of the expanded panel: the first that is seen
    Sort sort = Sort::weight;
    std::string filter;
    bool typing = false; // into the filter
    bool paused = false;
    bool help = false;
    size_t theme = 0;
    bool quit = false;
};

// A place where a click does something.
struct Hit {
    Rect area;
    Action action = Action::none;
    std::string pane, panel; // with Action::none: to be looked at
    bool to_pane = false;
};

// A screen, and what there is on it to go to.
struct Frame {
    Grid grid{1, 1};
    std::vector<Hit> hits;
    std::vector<std::string> policies, panes, panels; // panes: the overview, as "", first
    std::string selected;                             // the panel that really is
    int lines = 0, page = 1;                          // of the expanded panel: all, and seen at once
};

void apply(View& view, const Input& input, const Frame& frame);

} // namespace visor::terminal
