#include "sinks/text_tables.hpp"

#include "metric/keys.hpp"
#include "sinks/text_headlines.hpp"
#include "sinks/text_top.hpp"
#include "sinks/text_units.hpp"
#include "sinks/text_words.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <spdlog/fmt/fmt.h>

namespace visor::sinks {

namespace {

constexpr size_t gutter = 2, half_page = (page_width - gutter) / 2;
constexpr size_t indent = 1;
constexpr uint64_t shortest_once = 5; // fewer keys than this are named, even if none stands out
constexpr size_t list_title = 25;
constexpr std::array<const char*, 5> grid_names = {"p50", "p90", "p95", "p99", "max"};
constexpr size_t wide_from = half_page + 10; // a table this wide would lose too much in half a page

// Help texts make the best titles, as far as they fit and no two are the same.
class Titles {
public:
    explicit Titles(const RowReader& reader) {
        reader.for_each(true, [&](const Row& row) { ++uses_[key(row)]; });
    }
    std::string of(const Row& row, size_t width) const {
        const std::string full = key(row);
        return uses_.at(full) == 1 && full.size() <= width
                   ? full
                   : words(row.facts.path, row.dimension, row.ops->kind);
    }

private:
    static std::string key(const Row& row) {
        if (row.dimension.empty()) return std::string(row.facts.help);
        return fmt::format("{}: {}", row.dimension, row.facts.help);
    }
    std::map<std::string, unsigned> uses_;
};

bool small_domain(const Row& row) {
    return row.facts.format == rcode_key || row.facts.format == qtype_key || row.facts.format == number_key;
}

// Collects what the rows of one handler have to show.
class Collector {
public:
    Collector(RowReader& reader, Section& section, const Density& density, const Look& look)
        : reader_(reader), section_(section), density_(density), look_(look), titles_(reader) {}

    void collect() {
        reader_.for_each(true, [&](const Row& row) { take(row); });
        section_.lists.insert(section_.lists.end(), later_.begin(), later_.end());
        if (grid_.size() == 1) remark(grid_.front().values.back(), grid_.front().label + " at most");
        if (grid_.size() > 1) section_.panels.insert(section_.panels.begin(), grid_panel());
    }

private:
    struct GridRow {
        std::string label;
        std::array<std::string, 5> values; // p50 p90 p95 p99 max
    };

    void take(const Row& row) {
        switch (row.ops->kind) {
        case Kind::counter:
            return counter(row);
        case Kind::cardinality:
            return cardinality(row);
        case Kind::top:
            return top(row);
        case Kind::quantiles:
            return quantiles(row);
        case Kind::histogram:
            return histogram(row);
        case Kind::rate:
            return rate(row);
        }
    }

    void remark(const std::string& number, const std::string& what) {
        Line line(look_);
        section_.remarks.push_back(line.add(number, Ink::title).add(" ").add(what));
    }

    void counter(const Row& row) {
        const uint64_t count = reader_.count(row);
        if (count && !in_headlines(reader_.schema(), row))
            remark(grouped(count), words(row.facts.path, row.dimension, row.ops->kind));
    }

    void cardinality(const Row& row) {
        const CardinalityRead read = row.ops->cardinality(reader_.cell(row));
        if (read.estimate < 0.5) return;
        const double error = std::max(read.upper - read.estimate, read.estimate - read.lower);
        std::string number = compact(read.estimate);
        if (error >= 0.5) number += fmt::format(" {}{}", look_.plus_minus(), compact(error));
        remark(number, fmt::format("distinct {}", words(row.facts.path, row.dimension, row.ops->kind)));
    }

    void top(const Row& row) {
        const size_t shown = reader_.top_lines();
        const bool small = small_domain(row);
        const TopTable table = reader_.top(row, std::min<size_t>(shown, small ? 12 : density_.top_lines));
        if (table.lines.empty()) return;
        std::vector<Weighed> entries;
        for (const TopLine& line : table.lines)
            entries.push_back(
                {line.key.name, static_cast<double>(line.lower), static_cast<double>(line.upper)});
        if (small) return list(row, entries, table, row.facts.format == number_key ? later_ : section_.lists);
        if (entries.size() > 1 && entries.front().value() <= 1 && table.exact && table.total > shortest_once)
            return later_.push_back(once(row, entries.front().name, table));
        top_panel(row, std::move(entries), table);
    }

