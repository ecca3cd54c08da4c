#include "handlers/dhcp/dhcp_cells.hpp"

#include "metric/keys.hpp"

namespace visor::dhcp {

namespace {
using C = DhcpCells;

void add_counters(std::vector<Row>& rows) {
    const auto count = [&](Counter C::*cell, std::string_view name, std::string_view help) {
        rows.push_back(row(path(cell), {.path = name, .help = help}));
    };
    count(&C::events, "wire_packets.events", "packets on DHCP ports");
    count(&C::deep_samples, "wire_packets.deep_samples", "packets analysed deeply");
    count(&C::total, "wire_packets.total", "DHCPv4 and DHCPv6 messages");
    count(&C::filtered, "wire_packets.filtered", "messages dropped by the handler's filter");
    count(&C::discover, "wire_packets.discover", "DHCPv4 DISCOVER messages");
    count(&C::offer, "wire_packets.offer", "DHCPv4 OFFER messages");
    count(&C::request, "wire_packets.request", "DHCPv4 REQUEST messages");
    count(&C::ack, "wire_packets.ack", "DHCPv4 ACK messages");
    count(&C::solicit, "wire_packets.solicit", "DHCPv6 SOLICIT messages");
    count(&C::advertise, "wire_packets.advertise", "DHCPv6 ADVERTISE messages");
    count(&C::request_v6, "wire_packets.request_v6", "DHCPv6 REQUEST messages");
    count(&C::reply, "wire_packets.reply", "DHCPv6 REPLY messages");
}

void add_extended(std::vector<Row>& rows) {
    const auto count = [&](Counter C::*cell, std::string_view name, std::string_view help) {
        rows.push_back(row(path(cell), {.path = name, .help = help, .extended = true}));
    };
    count(&C::malformed, "wire_packets.malformed", "packets on DHCP ports that hold no DHCP message");
    count(&C::nak, "wire_packets.nak", "DHCPv4 NAK messages");
    count(&C::decline, "wire_packets.decline", "DHCPv4 DECLINE messages");
    count(&C::release, "wire_packets.release", "DHCPv4 RELEASE messages");
    count(&C::inform, "wire_packets.inform", "DHCPv4 INFORM messages");
    count(&C::other, "wire_packets.other", "DHCPv4 messages of other types, and plain BOOTP");
    count(&C::other_v6, "wire_packets.other_v6", "DHCPv6 messages of other types, relayed ones included");
    count(&C::timed_out, "xact.counts.timed_out",
          "DHCPv4 requests without an answer within the time to live");
    count(&C::evicted, "xact.counts.evicted", "DHCPv4 requests forgotten early as too many were waiting");
}

std::vector<Row> make_rows() {
    std::vector<Row> rows;
    add_counters(rows);
    add_extended(rows);
    rows.push_back(
        row(path(&C::passed), {.path = "rates.total", .help = "messages a second", .unit = "{message}/s"}));
    rows.push_back(
        row(path(&C::observed),
            {.path = "rates.events", .help = "packets on DHCP ports a second", .unit = "{packet}/s"}));
    rows.push_back(row(path(&C::top_clients), {.path = "top_clients",
                                               .help = "clients given an address: mac/hostname/ip",
                                               .label = "client",
                                               .format = text_key}));
    rows.push_back(row(path(&C::top_servers), {.path = "top_servers",
                                               .help = "servers offering addresses: mac/ip",
                                               .label = "server",
                                               .format = text_key}));
    return rows;
}
} // namespace

const Schema& schema() {
    static const Schema schema{"dhcp", "dhcp 1.0", {}, {}, make_rows(), sizeof(DhcpCells)};
    return schema;
}

} // namespace visor::dhcp
