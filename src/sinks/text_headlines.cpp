#include "sinks/text_headlines.hpp"

#include "sinks/text_figures.hpp"
#include "sinks/text_units.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace visor::sinks {

namespace {

Ink ink_of(const Figure& figure, const Reading& reading) {
    if (abnormal(figure, reading)) return Ink::alarm;
    return reading.count ? Ink::plain : Ink::faint;
}

void add_latency(Lines& items, RowReader& reader, const Figure& figure, const Look& look) {
    for (const Row* row : rows_at(reader, figure.path)) {
        const void* cell = reader.cell(*row);
        if (row->ops->kind != Kind::quantiles || row->ops->count(cell) == 0) continue;
        const std::string_view name = figure.text.empty() ? row->dimension : figure.text;
        const auto at = [&](double q) {
            return measured(row->ops->quantile(cell, q), row->facts.unit, row->ops->integral, look);
        };
        Line item(look);
        item.add(std::string(name)).add(" p50 ").add(at(0.5), Ink::title);
        items.push_back(item.add(" p99 ").add(at(0.99), Ink::title));
    }
}

void add_item(Lines& items, RowReader& reader, const Figure& figure, const Look& look) {
    constexpr size_t bar_width = 8;
    if (figure.show == Show::latency) return add_latency(items, reader, figure, look);
    const auto reading = read(reader, figure);
    if (!reading) return;
    if (figure.show == Show::extra && reading->count == 0) return;
    const Ink ink = ink_of(figure, *reading);
    Line item(look);
    switch (figure.show) {
    case Show::count:
    case Show::extra:
    case Show::missing:
        item.add(grouped(reading->count), ink == Ink::plain ? Ink::title : ink);
        item.add(" ").add(figure.text, ink);
        if (reading->base && reading->count) item.add(fmt::format(" ({})", percent(reading->share())), ink);
        break;
    case Show::share:
    case Show::bar:
        if (reading->base == 0) return;
        item.add(figure.text, ink).add(" ").add(percent(reading->share()), ink);
        if (figure.show == Show::bar && reading->count)
            item.add(" ").add(bar(reading->share(), bar_width, look), Ink::bar);
        break;
    default:
        return;
    }
    items.push_back(item);
}

// Nothing of what these figures tell of was seen.
bool silent(RowReader& reader, std::span<const Figure> line) {
    return std::none_of(line.begin(), line.end(), [&](const Figure& figure) {
        if (figure.show == Show::latency) return !rows_at(reader, figure.path).empty();
        const auto reading = read(reader, figure);
        return reading && (reading->count || reading->base);
    });
}

// Figures that stand side by side in the table are one line.
template <class F>
void for_each_line(std::string_view schema, F&& f) {
    const std::span<const Figure> all = figures();
    for (size_t begin = 0, end; begin < all.size(); begin = end) {
        for (end = begin + 1; end < all.size() && all[end].schema.first == all[begin].schema.first &&
                              all[end].line == all[begin].line;)
            ++end;
        if (all[begin].schema.have(schema)) f(all.subspan(begin, end - begin));
    }
}

} // namespace

Lines headlines(RowReader& reader, const Look& look) {
    Lines lines;
    for_each_line(reader.schema().key, [&](std::span<const Figure> line) {
        if (silent(reader, line)) return;
        Lines items;
        for (const Figure& figure : line) add_item(items, reader, figure, look);
        for (Line& l : wrapped(line.front().line, label_width, items, 3, look)) lines.push_back(l);
    });
    return lines;
}

bool in_headlines(const Schema& schema, const Row& row) {
    return std::any_of(figures().begin(), figures().end(), [&](const Figure& figure) {
        return figure.schema.have(schema.key) && figure.path.have(row.facts.path);
    });
}

Lines ledger_lines(const engine::Ledger& ledger, const Look& look) {
    uint64_t malformed = 0, dropped = 0;
    std::vector<std::pair<std::string, std::string>> rooms; // "tcp": "131 segments, 88 messages"
    for (const engine::LedgerLine& line : engine::ledger_lines(ledger)) {
        if (line.path.starts_with("tap.malformed.")) malformed += line.count;
        if (line.path.starts_with("tap.dropped.")) dropped += line.count;
        if (line.count == 0 || line.path.starts_with("tap.")) continue;
        const size_t dot = line.path.find('.');
        const std::string room = line.path.substr(0, dot);
        std::string name = line.path.substr(dot + 1);
        std::replace_if(
            name.begin(), name.end(), [](char c) { return c == '.' || c == '_'; }, ' ');
        if (rooms.empty() || rooms.back().first != room) rooms.emplace_back(room, "");
        std::string& counts = rooms.back().second;
        counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", grouped(line.count), name);
    }
    Line balance(look);
    balance.add(fmt::format("{} received = {} delivered + {} malformed + {} dropped",
                            grouped(ledger.source.received), grouped(ledger.source.delivered),
                            grouped(malformed), grouped(dropped)));
    Lines items = {balance};
    for (const auto& [room, counts] : rooms) {
        const std::string text =
            shortened(fmt::format("{}: {}", room, counts), page_width - label_width, look);
        items.push_back(Line(look).add(text));
    }
    return wrapped("Ledger", label_width, items, 3, look);
}

Traffic traffic_of(const engine::PolicyView& policy) {
    const auto sum = [](RowReader& reader, const Names& path) {
        engine::RateLine all;
        for (const Row* row : rows_at(reader, path)) all.add(reader.seconds(*row));
        return all.seconds();
    };
    for (const engine::HandlerView& handler : policy.handlers) {
        RowReader reader(handler);
        if (traffic_schema.have(reader.schema().key))
            return {sum(reader, packet_rate), sum(reader, byte_rate)};
    }
    return {};
}

} // namespace visor::sinks
