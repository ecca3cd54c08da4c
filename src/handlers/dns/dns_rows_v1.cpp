// Rows of dns 1.0: messages.
#include "handlers/dns/dns_cells.hpp"
#include "metric/keys.hpp"

namespace visor::dns {

namespace {
using namespace group1;
using C = CellsV1;

template <class Cell>
CellPlace fact(Cell Facts::*cell) {
    return path(&C::facts, cell);
}

void add_counters(std::vector<Row>& rows) {
    const auto count = [&](CellPlace place, std::string_view name, std::string_view help) {
        rows.push_back(row(place, {.path = name, .help = help, .groups = counters}));
    };
    rows.push_back(row(path(&C::events),
                       {.path = "wire_packets.events", .help = "DNS messages seen, filtered ones included"}));
    rows.push_back(row(path(&C::deep_samples),
                       {.path = "wire_packets.deep_samples", .help = "messages analysed deeply"}));
    count(path(&C::total), "wire_packets.total", "messages that passed the filter");
    count(path(&C::filtered), "wire_packets.filtered", "messages dropped by the handler's filter");
    count(path(&C::queries), "wire_packets.queries", "queries");
    count(path(&C::replies), "wire_packets.replies", "replies");
    count(fact(&Facts::udp), "wire_packets.udp", "messages over UDP");
    count(fact(&Facts::tcp), "wire_packets.tcp", "messages over TCP");
    count(fact(&Facts::ipv4), "wire_packets.ipv4", "messages over IPv4");
    count(fact(&Facts::ipv6), "wire_packets.ipv6", "messages over IPv6");
    count(fact(&Facts::noerror), "wire_packets.noerror", "replies with rcode NOERROR");
    count(fact(&Facts::nodata), "wire_packets.nodata", "replies with rcode NOERROR and no answer");
    count(fact(&Facts::nxdomain), "wire_packets.nxdomain", "replies with rcode NXDOMAIN");
    count(fact(&Facts::srvfail), "wire_packets.srvfail", "replies with rcode SERVFAIL");
    count(fact(&Facts::refused), "wire_packets.refused", "replies with rcode REFUSED");
    rows.push_back(row(fact(&Facts::ecs), {.path = "wire_packets.query_ecs",
                                           .help = "queries with a client subnet option",
                                           .groups = counters | top_ecs}));
    const auto extended = [&](CellPlace place, std::string_view name, std::string_view help) {
        rows.push_back(row(place, {.path = name, .help = help, .extended = true}));
    };
    extended(path(&C::malformed), "wire_packets.malformed",
             "datagrams on a DNS port too short for an id and flags");
    extended(path(&C::incomplete), "wire_packets.incomplete", "messages whose question could not be read");
    extended(path(&C::evicted), "xact.counts.evicted", "queries forgotten early as too many were waiting");
    extended(fact(&Facts::dot), "wire_packets.dot", "messages over DNS over TLS");
    extended(fact(&Facts::doh), "wire_packets.doh", "messages over DNS over HTTPS");
    extended(fact(&Facts::dnscrypt_udp), "wire_packets.dnscrypt_udp", "messages over DNSCrypt on UDP");
    extended(fact(&Facts::dnscrypt_tcp), "wire_packets.dnscrypt_tcp", "messages over DNSCrypt on TCP");
    extended(fact(&Facts::doq), "wire_packets.doq", "messages over DNS over QUIC");
}

void add_transactions(std::vector<Row>& rows) {
    const auto side = [&](Timing C::*timing, std::string_view total, std::string_view quantile_path,
                          std::string_view histogram_path, std::string_view slow) {
        rows.push_back(row(path(timing, &Timing::total),
                           {.path = total, .help = "query and reply pairs", .groups = transaction}));
        rows.push_back(row(path(timing, &Timing::latency), {.path = quantile_path,
                                                            .help = "time from query to reply",
                                                            .unit = "us",
                                                            .groups = transaction | quantiles}));
        rows.push_back(row(path(timing, &Timing::histogram), {.path = histogram_path,
                                                              .help = "time from query to reply",
                                                              .unit = "us",
                                                              .groups = transaction | histograms}));
        rows.push_back(row(path(timing, &Timing::top_slow),
                           {.path = slow,
                            .help = "names whose pairs took at least the previous period's 90th percentile",
                            .groups = transaction,
                            .label = "qname",
                            .format = text_key}));
    };
    rows.push_back(row(path(&C::matched), {.path = "xact.counts.total",
                                           .help = "query and reply pairs in any direction",
                                           .groups = transaction}));
    rows.push_back(row(path(&C::timed_out), {.path = "xact.counts.timed_out",
                                             .help = "queries without a reply within the time to live",
                                             .groups = transaction}));
    side(&C::in, "xact.in.total", "xact.in.quantiles_us", "xact.in.histogram_us", "xact.in.top_slow");
    side(&C::out, "xact.out.total", "xact.out.quantiles_us", "xact.out.histogram_us", "xact.out.top_slow");
    rows.push_back(row(path(&C::ratio), {.path = "xact.ratio.quantiles",
                                         .help = "reply size over query size",
                                         .groups = transaction | quantiles}));
}

void add_tops(std::vector<Row>& rows) {
    const auto top = [&](CellPlace place, std::string_view name, std::string_view help, GroupMask groups,
                         std::string_view label, KeyFormat format) {
        rows.push_back(
            row(place, {.path = name, .help = help, .groups = groups, .label = label, .format = format}));
    };
    top(fact(&Facts::ports), "top_udp_ports", "client ports of messages", top_ports, "port", number_key);
    top(fact(&Facts::top_qname2), "top_qname2", "names by their last two labels", top_qnames, "qname",
        text_key);
    top(fact(&Facts::top_qname3), "top_qname3", "names by their last three labels", top_qnames, "qname",
        text_key);
    top(fact(&Facts::top_nxdomain), "top_nxdomain", "names of NXDOMAIN replies", top_qnames, "qname",
        text_key);
    top(fact(&Facts::top_refused), "top_refused", "names of REFUSED replies", top_qnames, "qname", text_key);
    top(fact(&Facts::top_srvfail), "top_srvfail", "names of SERVFAIL replies", top_qnames, "qname", text_key);
    top(fact(&Facts::top_nodata), "top_nodata", "names of replies without data", top_qnames, "qname",
        text_key);
    top(fact(&Facts::top_noerror), "top_noerror", "names of NOERROR replies", top_qnames | details, "qname",
        text_key);
    rows.push_back(row(fact(&Facts::top_bytes), {.path = "top_qname_by_resp_bytes",
                                                 .help = "names by the bytes of their replies",
                                                 .unit = "By",
                                                 .groups = top_qnames | details,
                                                 .label = "qname",
                                                 .format = text_key}));
    top(fact(&Facts::rcode), "top_rcode", "response codes", 0, "rcode", rcode_key);
    top(fact(&Facts::qtype), "top_qtype", "query types", 0, "qtype", qtype_key);
    top(fact(&Facts::top_geo), "top_geoLoc_ecs", "places of client subnets", top_ecs, "geo_loc", place_key);
    top(fact(&Facts::top_asn), "top_asn_ecs", "autonomous systems of client subnets", top_ecs, "asn",
        place_key);
    top(fact(&Facts::top_ecs), "top_query_ecs", "client subnets of queries", top_ecs, "ecs", address_key);
}

std::vector<Row> make_rows() {
    std::vector<Row> rows;
    add_counters(rows);
    rows.push_back(row(
        path(&C::passed),
        {.path = "rates.total", .help = "messages a second that passed the filter", .unit = "{message}/s"}));
    rows.push_back(
        row(path(&C::observed),
            {.path = "rates.events", .help = "messages a second before filtering", .unit = "{message}/s"}));
    rows.push_back(row(
        fact(&Facts::qname),
        {.path = "cardinality.qname", .help = "distinct names asked, lower-cased", .groups = cardinality}));
    add_transactions(rows);
    add_tops(rows);
    return rows;
}
} // namespace

const Schema& schema_v1() {
    static const Schema schema{"dns", "dns 1.0", {}, group1::list, make_rows(), sizeof(CellsV1)};
    return schema;
}

} // namespace visor::dns
