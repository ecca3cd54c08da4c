#include "terminal/theme.hpp"

#include "terminal/terminal.hpp"

#include <array>

namespace visor::terminal {

namespace {

constexpr std::array<std::string_view, 4> names = {"dark", "light", "contrast", "mono"};
constexpr size_t mono = 3;

struct Colours {
    short rich; // of 256
    short poor; // of 8
    bool bold = false;
};
using Palette = std::array<Colours, sinks::ink_count>; // by Ink

constexpr std::array<Palette, 3> palettes = {{
    {{{-1, -1},
      {255, 7, true},
      {117, 6, true},
      {74, 6},
      {244, 7},
      {114, 2},
      {203, 1, true},
      {221, 3, true},
      {180, 3},
      {67, 6},
      {79, 2},
      {221, 3}}},
    {{{235, 0},
      {232, 0, true},
      {24, 4, true},
      {31, 4},
      {243, 0},
      {28, 2},
      {160, 1, true},
      {130, 5, true},
      {94, 5},
      {110, 4},
      {31, 4},
      {130, 5}}},
    {{{231, 7},
      {231, 7, true},
      {51, 6, true},
      {51, 6},
      {252, 7},
      {46, 2, true},
      {196, 1, true},
      {226, 3, true},
      {226, 3, true},
      {51, 6},
      {46, 2},
      {226, 3}}},
}};
constexpr std::array<short, 3> lit_rich = {237, 252, 18}, lit_poor = {-1, -1, 4};
constexpr std::array<short, 3> paper_rich = {-1, 231, 16}, paper_poor = {-1, 7, 0};

Shade without_colour(Ink ink, bool lit) {
    Shade shade;
    shade.bold = ink == Ink::title || ink == Ink::heading || ink == Ink::alarm || ink == Ink::notice;
    shade.underline = ink == Ink::alarm;
    shade.dim = ink == Ink::faint && !lit;
    shade.reverse = lit;
    return shade;
}

} // namespace

std::span<const std::string_view> theme_names() {
    return names;
}

Shade shade(size_t theme, Ink ink, bool lit, int colours) {
    if (theme >= mono || colours < 8) return without_colour(ink, lit);
    const bool rich = colours >= 256;
    const Colours& own = palettes[theme][static_cast<size_t>(ink)];
    Shade shade;
    shade.front = rich ? own.rich : own.poor;
    shade.back = (rich ? paper_rich : paper_poor)[theme];
    shade.bold = own.bold;
    shade.dim = !rich && ink == Ink::faint;
    if (lit) {
        const short back = (rich ? lit_rich : lit_poor)[theme];
        shade.reverse = back < 0;
        if (back >= 0) shade.back = back;
    }
    return shade;
}

} // namespace visor::terminal
