#include "cmd/pktvisor-cli/printing.hpp"

#include "cmd/pktvisor-cli/options.hpp"
#include "sinks/json.hpp"
#include "sinks/text_units.hpp"
#include "sketch/rate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <unistd.h>

namespace visor::cmd {

using sinks::Ink;
using sinks::Line;
using sinks::Lines;
using sinks::Look;

bool print(const std::string& text) {
    if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
        return true;
    failed("cannot write to standard output");
    return false;
}

bool print(const Lines& lines) {
    std::string text;
    for (const Line& line : lines) text += line.text() + "\n";
    return print(text);
}

bool print_json(const nlohmann::json& document, bool pretty) {
    return print(sinks::dump_json(document, pretty, isatty(STDOUT_FILENO) == 1) + "\n");
}

void tell(std::string_view what) {
    const std::string text =
        std::string(cli_name) + ": " + sinks::printable(what, {.utf8 = sinks::utf8_locale()}) + "\n";
    std::fputs(text.c_str(), stderr);
}

int failed(std::string_view what) {
    tell(what);
    return 1;
}

std::string count_text(double count) {
    return sinks::grouped(sinks::whole(count));
}

std::string figure(double value, std::string_view unit, const Look& look) {
    return sinks::measured(value, unit, value == std::floor(value), look);
}

std::string period_text(const client::Handler& handler, const Look& look) {
    return sinks::date_time(handler.start_ts * sketch::second_ns) + " " + std::string(look.dash()) + " " +
           sinks::time_of_day(handler.start_ts + handler.length_s) + " UTC, " +
           sinks::duration(handler.length_s * sketch::second_ns);
}

namespace {

constexpr size_t indent = 2, share_width = 7, bar_width = 16;

std::string bounds_text(const client::Item& item, std::string_view unit, const Look& look) {
    if (item.upper <= item.lower) return {};
    return std::string(look.at_most()) + " " + figure(item.upper, unit, look);
}

} // namespace

Lines top_lines(const client::Metric& metric, size_t lines, const Look& look) {
    const auto& items = metric.top.items;
    const size_t n = std::min(lines, items.size());
    size_t count_width = 0, bound_width = 0;
    double most = 0;
    for (size_t i = 0; i < n; ++i) {
        count_width = std::max(count_width, sinks::columns(figure(items[i].estimate, metric.unit, look)));
        bound_width = std::max(bound_width, sinks::columns(bounds_text(items[i], metric.unit, look)));
        most = std::max(most, items[i].estimate);
    }
    const double all = metric.top.total.value_or(0); // shares of it; bars of the heaviest when it is not told
    size_t figures = count_width + 1 + (all > 0 ? share_width : 0) + 2 + bar_width;
    if (bound_width) figures += bound_width + 2;
    const size_t name_width = sinks::page_width - indent - 1 - std::min(figures, sinks::page_width / 2);
    Lines out;
    for (size_t i = 0; i < n; ++i) {
        const client::Item& item = items[i];
        Line line(look);
        line.pad_to(indent).left(item.name.empty() ? "(empty)" : item.name, name_width);
        line.right(" " + figure(item.estimate, metric.unit, look), count_width + 1, Ink::title);
        if (bound_width) line.add("  ").left(bounds_text(item, metric.unit, look), bound_width, Ink::faint);
        if (all > 0) line.right(sinks::percent(item.estimate / all), share_width);
        const double share = item.estimate / std::max(all > 0 ? all : most, 1e-9);
        line.add("  ").add(sinks::bar(share, bar_width, look), Ink::bar);
        out.push_back(line);
    }
    return out;
}

} // namespace visor::cmd
