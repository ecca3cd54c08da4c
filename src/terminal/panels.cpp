#include "terminal/panels.hpp"

#include "sinks/text_top.hpp"
#include "sinks/text_units.hpp"
#include "sinks/text_words.hpp"
#include "terminal/lookup.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <spdlog/fmt/fmt.h>

namespace visor::terminal {

using client::Handler;
using client::Metric;
using sinks::Weighed;

namespace {

// By how roomy panels are to be.
constexpr std::array<int, roomiest + 1> top_rows = {11, 13, 17, 21}, counter_rows = {14, 20, 30, 40};
constexpr std::array<int, roomiest + 1> graph_rows = {2, 3, 5, 8}, bin_rows = {3, 4, 6, 9};
constexpr size_t count_width = 14; // of counters with help
constexpr std::string_view nothing = "nothing in this window";

bool contains(std::string_view text, std::string_view part) {
    const auto same = [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); };
    return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

// What of a list is to be seen, in the order that is to be seen.
std::vector<Weighed> chosen(const Metric& metric, const View& view) {
    std::vector<Weighed> out;
    for (const client::Item& item : metric.top.items)
        if (contains(item.name, view.filter)) out.push_back({item.name, item.lower, item.upper});
    if (view.sort == Sort::name)
        std::stable_sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.name < b.name; });
    if (view.sort == Sort::uncertainty)
        std::stable_sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.error() > b.error(); });
    return out;
}

sinks::TopFacts facts_of(const Metric& metric) {
    sinks::TopFacts facts{metric.unit, 0, metric.top.unlisted_max.value_or(0), true};
    for (const client::Item& item : metric.top.items) facts.total += item.estimate;
    facts.total = metric.top.total.value_or(facts.total); // an older agent tells the listed only
    facts.exact = facts.unlisted_max <= 0;
    return facts;
}

Line remark(std::string_view text, const Look& look) {
    Line line(look);
    return line.pad_to(1).add(text, Ink::faint);
}

std::string no_match(const View& view) {
    return fmt::format("no line has '{}' in it", view.filter);
}

std::string number(double value, std::string_view unit) {
    return unit == "By" ? sinks::prefixed(value, "B") : sinks::grouped(sinks::whole(value));
}

Detail top_detail(const Metric& metric, const View& view, int width, const Look& look) {
    const sinks::TopFacts facts = facts_of(metric);
    const std::vector<Weighed> entries = chosen(metric, view);
    constexpr size_t rank = 5, count = 13, share = 7;
    size_t longest = 4;
    for (const Weighed& e : entries)
        longest = std::max(longest, sinks::columns(sinks::printable(e.name, look)));
    const auto all = static_cast<size_t>(width);
    const bool bounds = all >= rank + longest + 3 * count + share + 2 || all >= 100;
    const size_t fixed = rank + count * (bounds ? 3 : 1) + share + 2;
    const size_t name = std::min(longest, all > fixed ? all - fixed : 1);
    const size_t bars = all > fixed + name + 4 ? std::min<size_t>(all - fixed - name - 3, 60) : 0;
    Detail detail;
    Line about(look);
    about.pad_to(1).add("all ", Ink::faint).add(number(facts.total, facts.unit), Ink::title);
    about.add(fmt::format("   lines {}", entries.size()), Ink::faint);
    about.add(facts.exact ? "   every one is listed or was cut by the agent's top-N"
                          : fmt::format("   one that is not listed {} {}", look.at_most(),
                                        number(facts.unlisted_max, facts.unit)),
              Ink::faint);
    detail.head.push_back(about);
    Line head(look);
    head.right("#", rank - 1, Ink::faint).add(" ").left("name", name, Ink::faint);
    head.right("estimate", count, Ink::faint).right("share", share + 1, Ink::faint);
    if (bounds) head.right("at least", count, Ink::faint).right("at most", count, Ink::faint);
    detail.head.push_back(head);
    size_t line_number = 0;
    for (const Weighed& e : entries) {
        Line line(look);
        line.right(std::to_string(++line_number), rank - 1, Ink::faint).add(" ").left(e.name, name);
        line.right(number(e.value(), facts.unit), count, Ink::title);
        line.right(sinks::percent(sinks::share_of(e.value(), facts.total)), share + 1);
        if (bounds)
            line.right(number(e.lower, facts.unit), count, Ink::faint)
                .right(number(e.upper, facts.unit), count, Ink::faint);
        if (bars)
            line.add("  ").add(sinks::bar(sinks::share_of(e.value(), facts.total), bars, look), Ink::bar);
        detail.lines.push_back(line);
    }
    if (entries.empty())
        detail.lines.push_back(remark(view.filter.empty() ? std::string(nothing) : no_match(view), look));
    return detail;
}

