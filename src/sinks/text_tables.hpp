// The tables of one handler on a page of text, made from whatever rows its schema has: top lists with bars,
// quantiles and rates as a grid, histograms, distinct counts and the counters no headline tells.
//
// Narrow tables stand in two columns. Lists of a small domain (response codes, ports) take one line.
// Threads: pure functions.
#pragma once

#include "sinks/rows.hpp"
#include "sinks/text_canvas.hpp"

#include <functional>
#include <string>
#include <vector>

namespace visor::sinks {

// How much room the page gives.
struct Density {
    size_t top_lines = 5; // of each top list, at most
    bool spaced = true;   // an empty line between tables
    bool wide = true;     // long names get the whole width
};

// A table that can be drawn at any width from half a page up.
struct Panel {
    size_t natural = 0; // width at which nothing is shortened
    std::function<Lines(size_t width)> draw;
};

struct Section {
    std::string title;
    Lines remarks; // short facts: distinct counts and counters
    Lines lists;   // full lines
    std::vector<Panel> panels;

    bool empty() const { return remarks.empty() && lists.empty() && panels.empty(); }
};

Section section_of(RowReader& reader, std::string title, const Density& density, const Look& look);
Lines drawn(const Section& section, const Density& density, const Look& look);

} // namespace visor::sinks
