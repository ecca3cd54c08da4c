#include "sinks/text_notable.hpp"

#include "sinks/text_figures.hpp"
#include "sinks/text_units.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>

namespace visor::sinks {

namespace {

// Lists in which one key is too much of it all.
struct Concentration {
    Names schema, path;
    std::string_view meaning;
    double alarm = 0.5;
    uint64_t least = 100;
};
constexpr Concentration concentrations[] = {
    {"dns", {"top_nxdomain", "top_nxdomain_xacts"}, "of NXDOMAIN replies are for one name"},
    {"dns", {"top_srvfail", "top_srvfail_xacts"}, "of SERVFAIL replies are for one name"},
};

// A burst: a second with many times the packets of the mean one.
constexpr double burst = 3;
constexpr size_t burst_seconds = 10;    // of fewer the mean says little
constexpr uint64_t burst_packets = 100; // fewer are chance

// Lines of the ledger that are no news when they count: everything else in it is abnormal.
constexpr std::string_view normal_ledger[] = {
    "tap.received",      "tap.delivered",    "tap.dropped.filter", "tcp.segments",        "tcp.messages",
    "tcp.retransmitted", "tcp.out_of_order", "fragments.seen",     "fragments.datagrams",
};

// What else a share tells: that no key has much of it.
std::string spread_of(RowReader& reader, const Names& path) {
    uint64_t heaviest = 0, total = 0;
    for (const Row* row : rows_at(reader, path)) {
        if (row->ops->kind != Kind::top) continue;
        const TopTable table = reader.top(*row, 1);
        total += table.total;
        heaviest = std::max(heaviest, table.unlisted_max);
        if (!table.lines.empty()) heaviest = std::max(heaviest, table.lines.front().upper);
    }
    if (total < 100) return {};
    if (heaviest == 1) return ", no name twice";
    return heaviest <= total / 100 ? ", no name over 1%" : "";
}

Finding finding_of(RowReader& reader, const Figure& figure, const Reading& reading) {
    if (figure.alarm == any)
        return {0, fmt::format("{}: {}", rows_at(reader, figure.path).front()->facts.help,
                               grouped(reading.count))};
    return {reading.share() / figure.alarm,
            fmt::format("{} {} ({} of {}){}", percent(reading.share()), figure.meaning,
                        grouped(reading.count), grouped(reading.base), spread_of(reader, figure.spread))};
}

void add_concentration(std::vector<Finding>& found, RowReader& reader, const Concentration& list) {
    for (const Row* row : rows_at(reader, list.path)) {
        if (row->ops->kind != Kind::top) continue;
        const TopTable table = reader.top(*row, 1);
        if (table.lines.empty() || table.total < list.least) continue;
        const double share = static_cast<double>(table.lines[0].lower) / static_cast<double>(table.total);
        if (share < list.alarm) continue;
        found.push_back({share / list.alarm,
                         fmt::format("{} {}: {}", percent(share), list.meaning, table.lines[0].key.name)});
    }
}

std::vector<std::string_view> spellings(const Names& names) {
    std::vector<std::string_view> all{names.first};
    if (!names.second.empty()) all.push_back(names.second);
    return all;
}

} // namespace

std::vector<Finding> abnormal_figures(RowReader& reader) {
    std::vector<Finding> found;
    for (const Figure& figure : figures()) {
        if (!figure.schema.have(reader.schema().key) || figure.alarm == never) continue;
        const auto reading = read(reader, figure);
        if (reading && abnormal(figure, *reading)) found.push_back(finding_of(reader, figure, *reading));
    }
    for (const Concentration& list : concentrations)
        if (list.schema.have(reader.schema().key)) add_concentration(found, reader, list);
    return found;
}

std::optional<Finding> packet_burst(const engine::Seconds& packets, int64_t first_second) {
    if (packets.size() < burst_seconds) return std::nullopt;
    const auto peak = std::max_element(packets.begin(), packets.end());
    const double mean = static_cast<double>(std::accumulate(packets.begin(), packets.end(), uint64_t{0})) /
                        static_cast<double>(packets.size());
    const double times = static_cast<double>(*peak) / std::max(mean, 1e-9);
    if (*peak < burst_packets || times < burst) return std::nullopt;
    return Finding{times / burst,
                   fmt::format("the peak of {} at {} is more than {:.0f} times the mean",
                               prefixed(static_cast<double>(*peak), "pkt/s"),
                               time_of_day(first_second + (peak - packets.begin())), std::floor(times))};
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
    found.reserve(reasons.size());
    for (const Reason& reason : reasons) {
        found.push_back(
            fmt::format("{}: {}", reason.help, reason.named ? reason.names : grouped(reason.count)));
    }
    return found;
}

std::string notable_markdown() {
    std::string out = "# What a page of text calls notable\n\n"
                      "`--format text` tells the furthest beyond its threshold first, then what the ledger "
                      "says was lost or not\n"
                      "decoded, then counts of what should not be at all.\n\n"
                      "## Shares\n\n| from | of at least | what |\n|---|---|---|\n";
    const auto share = [&](double from, uint64_t least, std::string_view what) {
        const std::string line = fmt::format("| {:.0f} % | {} | {} |\n", from * 100, least, what);
        if (out.find(line) == std::string::npos) out += line; // versions of a handler tell the same
    };
    for (const Figure& figure : figures())
        if (figure.alarm > any) share(figure.alarm, figure.least, figure.meaning);
    for (const Concentration& list : concentrations) share(list.alarm, list.least, list.meaning);
    out += fmt::format(
        "\n## Bursts\n\nA second with at least {} packets and {:.0f} times those of the mean second, "
        "in {} seconds or more.\n\n## Counts\n\nAny at all of these:\n\n",
        burst_packets, burst, burst_seconds);
    for (const Figure& figure : figures())
        if (figure.alarm == any)
            out +=
                fmt::format("- `{}` of {}\n", fmt::join(spellings(figure.path), "`, `"), figure.schema.first);
    out += "- every line of the ledger but: ";
    out += fmt::format("`{}`\n", fmt::join(normal_ledger, "`, `"));
    return out;
}

} // namespace visor::sinks