// Counters and distinct counts of a handler: what is 0 comes last.
struct CountLine {
    std::string name, help, note;
    double value = 0;
    std::optional<double> share;
    bool alarm = false;
};

std::string short_name(const Metric& metric) {
    std::string name = sinks::words(metric.path, "", metric.kind);
    if (name.empty()) name = metric.path;
    return metric.kind == Kind::cardinality ? "distinct " + name : name;
}

std::vector<CountLine> count_lines(const Handler& handler, const View& view, const Look& look) {
    std::vector<CountLine> out;
    for (const Metric& metric : handler.metrics) {
        if (metric.kind != Kind::counter && metric.kind != Kind::cardinality) continue;
        CountLine line{short_name(metric), metric.help, "", metric.value, {}, false};
        if (metric.lower && metric.upper && *metric.upper > *metric.lower)
            line.note = fmt::format(
                "{}{}", look.plus_minus(),
                sinks::compact(std::max(*metric.upper - metric.value, metric.value - *metric.lower)));
        const sinks::Figure* figure = figure_of(handler, metric);
        const auto reading = figure ? read(handler, *figure) : std::nullopt;
        if (reading && reading->base && figure->show != sinks::Show::missing)
            line.share = metric.value / static_cast<double>(reading->base);
        line.alarm = reading && figure->show != sinks::Show::missing && metric.value > 0 &&
                     sinks::abnormal(*figure, *reading);
        if (contains(line.name, view.filter) || contains(line.help, view.filter)) out.push_back(line);
    }
    if (view.sort == Sort::name)
        std::stable_sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.name < b.name; });
    std::stable_partition(out.begin(), out.end(), [](const CountLine& l) { return l.value > 0; });
    return out;
}

// How wide what is beside the names is: nothing for what no line has, so that names are seen whole.
struct CountColumns {
    bool help = false;
    size_t name = 0, value = 7, note = 0, share = 0, bars = 0;

    CountColumns(const std::vector<CountLine>& lines, int width, bool with_help, const Look& look)
        : help(with_help) {
        const auto all = static_cast<size_t>(width);
        if (help) value = count_width;
        size_t longest = 0;
        for (const CountLine& line : lines) {
            longest = std::max(longest, sinks::columns(sinks::printable(line.name, look)));
            if (!line.note.empty()) note = 6;
            if (line.share) share = 7;
        }
        if (share && all >= (help ? 100 : 46)) bars = 6;
        const size_t fixed = 1 + value + note + share + bars;
        const size_t most = all > fixed + 1 ? all - fixed : 1;
        name = !help ? most : std::clamp(longest, std::min(least_name, most), most > 30 ? most - 30 : 1);
    }

private:
    static constexpr size_t least_name = 12;
};

