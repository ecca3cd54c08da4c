#include "sinks/text_figures.hpp"

#include <algorithm>

namespace visor::sinks {

namespace {

// clang-format off: one figure, one line
constexpr Names net{"packets", "net"}, dns{"dns"}, dhcp{"dhcp"}, pcap{"pcap"};
constexpr Names packets{"total", "total_packets"}, tcp{"tcp", "tcp_packets"};
constexpr Names queries{"wire_packets.queries"}, messages{"wire_packets.events", "observed_packets"};
constexpr Names replies{"wire_packets.replies", "xacts"}, transactions{"xacts"}, timeouts{"timeout_queries"};
constexpr Names events{"wire_packets.events"};

constexpr Figure table[] = {
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
     20,
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
     20,
     "of DNS queries have no reply here"},
    {dns, "DNS", "timed out", "xact.counts.timed_out", {}, {}, Show::extra},
    {dns, "DNS", "transactions", transactions, {}, {}, Show::count},
    {dns, "DNS", "unanswered", timeouts, transactions, timeouts, Show::count, 0.05, 20,
     "of DNS queries have no reply here"},
    {dns, "DNS", "replies without a query", "orphan_responses", transactions, "orphan_responses", Show::extra,
     0.05, 20, "of DNS replies have no query here"},
    {dns,
     "Answers",
     "NXDOMAIN",
     {"wire_packets.nxdomain", "nxdomain_xacts"},
     replies,
     {},
     Show::share,
     0.1,
     100,
     "of DNS replies are NXDOMAIN",
     {"top_nxdomain", "top_nxdomain_xacts"}},
    {dns,
     "Answers",
     "SERVFAIL",
     {"wire_packets.srvfail", "srvfail_xacts"},
     replies,
     {},
     Show::share,
     0.05,
     20,
     "of DNS replies are SERVFAIL"},
    {dns,
     "Answers",
     "REFUSED",
     {"wire_packets.refused", "refused_xacts"},
     replies,
     {},
     Show::share,
     0.1,
     20,
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
    {dns, "", "", {"wire_packets.total", "total_packets"}, {}, {}, Show::quiet},
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

// Over all values of the dimension; nothing when there is no such row.
std::optional<uint64_t> total(RowReader& reader, const Names& path) {
    std::optional<uint64_t> sum;
    for (const Row* row : rows_at(reader, path))
        if (row->ops->kind == Kind::counter) sum = sum.value_or(0) + reader.count(*row);
    return sum;
}

} // namespace

std::span<const Figure> figures() {
    return table;
}

std::vector<const Row*> rows_at(const RowReader& reader, const Names& path) {
    std::vector<const Row*> rows;
    reader.for_each(true, [&](const Row& row) {
        if (path.have(row.facts.path)) rows.push_back(&row);
    });
    return rows;
}

std::optional<Reading> read_figure(const Figure& figure,
                                   const std::function<std::optional<uint64_t>(const Names&)>& total) {
    const auto count = total(figure.path);
    if (!count) return std::nullopt;
    Reading reading{*count, 0};
    if (!figure.of.first.empty()) {
        const auto base = total(figure.of);
        if (!base) return std::nullopt;
        reading.base = *base + total(figure.and_of).value_or(0);
    }
    if (figure.show == Show::missing) reading.count = reading.base - std::min(reading.base, reading.count);
    return reading;
}

std::optional<Reading> read(RowReader& reader, const Figure& figure) {
    return read_figure(figure, [&](const Names& path) { return total(reader, path); });
}

bool abnormal(const Figure& figure, const Reading& reading) {
    if (figure.alarm == never || reading.count == 0) return false;
    return figure.alarm == any || (reading.base >= figure.least && reading.share() >= figure.alarm);
}

} // namespace visor::sinks
