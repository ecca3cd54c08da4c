#include "sinks/text_canvas.hpp"

#include "sinks/utf8.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <spdlog/fmt/fmt.h>

namespace visor::sinks {

namespace {

struct Range {
    char32_t first, last;
    size_t width;
};

// Characters that always take the same number of columns, join with nothing and run left to right. Scripts
// outside it are escaped: a page whose columns line up is worth more here than every letter of a name.
constexpr Range shown[] = {
    {0x20, 0x7e, 1},     {0xa1, 0xac, 1},     {0xae, 0x2ff, 1},    {0x370, 0x482, 1},   {0x48a, 0x52f, 1},
    {0x1e00, 0x1fff, 1}, {0x2010, 0x2015, 1}, {0x2018, 0x2026, 1}, {0x20ac, 0x20ac, 1}, {0x2190, 0x2193, 1},
    {0x2260, 0x2265, 1}, {0x2500, 0x259f, 1}, {0x3041, 0x3096, 2}, {0x30a1, 0x30ff, 2}, {0x4e00, 0x9fff, 2},
    {0xac00, 0xd7a3, 2}, {0xff01, 0xff60, 2},
};

// Columns of a character; 0 = not shown as it is.
size_t width_of(char32_t code) {
    const auto* range =
        std::find_if(std::begin(shown), std::end(shown), [&](const Range& r) { return code <= r.last; });
    return range != std::end(shown) && code >= range->first ? range->width : 0;
}

std::string_view escape_of(Ink ink) {
    switch (ink) {
    case Ink::title:
        return "\x1b[1m";
    case Ink::heading:
        return "\x1b[1;36m";
    case Ink::bar:
    case Ink::low:
        return "\x1b[36m";
    case Ink::faint:
        return "\x1b[2m";
    case Ink::good:
    case Ink::middle:
        return "\x1b[32m";
    case Ink::alarm:
        return "\x1b[1;31m";
    case Ink::notice:
    case Ink::key:
    case Ink::high:
        return "\x1b[33m";
    case Ink::plain:
        break;
    }
    return {};
}

// The first (or last) characters that take at most `width` columns.
std::string_view head(std::string_view text, size_t width) {
    size_t bytes = 0;
    for (size_t used = 0; bytes < text.size();) {
        const Character c = next_character(text.substr(bytes));
        if ((used += width_of(c.code)) > width) break;
        bytes += c.bytes;
    }
    return text.substr(0, bytes);
}

std::string_view tail(std::string_view text, size_t width) {
    size_t rest = columns(text);
    while (rest > width) {
        const Character c = next_character(text);
        rest -= width_of(c.code);
        text.remove_prefix(c.bytes);
    }
    return text;
}

} // namespace

bool utf8_locale() {
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const char* value = std::getenv(name);
        if (!value || !*value) continue;
        std::string lower(value);
        std::transform(lower.begin(), lower.end(), lower.begin(),
                       [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        return lower.find("utf-8") != std::string::npos || lower.find("utf8") != std::string::npos;
    }
    return false;
}

std::string printable(std::string_view text, const Look& look) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Character c = next_character(text);
        const bool ascii = c.valid && c.code < 0x80;
        if (c.valid && width_of(c.code) && (ascii || look.utf8))
            out += text.substr(0, c.bytes);
        else if (c.valid && !ascii)
            out += fmt::format("\\u{:04x}", static_cast<uint32_t>(c.code));
        else
            out += fmt::format("\\x{:02x}", static_cast<uint32_t>(c.code));
        text.remove_prefix(c.bytes);
    }
    return out;
}

size_t columns(std::string_view text) {
    size_t width = 0;
    while (!text.empty()) {
        const Character c = next_character(text);
        width += width_of(c.code);
        text.remove_prefix(c.bytes);
    }
    return width;
}

std::string shortened(std::string_view text, size_t width, const Look& look) {
    if (columns(text) <= width) return std::string(text);
    const std::string_view mark = look.ellipsis();
    const size_t mark_width = columns(mark);
    if (width <= mark_width) return std::string(head(text, width));
    const size_t behind = (width - mark_width) / 2;
    return std::string(head(text, width - mark_width - behind)) + std::string(mark) +
           std::string(tail(text, behind));
}

std::string bar(double share, size_t width, const Look& look) {
    if (!(share > 0) || width == 0) return {};
    const unsigned parts = look.utf8 ? 8 : 1;
    const auto most = static_cast<double>(width * parts);
    const auto filled = static_cast<size_t>(std::clamp(std::round(share * most), 1.0, most));
    constexpr std::array<std::string_view, 8> eighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    std::string out;
    for (size_t i = 0; i < filled / parts; ++i) out += look.utf8 ? "█" : "#";
    return out + std::string(eighths[filled % parts]);
}

std::string_view level_mark(size_t eighths, const Look& look) {
    constexpr std::array<std::string_view, 9> blocks = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    constexpr std::array<std::string_view, 9> letters = {" ", ".", ":", "-", "=", "+", "*", "%", "#"};
    return (look.utf8 ? blocks : letters)[std::min<size_t>(eighths, 8)];
}

std::string sparkline(std::span<const double> values, const Look& look) {
    double most = 0;
    for (const double value : values) most = std::max(most, value);
    std::string out;
    for (const double value : values) {
        const double level = value > 0 ? std::clamp(std::ceil(value / most * 8), 1.0, 8.0) : 0;
        out += level_mark(static_cast<size_t>(level), look);
    }
    return out;
}

void Line::append(std::string safe, Ink ink) {
    if (safe.empty()) return;
    if (!spans_.empty() && spans_.back().ink == ink)
        spans_.back().text += safe;
    else
        spans_.push_back({std::move(safe), ink});
}

Line& Line::add(std::string_view text, Ink ink) {
    std::string safe = printable(text, look_);
    width_ += columns(safe);
    append(std::move(safe), ink);
    return *this;
}

Line& Line::pad_to(size_t column) {
    if (column > width_) {
        append(std::string(column - width_, ' '), Ink::plain);
        width_ = column;
    }
    return *this;
}

std::string Line::text() const {
    std::string out;
    for (const Span& span : spans_) {
        const std::string_view escape = look_.colour ? escape_of(span.ink) : std::string_view{};
        out += escape;
        out += span.text;
        if (!escape.empty()) out += "\x1b[0m";
    }
    return out;
}

Line& Line::left(std::string_view text, size_t width, Ink ink) {
    const size_t end = width_ + width;
    return add(shortened(printable(text, look_), width, look_), ink).pad_to(end);
}

Line& Line::right(std::string_view text, size_t width, Ink ink) {
    const size_t own = columns(printable(text, look_));
    return pad_to(width_ + (width > own ? width - own : 0)).add(text, ink);
}

Line& Line::join(const Line& other) {
    for (const Span& span : other.spans_) append(span.text, span.ink);
    width_ += other.width_;
    return *this;
}

Lines wrapped(std::string_view label, size_t label_width, const Lines& items, size_t gap, const Look& look) {
    Lines lines;
    for (const Line& item : items) {
        const bool fits = !lines.empty() && lines.back().width() + gap + item.width() <= page_width;
        if (fits) {
            lines.back().pad_to(lines.back().width() + gap).join(item);
            continue;
        }
        Line line(look);
        if (lines.empty()) line.left(label, label_width, Ink::heading);
        lines.push_back(line.pad_to(label_width).join(item));
    }
    return lines;
}

} // namespace visor::sinks
