// A screen as it is to look: a character and an ink for each place, without a terminal.
// Threads: value types. Units: columns and rows from the upper left corner, from 0.
#pragma once

#include "sinks/text_canvas.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace visor::terminal {

using sinks::Ink;
using sinks::Line;
using sinks::Lines;
using sinks::Look;

struct Rect {
    int x = 0, y = 0, width = 0, height = 0;
    bool holds(int px, int py) const { return px >= x && px < x + width && py >= y && py < y + height; }
};

struct Cell {
    char32_t character = ' '; // 0: the right half of the wide character before
    Ink ink = Ink::plain;
    bool lit = false; // marked: the line or tab that keys act on
    bool operator==(const Cell&) const = default;
};

class Grid {
public:
    Grid(int width, int height);
    int width() const { return width_; }
    int height() const { return height_; }
    const Cell& at(int x, int y) const { return cells_[index(x, y)]; }

    // What does not fit is left out. Returns the column behind what was written.
    int put(int x, int y, std::string_view printable_text, Ink ink = Ink::plain, int end = 1 << 20);
    int put(int x, int y, const Line& line, int end = 1 << 20);
    void light(Rect area);
    void blank(Rect area);
    std::string text() const; // lines without the blanks at their ends

private:
    size_t index(int x, int y) const {
        return static_cast<size_t>(y) * static_cast<size_t>(width_) + static_cast<size_t>(x);
    }
    Cell& cell(int x, int y) { return cells_[index(x, y)]; }

    int width_, height_;
    std::vector<Cell> cells_;
};

} // namespace visor::terminal
