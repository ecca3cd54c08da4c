// Rows of dns 2.0: transactions, by direction.
#include "handlers/dns/dns_cells.hpp"
#include "metric/keys.hpp"
#include "wire/packet.hpp"

namespace visor::dns {

namespace {
using namespace group2;
using C = CellsV2;
using D = DirectionV2;

// Builds the rows of one direction.
class DirectionRows {
public:
    DirectionRows(std::vector<Row>& rows, std::string_view name, wire::Direction direction)
        : rows_(rows), name_(name), index_(static_cast<int>(direction)) {}

    void add() {
        add_counters();
        add_times();
        add_tops();
    }

private:
    template <class Cell>
    CellPlace fact(Cell Facts::*cell) const {
        return path(&C::direction, index_, &D::facts, cell);
    }
    template <class Cell>
    CellPlace own(Cell D::*cell) const {
        return path(&C::direction, index_, cell);
    }
    template <class Cell>
    CellPlace timing(Cell Timing::*cell) const {
        return path(&C::direction, index_, &D::timing, cell);
    }
    void put(CellPlace place, const RowFacts& facts) {
        Row r = row(place, facts);
        r.dimension = name_;
        r.seen = {static_cast<int32_t>(timing(&Timing::total).offset),
                  static_cast<int32_t>(own(&D::timeouts).offset),
                  static_cast<int32_t>(own(&D::orphans).offset)};
        rows_.push_back(r);
    }
    void count(CellPlace place, std::string_view name, std::string_view help) {
        put(place, {.path = name, .help = help, .groups = counters});
    }
    void top(CellPlace place, std::string_view name, std::string_view help, GroupMask groups,
             std::string_view label, KeyFormat format) {
        put(place, {.path = name, .help = help, .groups = groups, .label = label, .format = format});
    }
    void add_counters();
    void add_times();
    void add_tops();

