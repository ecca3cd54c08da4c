#include "terminal/grid.hpp"

#include "sinks/utf8.hpp"

#include <algorithm>

namespace visor::terminal {

Grid::Grid(int width, int height)
    : width_(std::max(width, 1)), height_(std::max(height, 1)),
      cells_(static_cast<size_t>(width_ * height_)) {}

int Grid::put(int x, int y, std::string_view text, Ink ink, int end) {
    end = std::min(end, width_);
    if (y < 0 || y >= height_ || x < 0) return x;
    while (!text.empty()) {
        const sinks::Character c = sinks::next_character(text);
        const bool ascii = c.code < 0x80; // by far the most
        const int columns = ascii ? 1 : static_cast<int>(sinks::columns(text.substr(0, c.bytes)));
        if (x + columns > end) break;
        cell(x, y) = {c.code, ink, cell(x, y).lit};
        if (columns == 2) cell(x + 1, y) = {0, ink, cell(x + 1, y).lit};
        x += columns;
        text.remove_prefix(c.bytes);
    }
    return x;
}

int Grid::put(int x, int y, const Line& line, int end) {
    for (const Line::Span& span : line.spans()) x = put(x, y, span.text, span.ink, end);
    return x;
}

void Grid::light(Rect area) {
    for (int y = std::max(area.y, 0); y < std::min(area.y + area.height, height_); ++y)
        for (int x = std::max(area.x, 0); x < std::min(area.x + area.width, width_); ++x)
            cell(x, y).lit = true;
}

void Grid::blank(Rect area) {
    for (int y = std::max(area.y, 0); y < std::min(area.y + area.height, height_); ++y)
        for (int x = std::max(area.x, 0); x < std::min(area.x + area.width, width_); ++x) cell(x, y) = {};
}

std::string Grid::text() const {
    std::string out;
    for (int y = 0; y < height_; ++y) {
        for (int x = 0; x < width_; ++x) sinks::append_character(out, at(x, y).character);
        out.erase(out.find_last_not_of(' ') + 1);
        out += '\n';
    }
    return out;
}

} // namespace visor::terminal