    // One line: "query types  A 81.6%  AAAA 8.0%".
    void list(const Row& row, const std::vector<Weighed>& entries, const TopTable& table, Lines& into) const {
        Line line(look_);
        line.add(titles_.of(row, list_title), Ink::heading).pad_to(list_title);
        for (const Weighed& e : entries) {
            const std::string share = short_percent(share_of(e.value(), static_cast<double>(table.total)));
            Line item(look_);
            item.add("  ").add(e.name).add(" ").add(share, Ink::title);
            if (line.width() + item.width() > page_width) break;
            line.join(item);
        }
        into.push_back(line);
    }

    // A list in which nothing stands out is not worth its lines.
    Line once(const Row& row, const std::string& example, const TopTable& table) const {
        Line line(look_);
        line.add(titles_.of(row, half_page), Ink::heading).pad_to(list_title);
        line.add(fmt::format("  {}, each once, like ", compact(static_cast<double>(table.total))));
        return line.add(shortened(printable(example, look_), page_width - line.width(), look_));
    }

    void top_panel(const Row& row, std::vector<Weighed> entries, const TopTable& table) {
        size_t natural = 0;
        for (const Weighed& e : entries) natural = std::max(natural, columns(printable(e.name, look_)));
        natural += top_figures_width;
        const std::string title = titles_.of(row, half_page - indent - 2), unit(row.facts.unit);
        section_.panels.push_back(
            {natural, [title, unit, entries = std::move(entries), table, look = look_](size_t width) {
                 const TopFacts facts{unit, static_cast<double>(table.total),
                                      static_cast<double>(table.unlisted_max), table.exact};
                 Lines lines = {top_heading(title, facts, width, look)};
                 for (Line& line : top_lines(entries, facts, width, look)) lines.push_back(std::move(line));
                 return lines;
             }});
    }

    void quantiles(const Row& row) {
        const void* cell = reader_.cell(row);
        if (row.ops->count(cell) == 0) return;
        GridRow out{words(row.facts.path, row.dimension, row.ops->kind), {}};
        const auto text = [&](double v) { return measured(v, row.facts.unit, row.ops->integral, look_); };
        for (size_t i = 0; i < std::size(printed_quantiles); ++i)
            out.values[i] = text(row.ops->quantile(cell, printed_quantiles[i]));
        out.values.back() = text(row.ops->max(cell));
        grid_.push_back(std::move(out));
    }

    void rate(const Row& row) {
        const engine::RateLine seconds = reader_.seconds(row);
        if (seconds.silent()) return;
        const bool told =
            std::any_of(rates_.begin(), rates_.end(), [&](const auto& r) { return r == seconds; });
        if (told) return; // the same as another one: before and after a filter that is not set
        rates_.push_back(seconds);
        std::string label = rate_noun(row.facts.unit);
        if (const std::string more = words(row.facts.path, row.dimension, row.ops->kind, label);
            more != "total")
            append_word(label, more);
        GridRow out{std::move(label), {}};
        const auto text = [&](uint64_t v) {
            return measured(static_cast<double>(v), row.facts.unit, true, look_);
        };
        for (size_t i = 0; i < std::size(printed_quantiles); ++i)
            out.values[i] = text(seconds.quantile(printed_quantiles[i]));
        out.values.back() = text(seconds.most());
        grid_.push_back(std::move(out));
    }

    // As many of the quantiles as fit: the median, the 99th percentile and the maximum always.
    Panel grid_panel() {
        size_t label = 0;
        for (const GridRow& row : grid_) label = std::max(label, columns(row.label));
        constexpr size_t column = 8;
        const auto draw = [rows = grid_, label, look = look_](size_t width) {
            const bool p90 = width >= indent + label + 4 * column, p95 = width >= indent + label + 5 * column;
            const std::array<bool, 5> shown = {true, p90, p95, true, true};
            const auto used = static_cast<size_t>(std::count(shown.begin(), shown.end(), true)) * column;
            const size_t room = width - std::min(width, used + indent);
            Lines lines;
            Line head(look);
            head.left("quantiles", room + indent, Ink::heading);
            for (size_t i = 0; i < shown.size(); ++i)
                if (shown[i]) head.right(grid_names[i], column, Ink::faint);
            lines.push_back(head);
            for (const GridRow& row : rows) {
                Line line(look);
                line.pad_to(indent).left(row.label, room);
                for (size_t i = 0; i < shown.size(); ++i)
                    if (shown[i]) line.right(row.values[i], column);
                lines.push_back(line);
            }
            return lines;
        };
        const size_t least = indent + label + 3 * column, full = indent + label + 5 * column;
        return {least <= half_page + 4 ? half_page : full, draw};
    }