    std::vector<Row>& rows_;
    std::string_view name_;
    int index_;
};

void DirectionRows::add_counters() {
    count(timing(&Timing::total), "xacts", "query and reply pairs");
    count(fact(&Facts::udp), "udp_xacts", "pairs whose reply came over UDP");
    count(fact(&Facts::tcp), "tcp_xacts", "pairs whose reply came over TCP");
    count(fact(&Facts::dot), "dot_xacts", "pairs over DNS over TLS");
    count(fact(&Facts::doh), "doh_xacts", "pairs over DNS over HTTPS");
    count(fact(&Facts::dnscrypt_udp), "dnscrypt_udp_xacts", "pairs over DNSCrypt on UDP");
    count(fact(&Facts::dnscrypt_tcp), "dnscrypt_tcp_xacts", "pairs over DNSCrypt on TCP");
    count(fact(&Facts::doq), "doq_xacts", "pairs over DNS over QUIC");
    count(fact(&Facts::ipv4), "ipv4_xacts", "pairs over IPv4");
    count(fact(&Facts::ipv6), "ipv6_xacts", "pairs over IPv6");
    count(fact(&Facts::noerror), "noerror_xacts", "pairs answered with rcode NOERROR");
    count(fact(&Facts::nodata), "nodata_xacts", "pairs answered with rcode NOERROR and no answer");
    count(fact(&Facts::nxdomain), "nxdomain_xacts", "pairs answered with rcode NXDOMAIN");
    count(fact(&Facts::srvfail), "srvfail_xacts", "pairs answered with rcode SERVFAIL");
    count(fact(&Facts::refused), "refused_xacts", "pairs answered with rcode REFUSED");
    count(own(&D::authenticated), "authenticated_data_xacts", "pairs whose reply has the AD flag");
    count(own(&D::authoritative), "authoritative_answer_xacts", "pairs whose reply has the AA flag");
    count(own(&D::checking_disabled), "checking_disabled_xacts", "pairs whose query has the CD flag");
    put(fact(&Facts::ecs), {.path = "ecs_xacts",
                            .help = "pairs whose query has a client subnet option",
                            .groups = counters | top_ecs});
    count(own(&D::timeouts), "timeout_queries", "queries without a reply within the time to live");
    count(own(&D::orphans), "orphan_responses", "replies without a query");
}

void DirectionRows::add_times() {
    put(own(&D::rate),
        {.path = "xact_rates", .help = "pairs a second", .unit = "{xact}/s", .groups = quantiles});
    put(fact(&Facts::qname),
        {.path = "cardinality.qname", .help = "distinct names asked, lower-cased", .groups = cardinality});
    put(timing(&Timing::latency),
        {.path = "xact_time_us", .help = "time from query to reply", .unit = "us", .groups = xact_times});
    put(timing(&Timing::histogram), {.path = "xact_histogram_us",
                                     .help = "time from query to reply",
                                     .unit = "us",
                                     .groups = xact_times});
    top(timing(&Timing::top_slow), "top_slow_xacts",
        "names whose pairs took at least the previous period's 90th percentile", xact_times, "qname",
        text_key);
    put(own(&D::ratio),
        {.path = "response_query_size_ratio", .help = "reply size over query size", .groups = top_size});
}

void DirectionRows::add_tops() {
    put(fact(&Facts::top_bytes), {.path = "top_response_bytes",
                                  .help = "names by the bytes of their replies",
                                  .unit = "By",
                                  .groups = top_size,
                                  .label = "qname",
                                  .format = text_key});
    top(fact(&Facts::ports), "top_udp_ports_xacts", "client ports", top_ports, "port", number_key);
    top(fact(&Facts::top_qname2), "top_qname2_xacts", "names by their last two labels", top_qnames, "qname",
        text_key);
    top(fact(&Facts::top_qname3), "top_qname3_xacts", "names by their last three labels", top_qnames, "qname",
        text_key);
    top(fact(&Facts::qtype), "top_qtype_xacts", "query types", top_qtypes, "qtype", qtype_key);
    top(fact(&Facts::rcode), "top_rcode_xacts", "response codes", top_rcodes, "rcode", rcode_key);
    top(fact(&Facts::top_nxdomain), "top_nxdomain_xacts", "names of NXDOMAIN replies", top_rcodes, "qname",
        text_key);
    top(fact(&Facts::top_refused), "top_refused_xacts", "names of REFUSED replies", top_rcodes, "qname",
        text_key);
    top(fact(&Facts::top_srvfail), "top_srvfail_xacts", "names of SERVFAIL replies", top_rcodes, "qname",
        text_key);
    top(fact(&Facts::top_nodata), "top_nodata_xacts", "names of replies without data", top_rcodes, "qname",
        text_key);
    top(fact(&Facts::top_noerror), "top_noerror_xacts", "names of NOERROR replies", top_rcodes, "qname",
        text_key);
    top(fact(&Facts::top_ecs), "top_ecs_xacts", "client subnets of queries", top_ecs, "ecs", address_key);
    top(fact(&Facts::top_geo), "top_geo_loc_ecs_xacts", "places of client subnets", top_ecs, "geo_loc",
        place_key);
    top(fact(&Facts::top_asn), "top_asn_ecs_xacts", "autonomous systems of client subnets", top_ecs, "asn",
        place_key);
}

std::vector<Row> make_rows() {
    std::vector<Row> rows = {
        row(path(&C::events),
            {.path = "observed_packets", .help = "DNS messages seen, filtered ones included"}),
        row(path(&C::deep_samples), {.path = "deep_sampled_packets", .help = "messages analysed deeply"}),
        row(path(&C::passed),
            {.path = "total_packets", .help = "messages the handler's filter let through", .extended = true}),
        row(path(&C::filtered), {.path = "filtered_packets",
                                 .help = "messages dropped by the handler's filter",
                                 .groups = counters}),
        row(path(&C::observed), {.path = "rates.observed_pps",
                                 .help = "messages a second before filtering",
                                 .unit = "{message}/s"}),
        row(path(&C::malformed), {.path = "malformed_packets",
                                  .help = "datagrams on a DNS port too short for an id and flags",
                                  .extended = true}),
        row(path(&C::evicted), {.path = "evicted_queries",
                                .help = "queries forgotten early as too many were waiting",
                                .extended = true}),
    };
    DirectionRows(rows, "in", wire::Direction::in).add();
    DirectionRows(rows, "out", wire::Direction::out).add();
    DirectionRows(rows, "unknown", wire::Direction::unknown).add();
    return rows;
}
} // namespace

const Schema& schema_v2() {
    static const Schema schema{"dns", "dns 2.0", "direction", group2::list, make_rows(), sizeof(CellsV2)};
    return schema;
}

} // namespace visor::dns
