// Panels of kinds that are drawn over an axis: rates over seconds, distributions over values.
#include "sinks/text_top.hpp"
#include "sinks/text_units.hpp"
#include "sinks/text_words.hpp"
#include "terminal/panels.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <spdlog/fmt/fmt.h>

namespace visor::terminal {

using client::Metric;
using client::Quantiles;

namespace {

constexpr std::array<const char*, 4> quantile_names = {"p50", "p90", "p95", "p99"};

std::string value_text(double value, const std::string& unit, const Look& look) {
    if (unit.ends_with("/s")) return sinks::measured(value, unit, true, look);
    const bool whole = value == std::floor(value);
    return sinks::measured(value, unit, whole, look) + (unit == "%" ? "%" : "");
}

double most_of(std::span<const double> values) {
    double most = 0;
    for (const double value : values)
        if (value > most) most = value;
    return most;
}

using Items = std::vector<std::pair<std::string, std::string>>;

// "p50 118 µs  p99 2.57 ms": what has no room goes from the inner quantiles on.
Line figures(Items items, int width, const Look& look) {
    const auto drawn = [&] {
        Line line(look);
        line.pad_to(1);
        for (const auto& [name, value] : items) {
            if (line.width() > 1) line.add("  ");
            line.add(name, Ink::faint).add(" ").add(value, Ink::title);
        }
        return line;
    };
    Line line = drawn();
    for (const char* least : {"p95", "p90", "", "", "", ""}) {
        if (line.width() <= static_cast<size_t>(width) || items.size() < 2) break;
        const auto found =
            std::find_if(items.begin(), items.end(), [&](auto& i) { return i.first == least; });
        items.erase(found == items.end() ? items.end() - 1 : found);
        line = drawn();
    }
    return line;
}

Items quantile_items(const std::array<std::optional<double>, 4>& p, const std::string& unit,
                     const Look& look) {
    Items items;
    for (size_t i = 0; i < p.size(); ++i)
        if (p[i]) items.emplace_back(quantile_names[i], value_text(*p[i], unit, look));
    return items;
}

Items all_items(const Quantiles& q, const std::string& unit, const Look& look) {
    auto items = quantile_items(q.p, unit, look);
    if (q.min) items.emplace_back("min", value_text(*q.min, unit, look));
    if (q.max) items.emplace_back("max", value_text(*q.max, unit, look));
    if (q.count && q.sum && *q.count > 0)
        items.emplace_back("mean", value_text(*q.sum / *q.count, unit, look));
    if (q.count) items.emplace_back("count", sinks::compact(*q.count));
    return items;
}

// Where a drawing ends: the last bin of a histogram has no upper limit, and is drawn up to twice its lower.
double end_of(const client::Bin& bin) {
    return std::isfinite(bin.upper) ? bin.upper : std::max(2 * bin.lower, bin.lower + 1);
}

// Counts of `columns` stretches of the values that the bins cover, each as many times the one before.
std::vector<double> spread(std::span<const client::Bin> bins, size_t columns) {
    std::vector<double> out(columns, 0.0);
    if (bins.empty() || columns == 0) return out;
    const auto place = [](double value) { return std::log(std::max(value, 0.0) + 1); };
    const double first = place(bins.front().lower), last = place(end_of(bins.back()));
    const double step = std::max((last - first) / static_cast<double>(columns), 1e-9);
    for (const client::Bin& bin : bins) {
        const double from = std::max((place(bin.lower) - first) / step, 0.0);
        const double to = std::max((place(end_of(bin)) - first) / step, from + 1e-6);
        for (auto i = static_cast<size_t>(from); i < columns && static_cast<double>(i) < to; ++i) {
            const double begin = std::max(from, static_cast<double>(i));
            const double end = std::min(to, static_cast<double>(i + 1));
            out[i] += bin.count * std::max(end - begin, 0.0) / (to - from);
        }
    }
    return out;
}

Line axis(const Quantiles& q, const std::string& unit, int width, const Look& look) {
    Line line(look);
    line.pad_to(1).add(value_text(q.bins.front().lower, unit, look), Ink::faint);
    const client::Bin& last = q.bins.back();
    const std::string upper = std::isfinite(last.upper) ? value_text(last.upper, unit, look)
                                                        : "> " + value_text(last.lower, unit, look);
    return line.right(upper, static_cast<size_t>(width) - std::min(line.width(), static_cast<size_t>(width)),
                      Ink::faint);
}

void add_spread(Lines& lines, const Quantiles& q, const std::string& unit, int width, int height,
                const Look& look) {
    if (q.bins.empty() || height < 2) return;
    const auto values = spread(q.bins, static_cast<size_t>(std::max(width - 1, 1)));
    for (const Line& row : area(values, height - 1, Ink::bar, look))
        lines.push_back(Line(look).pad_to(1).join(row));
    lines.push_back(axis(q, unit, width, look));
}

Lines bin_lines(const Quantiles& q, const std::string& unit, int width, const Look& look) {
    double whole = 0, most = 0;
    for (const client::Bin& bin : q.bins) {
        whole += bin.count;
        most = std::max(most, bin.count);
    }
    constexpr size_t range = 24, count = 10, share = 7;
    const size_t rest = range + count + share + 4;
    const size_t bars = std::max(static_cast<size_t>(width), rest + 1) - rest;
    Lines lines;
    double below = 0;
    for (const client::Bin& bin : q.bins) {
        below += bin.count;
        Line line(look);
        const std::string from = value_text(bin.lower, unit, look);
        line.pad_to(1).left(std::isfinite(bin.upper) ? fmt::format("{} {} {}", from, look.dash(),
                                                                   value_text(bin.upper, unit, look))
                                                     : "> " + from,
                            range);
        line.right(sinks::compact(bin.count), count)
            .right(sinks::percent(sinks::share_of(below, whole)), share + 1, Ink::faint);
        lines.push_back(
            line.add("  ").add(sinks::bar(sinks::share_of(bin.count, most), bars, look), Ink::bar));
    }
    return lines;
}

Ink ink_at(int row, int height, Ink ink) {
    if (ink != Ink::plain) return ink;
    if (height < 2) return Ink::low;
    const int third = (height - 1 - row) * 3 / height;
    return third == 0 ? Ink::low : third == 1 ? Ink::middle : Ink::high;
}

} // namespace

Lines area(std::span<const double> values, int height, Ink ink, const Look& look) {
    const double most = most_of(values);
    Lines lines;
    for (int row = 0; row < height; ++row) {
        const int below = (height - 1 - row) * 8; // eighths under this row
        std::string marks;
        for (const double value : values) {
            if (std::isnan(value)) {
                marks += ' ';
                continue;
            }
            const double level = value > 0 ? std::max(std::round(value / most * height * 8), 1.0) : 0;
            marks += sinks::level_mark(static_cast<size_t>(std::clamp(level - below, 0.0, 8.0)), look);
        }
        Line line(look);
        lines.push_back(line.add(marks, ink_at(row, height, ink)));
    }
    return lines;
}

Panel rate_panel(const Scene& scene, const client::Handler& handler, const Metric& metric, std::string title,
                 int graph_rows) {
    const Series* series = scene.history.rate(scene.picture.policy, handler.instance, metric.path);
    const Look look = scene.look;
    const bool live = scene.live; // else all there is of it is shown
    const auto values = [series, live](int width) {
        const auto columns = static_cast<size_t>(std::max(width - 1, 1));
        if (!series) return std::vector<double>();
        return live ? series->newest(columns) : series->whole(columns);
    };
    const auto figure = [series, live, look, &metric] {
        if (live)
            return value_text(metric.rate.live ? *metric.rate.live
                              : series         ? series->last().value_or(0)
                                               : 0,
                              metric.unit, look);
        const double mean = series ? series->mean().value_or(0) : 0;
        return sinks::measured(mean, metric.unit, mean >= 10, look); // 0.12 of what is rare
    };
    const auto graph = [values, look](int width, int rows, Lines& lines) {
        for (const Line& row : area(values(width), rows, Ink::plain, look))
            lines.push_back(Line(look).pad_to(1).join(row));
    };
    Panel panel{metric.path, 1 + graph_rows, {}, {}};
    panel.draw = [=, &metric](int width, int rows) {
        const std::string most = value_text(most_of(values(width)), metric.unit, look);
        const bool bytes = metric.unit == "By/s"; // then its value has the unit
        const std::string noun = bytes ? "/s" : ' ' + sinks::rate_noun(metric.unit);
        const std::vector<std::string> notes = {
            fmt::format("{}{}{}, most {}", live ? "" : "mean ", figure(), noun, most),
            fmt::format("{}{}{}", live ? "" : "mean ", figure(), noun)};
        Lines lines = {sinks::heading(title, notes, static_cast<size_t>(width), look)};
        graph(width, rows - 1, lines);
        return lines;
    };
    panel.detail = [=, &metric](int width, int rows) {
        Detail detail;
        auto items = quantile_items(metric.rate.p, metric.unit, look);
        items.insert(items.begin(), {live ? "now" : "mean", figure()});
        items.emplace_back("most shown", value_text(most_of(values(width)), metric.unit, look));
        detail.head.push_back(figures(items, width, look));
        graph(width, std::max(rows - 2, 1), detail.lines);
        const bool times = !live && series;
        Line line(look);
        line.pad_to(1).add(times ? sinks::time_of_day(series->first_second())
                                 : fmt::format("{} seconds ago", width - 1),
                           Ink::faint);
        detail.lines.push_back(line.right(times ? sinks::time_of_day(series->last_second()) : "now",
                                          static_cast<size_t>(width) - line.width(), Ink::faint));
        return detail;
    };
    return panel;
}

Panel quantiles_panel(const Scene& scene, const Metric& metric, std::string title, int bin_rows) {
    const Look look = scene.look;
    const bool binned = !metric.quantiles.bins.empty();
    const bool placed = metric.quantiles.p[0].has_value();
    Panel panel{metric.path, 1 + (placed ? 1 : 0) + (binned ? bin_rows + 1 : 0), {}, {}};
    panel.draw = [=, &metric](int width, int rows) {
        const Quantiles& q = metric.quantiles;
        const std::vector<std::string> notes = {q.count ? sinks::compact(*q.count) : "", ""};
        Lines lines = {sinks::heading(title, notes, static_cast<size_t>(width), look)};
        auto items = quantile_items(q.p, metric.unit, look);
        if (q.max) items.emplace_back("max", value_text(*q.max, metric.unit, look));
        if (!items.empty()) lines.push_back(figures(items, width, look));
        add_spread(lines, q, metric.unit, width, rows - static_cast<int>(lines.size()), look);
        return lines;
    };
    panel.detail = [=, &metric](int width, int rows) {
        const Quantiles& q = metric.quantiles;
        Detail detail;
        detail.head.push_back(figures(all_items(q, metric.unit, look), width, look));
        add_spread(detail.head, q, metric.unit, width, std::clamp(rows / 3, 0, 12), look);
        if (!q.bins.empty()) {
            Line head(look);
            head.left(" values", 25, Ink::faint).right("count", 10, Ink::faint).right("up to", 8, Ink::faint);
            detail.head.push_back(head);
            detail.lines = bin_lines(q, metric.unit, width, look);
        }
        return detail;
    };
    return panel;
}

} // namespace visor::terminal
