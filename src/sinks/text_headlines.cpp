#include "sinks/text_headlines.hpp"

#include "sinks/text_units.hpp"

#include <algorithm>
#include <optional>
#include <spdlog/fmt/fmt.h>

namespace visor::sinks {

namespace {

enum class Show : uint8_t {
    count,   // "2,937 queries"
    extra,   // the same, when there are any
    missing, // how many `of` has more: "37 unanswered (1.3%)"
    share,   // "NXDOMAIN 18.2%"
    bar,     // "TCP 29.7% ███"
    latency, // "in p50 118 µs, p99 2.57 ms"
    alarm,   // not among the headlines, only when abnormal
    quiet,   // not told: something else on the page says it
};

constexpr double never = 0, any = 1e-9; // shares from which a figure is abnormal
constexpr uint64_t least_base = 20;     // a share of fewer than these is no news

// What versions 1.0 and 2.0 of a handler call the same thing. One of the two is in the schema at hand.
struct Names {
    constexpr Names() = default;
    constexpr Names(const char* only) : first(only) {}
    constexpr Names(const char* one, const char* two) : first(one), second(two) {}
    bool have(std::string_view name) const { return !name.empty() && (name == first || name == second); }

    std::string_view first{}, second{};
};

struct Figure {
    Names schema;
    std::string_view line, text;
    Names path;
    Names of{}, and_of{}; // what it is a share of: the sum of these
    Show show = Show::share;
    double alarm = never;
    std::string_view meaning{}; // after the share, when it is abnormal; the row's help when any is
};

// clang-format off: one figure, one line
constexpr Names net{"packets", "net"}, dns{"dns"}, dhcp{"dhcp"}, pcap{"pcap"};
constexpr Names packets{"total", "total_packets"}, tcp{"tcp", "tcp_packets"};
constexpr Names queries{"wire_packets.queries"}, messages{"wire_packets.events", "observed_packets"};
constexpr Names replies{"wire_packets.replies", "xacts"}, transactions{"xacts"}, timeouts{"timeout_queries"};
constexpr Names events{"wire_packets.events"};

constexpr Figure figures[] = {
    {net, "Protocols", "TCP", tcp, packets, {}, Show::bar},
    {net, "Protocols", "UDP", {"udp", "udp_packets"}, packets, {}, Show::bar},
    {net, "Protocols", "other", {"other_l4", "other_l4_packets"}, packets, {}, Show::bar},
    {net, "", "IPv4", {"ipv4", "ipv4_packets"}, packets, {}, Show::bar},
    {net, "", "IPv6", {"ipv6", "ipv6_packets"}, packets, {}, Show::bar},
    {net,
     "",
     "",
     {"protocol.tcp.syn", "tcp.syn_packets"},
     tcp,
     {},
     Show::alarm,
     0.4,
     "of TCP packets are SYNs: scan or flood?"},
    {net, "", "", {"events", "observed_packets"}, {}, {}, Show::quiet},
    {net, "", "", {"deep_samples", "deep_sampled_packets"}, {}, {}, Show::quiet},
    {net, "", "", packets, {}, {}, Show::quiet},
    {net, "", "", "in", {}, {}, Show::quiet},
    {net, "", "", "out", {}, {}, Show::quiet},
    {net, "", "", "unknown_dir", {}, {}, Show::quiet},

    {dns, "DNS", "queries", queries, {}, {}, Show::count},
    {dns, "DNS", "replies", "wire_packets.replies", {}, {}, Show::count},
    {dns,
     "DNS",
     "unanswered",
     "xact.counts.total",
     queries,
     {},
     Show::missing,
     0.05,
     "of DNS queries have no reply here"},
    {dns, "DNS", "timed out", "xact.counts.timed_out", {}, {}, Show::extra},
    {dns, "DNS", "transactions", transactions, {}, {}, Show::count},
    {dns, "DNS", "unanswered", timeouts, transactions, timeouts, Show::count, 0.05,
     "of DNS queries have no reply here"},
    {dns, "DNS", "replies without a query", "orphan_responses", transactions, "orphan_responses", Show::extra,
     0.05, "of DNS replies have no query here"},
    {dns,
     "Answers",
     "NXDOMAIN",
     {"wire_packets.nxdomain", "nxdomain_xacts"},
     replies,
     {},
     Show::share,
     0.3,
     "of DNS replies are NXDOMAIN"},
    {dns,
     "Answers",
     "SERVFAIL",
     {"wire_packets.srvfail", "srvfail_xacts"},
     replies,
     {},
     Show::share,
     0.05,
     "of DNS replies are SERVFAIL"},
    {dns,
     "Answers",
     "REFUSED",
     {"wire_packets.refused", "refused_xacts"},
     replies,
     {},
     Show::share,
     0.1,
     "of DNS replies are REFUSED"},
    {dns, "Answers", "NODATA", {"wire_packets.nodata", "nodata_xacts"}, replies},
    {dns, "Latency", "to host", "xact.in.quantiles_us", {}, {}, Show::latency},
    {dns, "Latency", "from host", "xact.out.quantiles_us", {}, {}, Show::latency},
    {dns, "Latency", "", "xact_time_us", {}, {}, Show::latency},
    {dns, "", "", {"wire_packets.malformed", "malformed_packets"}, messages, {}, Show::alarm, any},
    {dns, "", "", "wire_packets.incomplete", messages, {}, Show::alarm, any},
    {dns, "", "", "xact.counts.evicted", queries, {}, Show::alarm, any},
    {dns, "", "", "evicted_queries", messages, {}, Show::alarm, any},
    {dns, "", "", messages, {}, {}, Show::quiet},
    {dns, "", "", {"wire_packets.deep_samples", "deep_sampled_packets"}, {}, {}, Show::quiet},
    {dns, "", "", "wire_packets.total", {}, {}, Show::quiet},
    {dns, "", "", {"wire_packets.noerror", "noerror_xacts"}, {}, {}, Show::quiet},
    {dns, "", "", {"wire_packets.udp", "udp_xacts"}, {}, {}, Show::quiet},
    {dns, "", "", "xact.in.total", {}, {}, Show::quiet},
    {dns, "", "", "xact.out.total", {}, {}, Show::quiet},

    {dhcp, "", "", events, {}, {}, Show::quiet},
    {dhcp, "", "", "wire_packets.deep_samples", {}, {}, Show::quiet},
    {dhcp, "", "", "wire_packets.total", {}, {}, Show::quiet},
    {dhcp, "", "", "wire_packets.malformed", events, {}, Show::alarm, any},
    {dhcp, "", "", "wire_packets.nak", events, {}, Show::alarm, any},
    {dhcp, "", "", "wire_packets.decline", events, {}, Show::alarm, any},
    {dhcp, "", "", "xact.counts.timed_out", events, {}, Show::alarm, any},
    {dhcp, "", "", "xact.counts.evicted", events, {}, Show::alarm, any},

    {pcap, "", "", "tcp_reassembly_errors", {}, {}, Show::quiet}, // the ledger tells them by reason
};
// clang-format on

// Rates the head of the page is drawn from.
constexpr Names packet_rate{"rates.pps_total", "rates.pps"}, byte_rate{"rates.bytes_total", "rates.bps"};

// Lines of the ledger that are no news when they count: everything else in it is abnormal.
constexpr std::string_view normal_ledger[] = {
    "tap.received",      "tap.delivered",    "tap.dropped.filter", "tcp.segments",        "tcp.messages",
    "tcp.retransmitted", "tcp.out_of_order", "fragments.seen",     "fragments.datagrams",
};

std::vector<const Row*> rows_at(const RowReader& reader, const Names& path) {
    std::vector<const Row*> rows;
    reader.for_each(true, [&](const Row& row) {
        if (path.have(row.facts.path)) rows.push_back(&row);
    });
    return rows;
}

// Over all values of the dimension; nothing when there is no such row.
std::optional<uint64_t> total(RowReader& reader, const Names& path) {
    std::optional<uint64_t> sum;
    for (const Row* row : rows_at(reader, path))
        if (row->ops->kind == Kind::counter) sum = sum.value_or(0) + reader.count(*row);
    return sum;
}

struct Reading {
    uint64_t count = 0, base = 0;
    double share() const { return base ? static_cast<double>(count) / static_cast<double>(base) : 0; }
};

std::optional<Reading> read(RowReader& reader, const Figure& figure) {
    const auto count = total(reader, figure.path);
    if (!count) return std::nullopt;
    Reading reading{*count, 0};
    if (!figure.of.first.empty()) {
        const auto base = total(reader, figure.of);
        if (!base) return std::nullopt;
        reading.base = *base + total(reader, figure.and_of).value_or(0);
    }
    if (figure.show == Show::missing) reading.count = reading.base - std::min(reading.base, reading.count);
    return reading;
}

bool abnormal(const Figure& figure, const Reading& reading) {
    if (figure.alarm == never || reading.count == 0) return false;
    return figure.alarm == any || (reading.base >= least_base && reading.share() >= figure.alarm);
}

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

std::string sentence(RowReader& reader, const Figure& figure, const Reading& reading) {
    if (figure.alarm == any)
        return fmt::format("{}: {}", rows_at(reader, figure.path).front()->facts.help,
                           grouped(reading.count));
    return fmt::format("{} {} ({} of {})", percent(reading.share()), figure.meaning, grouped(reading.count),
                       grouped(reading.base));
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
    const std::span<const Figure> all = figures;
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
    return std::any_of(std::begin(figures), std::end(figures), [&](const Figure& figure) {
        return figure.schema.have(schema.key) && figure.path.have(row.facts.path);
    });
}

std::vector<std::string> abnormal_figures(RowReader& reader) {
    std::vector<std::string> found;
    for (const Figure& figure : figures) {
        if (!figure.schema.have(reader.schema().key) || figure.alarm == never) continue;
        const auto reading = read(reader, figure);
        if (reading && abnormal(figure, *reading)) found.push_back(sentence(reader, figure, *reading));
    }
    return found;
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

std::vector<std::string> abnormal_ledger(const engine::Ledger& ledger) {
    struct Reason {
        std::string help, names;
        bool named = false; // the help alone does not say why
        uint64_t count = 0;
    };
    std::vector<Reason> reasons; // lines that tell the same are one sentence
    for (const engine::LedgerLine& line : engine::ledger_lines(ledger)) {
        if (line.count == 0 || std::find(std::begin(normal_ledger), std::end(normal_ledger), line.path) !=
                                   std::end(normal_ledger))
            continue;
        std::string name = line.path.substr(line.path.rfind('.') + 1);
        std::replace(name.begin(), name.end(), '_', ' ');
        if (reasons.empty() || reasons.back().help != line.help)
            reasons.push_back({line.help, {}, line.path.starts_with("frames.undecoded.")});
        Reason& reason = reasons.back();
        reason.names += fmt::format("{}{} {}", reason.count ? ", " : "", grouped(line.count), name);
        reason.count += line.count;
    }
    std::vector<std::string> found;
    for (const Reason& reason : reasons) {
        found.push_back(
            fmt::format("{}: {}", reason.help, reason.named ? reason.names : grouped(reason.count)));
    }
    return found;
}

Traffic traffic_of(const engine::PolicyView& policy, const Services& services) {
    const auto sum = [](RowReader& reader, const Names& path) {
        engine::Seconds all;
        for (const Row* row : rows_at(reader, path)) {
            const engine::Seconds more = reader.seconds(*row);
            all.resize(std::max(all.size(), more.size()));
            for (size_t i = 0; i < more.size(); ++i) all[i] += more[i];
        }
        return all;
    };
    for (const engine::HandlerView& handler : policy.handlers) {
        RowReader reader(handler, services);
        if (net.have(reader.schema().key)) return {sum(reader, packet_rate), sum(reader, byte_rate)};
    }
    return {};
}

} // namespace visor::sinks