    void histogram(const Row& row) {
        const void* cell = reader_.cell(row);
        const uint64_t count = row.ops->count(cell);
        if (count == 0) return;
        constexpr size_t most_bins = 8;
        auto bins = row.ops->bins(cell);
        while (bins.size() > most_bins) // cumulative counts: every other bound says the same more coarsely
            for (size_t i = bins.size() % 2; i < bins.size(); ++i)
                bins.erase(bins.begin() + static_cast<long>(i));
        std::vector<Weighed> entries;
        uint64_t below = 0;
        for (const auto& [bound, cumulative] : bins) {
            const std::string name = fmt::format(
                "{} {}", look_.at_most(), measured(static_cast<double>(bound), row.facts.unit, true, look_));
            const auto weight = static_cast<double>(cumulative - below);
            entries.push_back({name, weight, weight});
            below = cumulative;
        }
        TopTable table;
        table.total = count;
        top_panel(row, std::move(entries), table);
    }

    RowReader& reader_;
    Section& section_;
    const Density& density_;
    const Look& look_;
    Titles titles_;
    Lines later_; // lists of less interest
    std::vector<GridRow> grid_;
    std::vector<engine::RateLine> rates_;
};

// Which panels go to the right column (a bit each), so that the taller column is as short as can be.
size_t right_column(const std::vector<Lines>& panels, bool spaced) {
    constexpr size_t searched_max = 14; // more are too many to try every way: alternately
    if (panels.size() > searched_max) return 0xaaaaaaaaaaaaaaaaU;
    size_t best = 0, best_height = SIZE_MAX;
    for (size_t choice = 0; choice < size_t{1} << panels.size(); choice += 2) {
        std::array<size_t, 2> height{};
        for (size_t i = 0; i < panels.size(); ++i) height[choice >> i & 1] += panels[i].size() + spaced;
        if (std::max(height[0], height[1]) >= best_height) continue;
        best_height = std::max(height[0], height[1]);
        best = choice;
    }
    return best;
}

Lines two_columns(const std::vector<Lines>& panels, bool spaced, const Look& look) {
    const size_t right = right_column(panels, spaced);
    std::array<Lines, 2> column;
    for (size_t i = 0; i < panels.size(); ++i) {
        Lines& into = column[right >> (i % 64) & 1];
        if (spaced && !into.empty()) into.emplace_back(look);
        into.insert(into.end(), panels[i].begin(), panels[i].end());
    }
    Lines lines;
    for (size_t i = 0; i < std::max(column[0].size(), column[1].size()); ++i) {
        Line line(look);
        if (i < column[0].size()) line.join(column[0][i]);
        if (i < column[1].size() && column[1][i].width()) line.pad_to(half_page + gutter).join(column[1][i]);
        lines.push_back(line);
    }
    return lines;
}

} // namespace

Section section_of(RowReader& reader, std::string title, const Density& density, const Look& look) {
    Section section{std::move(title), {}, {}, {}};
    Collector(reader, section, density, look).collect();
    return section;
}

Lines drawn(const Section& section, const Density& density, const Look& look) {
    Lines lines;
    Line head(look);
    head.add(fmt::format("{0}{0} ", look.rule()), Ink::faint);
    head.add(section.title, Ink::title).add(" ");
    const Lines remarks = wrapped("", 0, section.remarks, 3, look);
    const bool beside = remarks.size() == 1 && head.width() + 3 + remarks[0].width() + 3 <= page_width;
    if (beside) head.add(fmt::format("{0}{0} ", look.rule()), Ink::faint).join(remarks[0]).add(" ");
    std::string rule;
    for (size_t i = std::min(head.width(), page_width); i < page_width; ++i) rule += look.rule();
    lines.push_back(head.add(rule, Ink::faint));
    if (!beside) lines.insert(lines.end(), remarks.begin(), remarks.end());
    lines.insert(lines.end(), section.lists.begin(), section.lists.end());

    std::vector<Lines> narrow;
    Lines wide;
    for (const Panel& panel : section.panels) {
        if (density.wide && panel.natural >= wide_from) {
            const Lines drawn = panel.draw(std::min(page_width, panel.natural));
            wide.insert(wide.end(), drawn.begin(), drawn.end());
        } else {
            narrow.push_back(panel.draw(half_page));
        }
    }
    for (Line& line : two_columns(narrow, density.spaced, look)) lines.push_back(line);
    lines.insert(lines.end(), wide.begin(), wide.end());
    return lines;
}

} // namespace visor::sinks
