// What a page of text is drawn with: lines that know how wide they are, bars, colour, and text from the wire
// made safe to print.
//
// Names come from whoever sent the packets. Everything that goes into a line is made printable on the way:
// control characters, escape sequences, characters without a width of their own and those that reorder a line
// are shown as escapes (\x1b, \u202e), never sent. Threads: value types. Owns: its strings. Units: columns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace visor::sinks {

inline constexpr size_t page_width = 80;

struct Look {
    bool colour = false;
    bool utf8 = true; // the reader's terminal shows UTF-8; otherwise ASCII only

    std::string_view ellipsis() const { return utf8 ? "…" : "..."; }
    std::string_view plus_minus() const { return utf8 ? "±" : "+-"; }
    std::string_view at_most() const { return utf8 ? "≤" : "<="; }
    std::string_view dash() const { return utf8 ? "–" : "-"; }
    std::string_view rule() const { return utf8 ? "─" : "-"; }
    std::string_view dot() const { return utf8 ? "·" : ","; }
    std::string_view micro() const { return utf8 ? "µ" : "u"; }
};

bool utf8_locale(); // of the environment, as POSIX ranks LC_ALL, LC_CTYPE and LANG

// Printable text of fixed width: what is not becomes an escape.
std::string printable(std::string_view text, const Look& look);
size_t columns(std::string_view printable_text);
// At most `width` columns: printable text whose middle gives way.
std::string shortened(std::string_view printable_text, size_t width, const Look& look);

// A bar of `width` columns for a share from 0 to 1; something is seen of every share above 0.
std::string bar(double share, size_t width, const Look& look);
// A character filled from below by so many eighths of its height.
std::string_view level_mark(size_t eighths, const Look& look);
// One character per value, by its share of the largest.
std::string sparkline(std::span<const double> values, const Look& look);

enum class Ink : uint8_t {
    plain,
    title,
    heading,
    bar,
    faint,
    good,
    alarm,
    notice, // to be seen, and nothing bad
    key,    // something to press
    low,    // the lower, middle and upper third of a graph
    middle,
    high,
};
inline constexpr size_t ink_count = 12;

class Line {
public:
    struct Span {         // of one ink
        std::string text; // printable
        Ink ink = Ink::plain;
    };

    explicit Line(const Look& look) : look_(look) {}

    Line& add(std::string_view text, Ink ink = Ink::plain);
    Line& pad_to(size_t column);
    Line& left(std::string_view text, size_t width, Ink ink = Ink::plain);  // cut or padded to width
    Line& right(std::string_view text, size_t width, Ink ink = Ink::plain); // padded before
    Line& join(const Line& other);
    size_t width() const { return width_; }
    std::span<const Span> spans() const { return spans_; }
    std::string text() const; // with escape sequences for the inks when there is colour

private:
    void append(std::string safe, Ink ink);

    Look look_;
    std::vector<Span> spans_;
    size_t width_ = 0;
};

using Lines = std::vector<Line>;

// Items one behind the other, `gap` columns apart, under a label; those that do not fit go on in further
// lines.
Lines wrapped(std::string_view label, size_t label_width, const Lines& items, size_t gap, const Look& look);

} // namespace visor::sinks