Line drawn(const CountLine& count, int width, const CountColumns& wide, const Look& look) {
    const Ink ink = count.alarm ? Ink::alarm : count.value > 0 ? Ink::plain : Ink::faint;
    const auto all = static_cast<size_t>(width);
    Line line(look);
    line.pad_to(1).left(count.name, wide.name, ink);
    line.right(wide.help ? number(count.value, "") : sinks::compact(count.value), wide.value,
               ink == Ink::plain ? Ink::title : ink);
    if (wide.note) line.add(" ").left(count.note, wide.note - 1, Ink::faint);
    line.right(count.share ? sinks::percent(*count.share) : "", wide.share,
               count.alarm ? Ink::alarm : Ink::faint);
    if (wide.bars)
        line.add(" ").left(count.share ? sinks::bar(std::min(*count.share, 1.0), wide.bars - 1, look) : "",
                           wide.bars - 1, count.alarm ? Ink::alarm : Ink::bar);
    if (wide.help) line.add("  ").left(count.help, all > line.width() ? all - line.width() : 0, Ink::faint);
    return line;
}

class Titles {
public:
    explicit Titles(const Handler& handler) {
        for (const Metric& metric : handler.metrics) {
            ++uses_[metric.help];
            ++uses_[with_dimension(metric)];
        }
    }
    std::string of(const Metric& metric) const {
        constexpr size_t longest = 44;
        if (!metric.help.empty() && metric.help.size() <= longest) {
            if (uses_.at(metric.help) == 1) return metric.help;
            if (std::string full = with_dimension(metric); uses_.at(full) == 1) return full;
        }
        const std::string name = sinks::words(metric.path, "", metric.kind);
        return name.empty() ? metric.path : name;
    }

private:
    static std::string with_dimension(const Metric& metric) {
        return fmt::format("{}: {}", metric.path.substr(0, metric.path.find('.')), metric.help);
    }
    std::map<std::string, unsigned> uses_;
};

bool empty(const Metric& metric) {
    switch (metric.kind) {
    case Kind::top:
        return metric.top.items.empty();
    case Kind::quantiles:
        return !metric.quantiles.p[0] && metric.quantiles.count.value_or(0) <= 0;
    case Kind::histogram:
        return metric.quantiles.bins.empty();
    case Kind::rate:
        return metric.rate.live.value_or(0) <= 0 && metric.rate.p[3].value_or(0) <= 0 &&
               std::all_of(metric.rate.seconds.begin(), metric.rate.seconds.end(),
                           [](double v) { return v <= 0; });
    default:
        return false;
    }
}

bool same(const client::Rate& a, const client::Rate& b) {
    return a.live == b.live && a.p == b.p && a.first_second == b.first_second && a.seconds == b.seconds;
}

Panel empty_panel(const Scene& scene, const std::vector<std::string>& names) {
    const Look look = scene.look;
    const auto lines = [names, look](int width) {
        Lines items;
        for (const std::string& name : names) {
            Line line(look);
            items.push_back(
                line.pad_to(1).left(name, static_cast<size_t>(std::max(width - 1, 1)), Ink::faint));
        }
        return items;
    };
    Panel panel{"(empty)", 1 + static_cast<int>(std::min<size_t>(names.size(), 8)), {}, {}};
    panel.draw = [=](int width, int) {
        const std::vector<std::string> notes = {"nothing seen of these in this window", "nothing seen", ""};
        Lines out = {sinks::heading("empty", notes, static_cast<size_t>(width), look)};
        for (const Line& line : lines(width)) out.push_back(line);
        return out;
    };
    panel.detail = [=](int width, int) {
        return Detail{{remark("Switched on, and nothing of their kind was in the traffic of this window. "
                              "A longer one may have some: key w.",
                              look)},
                      lines(width)};
    };
    return panel;
}

} // namespace

Panel top_panel(const Scene& scene, std::string id, const std::string& title, const MetricPointer& metric,
                int rows, const std::vector<std::string>& none) {
    Panel panel{std::move(id), rows, {}, {}};
    const View& view = scene.view;
    const Look look = scene.look;
    panel.draw = [=, &view](int width, int height) {
        const sinks::TopFacts facts = facts_of(*metric);
        std::vector<Weighed> entries = chosen(*metric, view);
        const auto room = static_cast<size_t>(std::max(height - 1, 0));
        if (entries.size() > room) entries.resize(room);
        const auto columns = static_cast<size_t>(width);
        Lines lines = {sinks::top_heading(title, facts, columns, look)};
        for (Line& line : sinks::top_lines(entries, facts, columns, look)) lines.push_back(std::move(line));
        if (!entries.empty()) return lines;
        if (!view.filter.empty())
            lines.push_back(remark(no_match(view), look));
        else
            for (const std::string& text : none) lines.push_back(remark(text, look));
        return lines;
    };
    panel.detail = [=, &view](int width, int) { return top_detail(*metric, view, width, look); };
    return panel;
}

