#include "handlers/net/net_cells.hpp"

#include "metric/keys.hpp"
#include "wire/packet.hpp"

namespace visor::net {

namespace {
constexpr int unknown = static_cast<int>(wire::Direction::unknown);
constexpr int in = static_cast<int>(wire::Direction::in);
constexpr int out = static_cast<int>(wire::Direction::out);

template <class Cell>
CellPlace at(int direction, Cell DirectionCells::*cell) {
    return path(&NetCells::direction, direction, cell);
}

// A version 1.0 figure over all directions, or over those that have a remote address.
template <class Cell>
Row all(Cell DirectionCells::*cell, const RowFacts& facts) {
    return row(at(in, cell), at(out, cell), at(unknown, cell), facts);
}
template <class Cell>
Row remote(Cell DirectionCells::*cell, const RowFacts& facts) {
    return row(at(in, cell), at(out, cell), facts);
}

std::vector<Row> rows_v1() {
    using D = DirectionCells;
    using namespace group1;
    constexpr std::string_view pps = "{packet}/s", bytes = "By/s";
    return {
        row(path(&NetCells::events), {.path = "events", .help = "frames seen, filtered ones included"}),
        row(path(&NetCells::deep_samples), {.path = "deep_samples", .help = "frames analysed deeply"}),
        all(&D::total, {.path = "total", .help = "frames that passed the filter", .groups = counters}),
        row(path(&NetCells::filtered),
            {.path = "filtered", .help = "frames dropped by the handler's filter", .groups = counters}),
        row(at(in, &D::total), {.path = "in", .help = "frames to the host", .groups = counters}),
        row(at(out, &D::total), {.path = "out", .help = "frames from the host", .groups = counters}),
        row(at(unknown, &D::total),
            {.path = "unknown_dir", .help = "frames neither to nor from the host", .groups = counters}),
        all(&D::udp, {.path = "udp", .help = "UDP packets", .groups = counters}),
        all(&D::tcp, {.path = "tcp", .help = "TCP packets", .groups = counters}),
        all(&D::other_l4, {.path = "other_l4", .help = "frames neither UDP nor TCP", .groups = counters}),
        all(&D::ipv4, {.path = "ipv4", .help = "IPv4 packets", .groups = counters}),
        all(&D::ipv6, {.path = "ipv6", .help = "IPv6 packets", .groups = counters}),
        all(&D::syn, {.path = "protocol.tcp.syn",
                      .help = "TCP packets with SYN set, replies included",
                      .groups = counters}),
        row(at(in, &D::ips), {.path = "cardinality.src_ips_in",
                              .help = "distinct sources of frames to the host",
                              .groups = cardinality}),
        row(at(out, &D::ips), {.path = "cardinality.dst_ips_out",
                               .help = "distinct destinations of frames from the host",
                               .groups = cardinality}),
        remote(&D::top_ipv4, {.path = "top_ipv4",
                              .help = "remote IPv4 addresses",
                              .groups = top_ips,
                              .label = "ipv4",
                              .format = ipv4_key}),
        remote(&D::top_ipv6, {.path = "top_ipv6",
                              .help = "remote IPv6 addresses",
                              .groups = top_ips,
                              .label = "ipv6",
                              .format = ipv6_key}),
        remote(&D::top_geo, {.path = "top_geoLoc",
                             .help = "places of remote addresses",
                             .groups = top_geo,
                             .label = "geo_loc",
                             .format = place_key}),
        remote(&D::top_asn, {.path = "top_ASN",
                             .help = "autonomous systems of remote addresses",
                             .groups = top_geo,
                             .label = "asn",
                             .format = place_key}),
        all(&D::sizes,
            {.path = "payload_size", .help = "frame length on the wire, link header included", .unit = "By"}),
        row(at(in, &D::packets),
            {.path = "rates.pps_in", .help = "frames a second to the host", .unit = pps}),
        row(at(out, &D::packets),
            {.path = "rates.pps_out", .help = "frames a second from the host", .unit = pps}),
        all(&D::packets,
            {.path = "rates.pps_total", .help = "frames a second that passed the filter", .unit = pps}),
        row(path(&NetCells::observed),
            {.path = "rates.pps_events", .help = "frames a second before filtering", .unit = pps}),
        row(at(in, &D::bytes), {.path = "rates.bytes_in",
                                .help = "bytes a second to the host",
                                .unit = bytes,
                                .metric = "payload_rates_bytes_in"}),
        row(at(out, &D::bytes), {.path = "rates.bytes_out",
                                 .help = "bytes a second from the host",
                                 .unit = bytes,
                                 .metric = "payload_rates_bytes_out"}),
        all(&D::bytes, {.path = "rates.bytes_total",
                        .help = "bytes a second that passed the filter",
                        .unit = bytes,
                        .metric = "payload_rates_bytes_total"}),
    };
}

void add_direction(std::vector<Row>& rows, std::string_view name, int direction) {
    using D = DirectionCells;
    using namespace group2;
    const Row direction_rows[] = {
        row(at(direction, &D::total),
            {.path = "total_packets", .help = "frames that passed the filter", .groups = counters}),
        row(at(direction, &D::udp), {.path = "udp_packets", .help = "UDP packets", .groups = counters}),
        row(at(direction, &D::tcp), {.path = "tcp_packets", .help = "TCP packets", .groups = counters}),
        row(at(direction, &D::other_l4),
            {.path = "other_l4_packets", .help = "frames neither UDP nor TCP", .groups = counters}),
        row(at(direction, &D::ipv4), {.path = "ipv4_packets", .help = "IPv4 packets", .groups = counters}),
        row(at(direction, &D::ipv6), {.path = "ipv6_packets", .help = "IPv6 packets", .groups = counters}),
        row(at(direction, &D::syn), {.path = "tcp.syn_packets",
                                     .help = "TCP packets with SYN set, replies included",
                                     .groups = counters}),
        row(at(direction, &D::ips),
            {.path = "cardinality.ips",
             .help = "distinct remote addresses; both ends where the direction is unknown",
             .groups = cardinality}),
        row(at(direction, &D::top_ipv4), {.path = "top_ipv4_packets",
                                          .help = "remote IPv4 addresses",
                                          .groups = top_ips,
                                          .label = "ipv4",
                                          .format = ipv4_key}),
        row(at(direction, &D::top_ipv6), {.path = "top_ipv6_packets",
                                          .help = "remote IPv6 addresses",
                                          .groups = top_ips,
                                          .label = "ipv6",
                                          .format = ipv6_key}),
        row(at(direction, &D::top_geo), {.path = "top_geo_loc_packets",
                                         .help = "places of remote addresses",
                                         .groups = top_geo,
                                         .label = "geo_loc",
                                         .format = place_key}),
        row(at(direction, &D::top_asn), {.path = "top_asn_packets",
                                         .help = "autonomous systems of remote addresses",
                                         .groups = top_geo,
                                         .label = "asn",
                                         .format = place_key}),
        row(at(direction, &D::sizes), {.path = "payload_size_bytes",
                                       .help = "frame length on the wire, link header included",
                                       .unit = "By",
                                       .groups = quantiles}),
        row(at(direction, &D::packets),
            {.path = "rates.pps", .help = "frames a second", .unit = "{packet}/s", .groups = quantiles}),
        row(at(direction, &D::bytes),
            {.path = "rates.bps", .help = "bytes a second", .unit = "By/s", .groups = quantiles}),
    };
    const auto seen = static_cast<int32_t>(at(direction, &D::total).offset);
    for (Row r : direction_rows) {
        r.dimension = name;
        r.seen[0] = seen;
        rows.push_back(r);
    }
}

std::vector<Row> rows_v2() {
    std::vector<Row> rows = {
        row(path(&NetCells::events),
            {.path = "observed_packets", .help = "frames seen, filtered ones included"}),
        row(path(&NetCells::deep_samples),
            {.path = "deep_sampled_packets", .help = "frames analysed deeply"}),
        row(path(&NetCells::filtered), {.path = "filtered_packets",
                                        .help = "frames dropped by the handler's filter",
                                        .groups = group2::counters}),
        row(path(&NetCells::observed),
            {.path = "rates.observed_pps", .help = "frames a second before filtering", .unit = "{packet}/s"}),
    };
    add_direction(rows, "in", in);
    add_direction(rows, "out", out);
    add_direction(rows, "unknown", unknown);
    return rows;
}
} // namespace

const Schema& schema_v1() {
    static const Schema schema{"packets", "net 1.0", {}, group1::list, rows_v1(), sizeof(NetCells)};
    return schema;
}

const Schema& schema_v2() {
    static const Schema schema{"net", "net 2.0", "direction", group2::list, rows_v2(), sizeof(NetCells)};
    return schema;
}

} // namespace visor::net
