// A top list as lines of text: names, bars, counts with their errors and shares, at any width.
// Threads: pure functions.
#pragma once

#include "sinks/text_canvas.hpp"

#include <span>
#include <string>
#include <string_view>

namespace visor::sinks {

struct Weighed {
    std::string name;
    double lower = 0, upper = 0; // the true weight lies between them

    double value() const { return lower + (upper - lower) / 2; }
    double error() const; // how far the value may be off
};

// What holds of a list as a whole.
struct TopFacts {
    std::string_view unit;
    double total = 0;        // weight of everything, listed or not
    double unlisted_max = 0; // most that a key not in it can weigh
    bool exact = true;       // every key is in it
};

inline constexpr size_t top_figures_width = 19; // of a line beside its name, with a bar and no error

double share_of(double part, double whole); // 0 of nothing

// A title, and at the right end the most telling of the notes that fits beside it.
Line heading(std::string_view title, std::span<const std::string> notes, size_t width, const Look& look);

Line top_heading(std::string_view title, const TopFacts& facts, size_t width, const Look& look);
Lines top_lines(std::span<const Weighed> entries, const TopFacts& facts, size_t width, const Look& look);

} // namespace visor::sinks