Panel counters_panel(const Scene& scene, const Handler& handler, int rows_at_most) {
    const View& view = scene.view;
    const Look look = scene.look;
    const auto lines = count_lines(handler, view, look);
    const auto seen = std::count_if(lines.begin(), lines.end(), [](const auto& l) { return l.value > 0; });
    const auto zero = static_cast<long>(lines.size()) - seen;
    const int rows = 1 + std::clamp(static_cast<int>(seen), 1, rows_at_most);
    Panel panel{"(counters)", rows, {}, {}};
    panel.draw = [=, &view](int width, int height) {
        std::vector<std::string> notes = {"", ""};
        if (zero) notes.front() = fmt::format("{} more are 0", zero);
        Lines out = {sinks::heading("counters", notes, static_cast<size_t>(width), look)};
        const CountColumns wide({lines.begin(), lines.begin() + seen}, width, false, look);
        for (const CountLine& line : lines)
            if (line.value > 0 && static_cast<int>(out.size()) < height)
                out.push_back(drawn(line, width, wide, look));
        if (seen == 0)
            out.push_back(remark(view.filter.empty() ? std::string(nothing) : no_match(view), look));
        return out;
    };
    panel.detail = [=](int width, int) {
        Detail detail;
        const CountColumns wide(lines, width, true, look);
        Line head(look);
        head.pad_to(1).left("counter", wide.name, Ink::faint).right("count", wide.value, Ink::faint);
        if (wide.share) head.right("share", wide.note + wide.share, Ink::faint);
        detail.head.push_back(head);
        for (const CountLine& line : lines) detail.lines.push_back(drawn(line, width, wide, look));
        return detail;
    };
    return panel;
}

std::vector<Panel> handler_panels(const Scene& scene, const Handler& handler, int roomy) {
    const Titles titles(handler);
    const auto room = static_cast<size_t>(std::clamp(roomy, 0, roomiest));
    std::vector<Panel> counters, rates, spreads, tops;
    std::vector<std::string> none;
    std::vector<const Metric*> told; // rates
    bool counted = false;
    for (const Metric& metric : handler.metrics) {
        std::string title = titles.of(metric);
        if (empty(metric)) {
            none.push_back(title);
            continue;
        }
        switch (metric.kind) {
        case Kind::counter:
        case Kind::cardinality:
            if (!std::exchange(counted, true))
                counters.push_back(counters_panel(scene, handler, counter_rows[room]));
            break;
        case Kind::rate:
            // The same as another: before and after a filter that is not set.
            if (std::any_of(told.begin(), told.end(),
                            [&](const Metric* m) { return same(m->rate, metric.rate); }))
                break;
            told.push_back(&metric);
            rates.push_back(rate_panel(scene, handler, metric, title, graph_rows[room]));
            break;
        case Kind::quantiles:
        case Kind::histogram:
            spreads.push_back(quantiles_panel(scene, metric, title, bin_rows[room]));
            break;
        case Kind::top: {
            const int rows = 1 + std::min(static_cast<int>(metric.top.items.size()), top_rows[room] - 1);
            // The scene outlives the panel.
            const MetricPointer pointer(&metric, [](const Metric*) {});
            tops.push_back(top_panel(scene, metric.path, title, pointer, rows));
            break;
        }
        }
    }
    std::vector<Panel> all;
    for (auto* part : {&counters, &rates, &tops, &spreads})
        std::move(part->begin(), part->end(), std::back_inserter(all));
    if (!none.empty()) all.push_back(empty_panel(scene, none));
    return all;
}

} // namespace visor::terminal
