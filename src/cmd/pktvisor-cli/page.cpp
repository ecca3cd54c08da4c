#include "cmd/pktvisor-cli/page.hpp"

#include "cmd/pktvisor-cli/printing.hpp"
#include "sinks/names.hpp"
#include "sinks/rows.hpp"
#include "sinks/text_units.hpp"

#include <algorithm>
#include <cmath>

namespace visor::cmd {

using client::Handler;
using client::Metric;
using client::Picture;
using sinks::Ink;
using sinks::Line;
using sinks::Lines;
using sinks::Look;

namespace {

constexpr size_t label_width = 12, name_width = 28, column = 10, gap = 3;

void append(Lines& to, const Lines& lines) {
    to.insert(to.end(), lines.begin(), lines.end());
}

Line rule(std::string_view title, const Look& look) {
    Line line(look);
    const std::string two = std::string(look.rule()) + std::string(look.rule());
    line.add(two + " ", Ink::heading).add(title, Ink::heading).add(" ");
    std::string rest;
    for (size_t i = line.width(); i < sinks::page_width; ++i) rest += look.rule();
    return line.add(rest, Ink::heading);
}

Line headline(const Picture& picture, const Look& look) {
    Line line(look);
    line.add(picture.agent, Ink::title);
    if (!picture.version.empty()) line.add("  pktvisor " + picture.version);
    if (picture.up_minutes > 0) line.add(", up " + sinks::duration_of_minutes(picture.up_minutes));
    line.add("  policy " + picture.policy);
    if (!picture.tap.empty()) line.add(", tap " + picture.tap);
    return line;
}

// Frames by what became of them, of each stream; what is zero is told of drops alone.
Lines ledger_lines(const Picture& picture, const Look& look) {
    Lines lines;
    for (size_t i = 0; i < picture.ledger.size();) {
        const std::string& stream = picture.ledger[i].stream;
        Lines items;
        for (; i < picture.ledger.size() && picture.ledger[i].stream == stream; ++i) {
            const client::LedgerLine& told = picture.ledger[i];
            const bool tap = told.path.starts_with("tap.");
            const bool drop = told.path.find("dropped.") != std::string::npos;
            if (!tap || (told.count == 0 && !drop)) continue;
            const Ink ink = drop && told.count > 0 ? Ink::alarm : Ink::plain;
            items.push_back(Line(look).add(told.path.substr(4) + " " + count_text(told.count), ink));
        }
        append(lines, sinks::wrapped("ledger", label_width, items, gap, look));
    }
    return lines;
}

Lines counters(const Handler& handler, const Look& look) {
    Lines counts, distinct;
    for (const Metric& metric : handler.metrics) {
        if (metric.kind == Kind::counter && metric.value != 0)
            counts.push_back(Line(look).add(metric.path + " " + figure(metric.value, metric.unit, look)));
        if (metric.kind == Kind::cardinality && metric.value != 0) {
            Line line(look);
            line.add(metric.path + " " + count_text(metric.value));
            const double off =
                metric.upper && metric.lower ? std::round((*metric.upper - *metric.lower) / 2) : 0;
            if (off >= 1) line.add(" " + std::string(look.plus_minus()) + count_text(off), Ink::faint);
            distinct.push_back(line);
        }
    }
    Lines lines = sinks::wrapped("counts", label_width, counts, gap, look);
    append(lines, sinks::wrapped("distinct", label_width, distinct, gap, look));
    return lines;
}

std::string optional_figure(const std::optional<double>& value, const Metric& metric, const Look& look) {
    return value ? figure(*value, metric.unit, look) : "";
}

// Rates and quantiles as a grid.
Lines grid(const Handler& handler, Kind kind, const Look& look) {
    Lines lines;
    for (const Metric& metric : handler.metrics) {
        const bool rate = kind == Kind::rate;
        const auto& p = rate ? metric.rate.p : metric.quantiles.p;
        if (metric.kind != kind || !p[0]) continue;
        if (rate && p[3].value_or(0) == 0 && metric.rate.live.value_or(0) == 0) continue; // nothing came
        if (lines.empty()) {
            Line head(look);
            head.left(rate ? "a second" : "quantiles", name_width, Ink::heading);
            for (const char* name : sinks::quantile_names) head.right(name, column, Ink::heading);
            lines.push_back(head.right(rate ? "now" : "max", column, Ink::heading));
        }
        Line line(look);
        line.left("  " + metric.path, name_width);
        for (const auto& value : p) line.right(optional_figure(value, metric, look), column);
        if (const auto& last = rate ? metric.rate.live : metric.quantiles.max)
            line.right(figure(*last, metric.unit, look), column);
        lines.push_back(line);
    }
    return lines;
}

Lines histograms(const Handler& handler, const Look& look) {
    Lines lines;
    for (const Metric& metric : handler.metrics) {
        if (metric.kind != Kind::histogram || metric.quantiles.bins.empty()) continue;
        lines.push_back(Line(look).add(metric.path, Ink::heading));
        double all = 0;
        for (const client::Bin& bin : metric.quantiles.bins) all += bin.count;
        for (const client::Bin& bin : metric.quantiles.bins) {
            Line line(look);
            line.add("  ").left(std::isfinite(bin.upper)
                                    ? std::string(look.at_most()) + " " + figure(bin.upper, metric.unit, look)
                                    : "> " + figure(bin.lower, metric.unit, look),
                                name_width - 2);
            line.right(count_text(bin.count), column).add("  ");
            lines.push_back(line.add(sinks::bar(bin.count / std::max(all, 1.0), 2 * column, look), Ink::bar));
        }
    }
    return lines;
}

Lines tops(const Handler& handler, size_t top_list_lines, const Look& look) {
    Lines lines;
    for (const Metric& metric : handler.metrics) {
        if (metric.kind != Kind::top || metric.top.items.empty()) continue;
        Line head(look);
        head.add(metric.path, Ink::heading);
        if (!metric.help.empty()) head.add("  " + metric.help, Ink::faint);
        lines.push_back(head);
        append(lines, top_lines(metric, top_list_lines, look));
    }
    return lines;
}

// Whole as far as doubles are: scripts need not cut ".0" off counts. What JSON has no word for is null.
nlohmann::json number(double value) {
    constexpr double exact = 9007199254740992; // 2^53
    if (!std::isfinite(value)) return {};
    return value == std::floor(value) && std::abs(value) < exact ? nlohmann::json(static_cast<int64_t>(value))
                                                                 : nlohmann::json(value);
}

nlohmann::json numbers(const std::vector<double>& values) {
    nlohmann::json out = nlohmann::json::array();
    for (const double value : values) out.push_back(number(value));
    return out;
}

void put_quantiles(nlohmann::json& out, const client::Quantiles& quantiles) {
    for (size_t i = 0; i < quantiles.p.size(); ++i)
        if (quantiles.p[i]) out[sinks::quantile_names[i]] = number(*quantiles.p[i]);
    const std::pair<const char*, const std::optional<double>*> more[] = {{"count", &quantiles.count},
                                                                         {"min", &quantiles.min},
                                                                         {"max", &quantiles.max},
                                                                         {"sum", &quantiles.sum}};
    for (const auto& [name, value] : more)
        if (*value) out[name] = number(**value);
    for (const client::Bin& bin : quantiles.bins)
        out["bins"].push_back({number(bin.lower), number(bin.upper), number(bin.count)});
}

void put_top(nlohmann::json& out, const client::Top& top) {
    out["items"] = nlohmann::json::array();
    for (const client::Item& item : top.items) {
        nlohmann::json line{{"name", item.name},
                            {"estimate", number(item.estimate)},
                            {"lower", number(item.lower)},
                            {"upper", number(item.upper)}};
        if (!item.lat.empty()) line["lat"] = item.lat;
        if (!item.lon.empty()) line["lon"] = item.lon;
        out["items"].push_back(std::move(line));
    }
    if (top.total) out["total"] = number(*top.total);
    if (top.unlisted_max) out["unlisted_max"] = number(*top.unlisted_max);
}

void put_rate(nlohmann::json& out, const client::Rate& rate) {
    if (rate.live) out["live"] = number(*rate.live);
    for (size_t i = 0; i < rate.p.size(); ++i)
        if (rate.p[i]) out[sinks::quantile_names[i]] = number(*rate.p[i]);
    if (!rate.seconds.empty())
        out["seconds"] = {{"start_ts", rate.first_second}, {"values", numbers(rate.seconds)}};
}

} // namespace

Lines picture_page(const Picture& picture, size_t top_list_lines, const Look& look) {
    Lines lines{headline(picture, look)};
    append(lines, ledger_lines(picture, look));
    for (const Handler& handler : picture.handlers) {
        lines.push_back(rule(handler.title + "  " + handler.instance, look));
        lines.push_back(Line(look).add(period_text(handler, look), Ink::faint));
        const size_t before = lines.size();
        append(lines, counters(handler, look));
        append(lines, grid(handler, Kind::rate, look));
        append(lines, grid(handler, Kind::quantiles, look));
        append(lines, histograms(handler, look));
        append(lines, tops(handler, top_list_lines, look));
        if (lines.size() == before) lines.push_back(Line(look).add("nothing came"));
    }
    if (picture.handlers.empty())
        lines.push_back(Line(look).add("The policy has no handler with a metric group switched on."));
    return lines;
}

nlohmann::json metric_json(const Metric& metric) {
    nlohmann::json out{{"kind", sinks::kind_name(metric.kind, metric.gauge)}, {"unit", metric.unit}};
    if (!metric.help.empty()) out["help"] = metric.help;
    switch (metric.kind) {
    case Kind::cardinality:
        if (metric.lower) out["lower"] = number(*metric.lower);
        if (metric.upper) out["upper"] = number(*metric.upper);
        [[fallthrough]];
    case Kind::counter:
        out["value"] = number(metric.value);
        break;
    case Kind::top:
        put_top(out, metric.top);
        break;
    case Kind::quantiles:
    case Kind::histogram:
        put_quantiles(out, metric.quantiles);
        break;
    case Kind::rate:
        put_rate(out, metric.rate);
        break;
    }
    return out;
}

nlohmann::json picture_json(const Picture& picture) {
    nlohmann::json out{{"agent", picture.agent},          {"version", picture.version},
                       {"policy", picture.policy},        {"tap", picture.tap},
                       {"minutes", picture.minutes},      {"taken_ms", picture.taken_ms},
                       {"up_minutes", picture.up_minutes}};
    out["handlers"] = nlohmann::json::object();
    for (const Handler& handler : picture.handlers) {
        nlohmann::json& into = out["handlers"][handler.instance];
        into = {{"key", handler.key},
                {"title", handler.title},
                {"start_ts", handler.start_ts},
                {"length_s", handler.length_s},
                {"metrics", nlohmann::json::object()}};
        for (const Metric& metric : handler.metrics) into["metrics"][metric.path] = metric_json(metric);
    }
    out["ledger"] = nlohmann::json::object();
    for (const client::LedgerLine& line : picture.ledger)
        out["ledger"][line.stream][line.path] = number(line.count);
    return out;
}

} // namespace visor::cmd
