#include "sinks/text_top.hpp"

#include "sinks/text_units.hpp"

#include <algorithm>
#include <cmath>
#include <spdlog/fmt/fmt.h>
#include <utility>

namespace visor::sinks {

namespace {

constexpr size_t bar_width = 5, bar_width_max = 12, count_width = 6, share_width = 4, indent = 1;
static_assert(top_figures_width == indent + 1 + bar_width + 1 + count_width + 1 + share_width);

} // namespace

double Weighed::error() const {
    return std::ceil((upper - lower) / 2);
}

double share_of(double part, double whole) {
    return whole > 0 ? part / whole : 0;
}

Line heading(std::string_view title, std::span<const std::string> notes, size_t width, const Look& look) {
    Line line(look);
    const std::string safe = printable(title, look);
    std::string note = notes.back();
    for (const std::string& candidate : notes) {
        if (columns(safe) + 2 + columns(candidate) > width) continue;
        note = candidate;
        break;
    }
    line.add(shortened(safe, width - std::min(width, columns(note) + 1), look), Ink::heading);
    return line.right(note, width - line.width(), Ink::faint);
}

Line top_heading(std::string_view title, const TopFacts& facts, size_t width, const Look& look) {
    const std::string total = facts.unit == "By" ? prefixed(facts.total, "B") : compact(facts.total);
    const std::string most = compact(facts.unlisted_max);
    std::vector<std::string> notes = {total};
    if (!facts.exact)
        notes = {fmt::format("others {}{} of {}", look.at_most(), most, total),
                 fmt::format("{}{} of {}", look.at_most(), most, total), total};
    notes.emplace_back();
    return heading(title, notes, width, look);
}

Lines top_lines(std::span<const Weighed> entries, const TopFacts& facts, size_t width, const Look& look) {
    size_t error_width = 0;
    const auto error_text = [&](const Weighed& e) {
        return e.error() > 0 ? fmt::format("{}{}", look.plus_minus(), compact(e.error())) : "";
    };
    for (const Weighed& e : entries) error_width = std::max(error_width, columns(error_text(e)));
    if (error_width) ++error_width;
    const size_t bytes = facts.unit == "By" ? 2 : 0; // "1.54 MB"
    const auto count_text = [&](const Weighed& e) {
        return bytes ? prefixed(e.value(), "B") : compact(e.value());
    };
    size_t counts = count_width + bytes;
    size_t rest = indent + 1 + counts + error_width + 1 + share_width;
    size_t longest = 0, widest = 0;
    for (const Weighed& e : entries) {
        longest = std::max(longest, columns(printable(e.name, look)));
        widest = std::max(widest, columns(count_text(e)));
    }
    if (longest + rest > width && widest < counts) rest -= std::exchange(counts, widest) - widest;
    const size_t room = width > longest + rest + 1 ? width - longest - rest - 1 : 0;
    const size_t bars = room < bar_width ? 0 : std::min(room, bar_width_max); // names matter more
    if (bars) rest += 1 + bars;
    Lines lines;
    for (const Weighed& e : entries) {
        const double share = share_of(e.value(), facts.total);
        Line line(look);
        line.pad_to(indent).left(e.name, width - std::min(rest, width), Ink::plain).add(" ");
        if (bars) line.left(bar(share, bars, look), bars, Ink::bar).add(" ");
        line.right(count_text(e), counts);
        line.left(error_text(e), error_width, Ink::faint).add(" ");
        lines.push_back(line.right(short_percent(share), share_width, Ink::faint));
    }
    return lines;
}

} // namespace visor::sinks
