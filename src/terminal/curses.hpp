// A terminal, by way of ncurses: shows grids, sending only what changed, and reads keys and the mouse.
//
// Threads: one. Owns: the terminal's modes from open() on; gives them back when it goes. One at a time.
#pragma once

#include "base/result.hpp"
#include "terminal/grid.hpp"
#include "terminal/keys.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace visor::terminal {

class Curses {
public:
    static Result<std::unique_ptr<Curses>> open(bool colour, bool mouse);
    ~Curses();
    Curses(const Curses&) = delete;
    Curses& operator=(const Curses&) = delete;

    std::pair<int, int> size() const; // columns, rows
    void show(const Grid& grid, size_t theme);
    std::optional<Input> read(); // nothing when nothing waits
    void resize();               // to what the terminal says it is now
    void leave();                // gives the modes back, for a stop or for good
    void enter();                // takes them again, and draws anew
    bool colours() const;

private:
    Curses() = default;
    short pair_of(short front, short back);
    void put(int x, int y, const Cell& cell, size_t theme);

    struct Hidden;
    std::unique_ptr<Hidden> hidden_;
};

} // namespace visor::terminal
