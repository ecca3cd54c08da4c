#include "terminal/overview.hpp"

#include "sinks/text_top.hpp"
#include "sinks/text_units.hpp"
#include "sinks/text_words.hpp"
#include "terminal/lookup.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <spdlog/fmt/fmt.h>

namespace visor::terminal {

using client::Handler;
using client::Item;
using client::Metric;
using client::Picture;
using sinks::Names;

namespace {

// A list over all directions, by what both versions of a handler call its parts.
struct List {
    Names schema;
    std::string_view title;
    Names first, second{};
    bool always = false; // told even when it is empty
    std::array<std::string_view, 2> why{"nothing in this window", ""};
};

constexpr Names net = sinks::traffic_schema, dns{"dns"};
constexpr List lists[] = {
    {net,
     "busiest remote addresses",
     {"top_ipv4", "top_ipv4_packets"},
     {"top_ipv6", "top_ipv6_packets"},
     true},
    {dns,
     "NXDOMAIN names",
     {"top_nxdomain", "top_nxdomain_xacts"},
     {},
     true,
     {"no NXDOMAIN reply in this window", ""}},
    {dns,
     "names asked, last two labels",
     {"top_qname2", "top_qname2_xacts"},
     {},
     true,
     {"no DNS message in this window", ""}},
    {dns, "slow names", {"xact.in.top_slow", "top_slow_xacts"}, {"xact.out.top_slow"}, false},
    {dns, "SERVFAIL names", {"top_srvfail", "top_srvfail_xacts"}, {}, false},
    {net, "autonomous systems", {"top_ASN", "top_asn_packets"}, {}, false},
    {net, "places", {"top_geoLoc", "top_geo_loc_packets"}, {}, false},
    {dns, "query types", {"top_qtype", "top_qtype_xacts"}, {}, false},
    {dns, "response codes", {"top_rcode", "top_rcode_xacts"}, {}, false},
    {dns, "names asked, last three labels", {"top_qname3", "top_qname3_xacts"}, {}, false},
};

// One list of keys that several hold: a key that one of them lacks may still weigh in it what an unlisted
// can.
void add_directions(Metric& into, const std::vector<const Metric*>& parts) {
    std::map<std::string_view, Item> sums;
    double unlisted = 0;
    for (const Metric* part : parts) unlisted += part->top.unlisted_max.value_or(0);
    for (const Metric* part : parts) {
        const double own_unlisted = part->top.unlisted_max.value_or(0);
        for (const Item& item : part->top.items) {
            Item& sum = sums.try_emplace(item.name, Item{item.name, item.lat, item.lon, 0, 0, unlisted})
                            .first->second;
            sum.estimate += item.estimate;
            sum.lower += item.lower;
            sum.upper += item.upper - own_unlisted;
        }
        if (part->top.total) into.top.total = into.top.total.value_or(0) + *part->top.total;
    }
    for (auto& [name, item] : sums) into.top.items.push_back(std::move(item));
    into.top.unlisted_max = std::max(into.top.unlisted_max.value_or(0), unlisted);
    into.unit = parts.front()->unit;
}

struct Found {
    MetricPointer metric;
    std::vector<const Metric*> parts;
};

Found found(const Picture& picture, const List& list) {
    auto metric = std::make_shared<Metric>();
    metric->kind = Kind::top;
    Found out;
    for (const Handler& handler : picture.handlers) {
        if (!list.schema.have(handler.key)) continue;
        for (const Names& names : {list.first, list.second}) {
            const auto parts = metrics_of(handler, names, Kind::top);
            if (parts.empty()) continue;
            out.parts.insert(out.parts.end(), parts.begin(), parts.end());
            add_directions(*metric, parts);
        }
        if (!out.parts.empty()) break; // another handler of the same kind counts the same packets again
    }
    std::stable_sort(metric->top.items.begin(), metric->top.items.end(), [](const Item& a, const Item& b) {
        return a.lower != b.lower ? a.lower > b.lower : a.estimate > b.estimate;
    });
    out.metric = std::move(metric);
    return out;
}

struct ChartFacts {
    Chart chart;
    std::string_view title, unit;
};
constexpr ChartFacts charts[] = {
    {Chart::packets, "packets/s", ""},     {Chart::bytes, "bytes/s", "By"},
    {Chart::queries, "DNS queries/s", ""}, {Chart::nxdomain, "NXDOMAIN", "share"},
    {Chart::median, "latency p50", "us"},  {Chart::tail, "latency p99", "us"},
};

std::string chart_value(double value, std::string_view unit, const Look& look) {
    if (unit == "share") return sinks::percent(value);
    if (unit.empty()) return sinks::compact(value);
    return sinks::measured(value, unit, true, look);
}

// Of a capture there is one value of what is not told by the second.
bool single(const Scene& scene, const Series& series) {
    return !scene.live && series.known() < 2;
}

Lines one_chart(const Scene& scene, const ChartFacts& facts, const Series& series, int width, int rows) {
    const auto across = static_cast<size_t>(width);
    const std::vector<double> values = scene.live ? series.newest(across) : series.whole(across);
    double most = 0;
    for (const double value : values)
        if (value > most) most = value;
    const bool alarm = scene.history.alarming(scene.picture.policy, facts.chart);
    const bool newest = scene.live || single(scene, series);
    const std::optional<double> value = newest ? series.last() : series.mean();
    Line head(scene.look);
    head.add(facts.title, Ink::heading).add(newest ? " " : " mean ");
    head.add(chart_value(value.value_or(0), facts.unit, scene.look), alarm ? Ink::alarm : Ink::title);
    if (single(scene, series)) return {head};
    const std::string peak = fmt::format("max {}", chart_value(most, facts.unit, scene.look));
    if (head.width() + 2 + sinks::columns(peak) <= across)
        head.right(peak, across - head.width(), Ink::faint);
    Lines lines = {head};
    for (Line& line : area(values, rows - 1, alarm ? Ink::alarm : Ink::plain, scene.look))
        lines.push_back(std::move(line));
    return lines;
}

} // namespace

Lines overview_charts(const Scene& scene, int width, int rows) {
    std::vector<std::pair<const ChartFacts*, const Series*>> there;
    for (const ChartFacts& facts : charts)
        if (const Series* series = scene.history.chart(scene.picture.policy, facts.chart))
            there.emplace_back(&facts, series);
    if (there.empty() || rows < 2) return {};
    constexpr int gutter = 2, narrowest = 24;
    const int count = static_cast<int>(there.size());
    int across = std::clamp((width + gutter) / (narrowest + gutter), 1, std::min(count, 3));
    int down = (count + across - 1) / across;
    down = std::min(down, std::max(rows / 3, 1)); // a heading, and two lines to see something
    // Those that are but a figure take a line.
    const auto is_flat = [&](int line) {
        const auto first = there.begin() + line * across,
                   last = there.begin() + std::min(count, (line + 1) * across);
        return std::all_of(first, last, [&](const auto& chart) { return single(scene, *chart.second); });
    };
    int flat = 0;
    for (int line = 0; line < down; ++line) flat += is_flat(line);
    const int tall = flat == down ? 1 : (rows - flat) / (down - flat);
    const int wide = (width - (across - 1) * gutter) / across;
    Lines lines;
    for (int line = 0; line < down; ++line) {
        const int height = is_flat(line) ? 1 : tall;
        const size_t top = lines.size();
        lines.resize(top + static_cast<size_t>(height), Line(scene.look));
        for (int i = line * across; i < std::min(count, (line + 1) * across); ++i) {
            const auto& [facts, series] = there[static_cast<size_t>(i)];
            const auto left = static_cast<size_t>(i % across) * static_cast<size_t>(wide + gutter);
            const Lines drawn = one_chart(scene, *facts, *series, wide, height);
            for (size_t row = 0; row < drawn.size(); ++row) lines[top + row].pad_to(left).join(drawn[row]);
        }
    }
    return lines;
}

std::vector<Panel> overview_panels(const Scene& scene) {
    constexpr int any_rows = 11;
    constexpr size_t most = 100; // the rest is in the handlers' panes
    std::vector<Panel> out;
    std::set<const Metric*> told;
    for (const List& list : lists) {
        const Found one = found(scene.picture, list);
        told.insert(one.parts.begin(), one.parts.end());
        if (one.parts.empty() || (one.metric->top.items.empty() && !list.always)) continue;
        std::vector<std::string> why;
        for (const std::string_view line : list.why)
            if (!line.empty()) why.emplace_back(line);
        out.push_back(
            top_panel(scene, std::string(list.title), std::string(list.title), one.metric, any_rows, why));
    }
    for (const Handler& handler : scene.picture.handlers)
        for (const Metric& metric : handler.metrics) {
            if (metric.kind != Kind::top || told.count(&metric) || metric.top.items.empty()) continue;
            if (out.size() == most) return out;
            const MetricPointer pointer(&metric, [](const Metric*) {}); // the scene outlives the panel
            out.push_back(
                top_panel(scene, handler.instance + '/' + metric.path,
                          fmt::format("{}: {}", handler.key, metric.help.empty() ? metric.path : metric.help),
                          pointer, any_rows));
        }
    return out;
}

} // namespace visor::terminal
