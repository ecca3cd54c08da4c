// Pictures for tests: an agent with a net, a dns and an unheard-of handler, names as attackers like them, and
// a ledger with drops. The same at every call, but for the time. Threads: pure functions.
#pragma once

#include "client/picture.hpp"

#include <cmath>
#include <spdlog/fmt/fmt.h>

namespace visor::terminal::test {

using client::Metric;

inline constexpr int64_t start_ts = 1'714'564'800; // 2024-05-01 12:00:00

inline Metric metric(Kind kind, std::string path, std::string help, std::string unit = "1") {
    Metric out;
    out.kind = kind;
    out.path = std::move(path);
    out.help = std::move(help);
    out.unit = std::move(unit);
    return out;
}

inline Metric counter(std::string path, std::string help, double value) {
    Metric out = metric(Kind::counter, std::move(path), std::move(help));
    out.value = value;
    return out;
}

// The n-th name weighs a part of the total that falls by a third each; `error` is how wide its bounds are.
inline Metric top(std::string path, std::string help, const std::vector<std::string>& names, double total,
                  double error = 0, std::string unit = "1") {
    Metric out = metric(Kind::top, std::move(path), std::move(help), std::move(unit));
    double weight = std::floor(total / 3);
    for (const std::string& name : names) {
        out.top.items.push_back({name, "", "", weight + error / 2, weight, weight + error});
        weight = std::floor(weight * 2 / 3);
    }
    out.top.total = total;
    out.top.unlisted_max = error;
    return out;
}

inline Metric rate(std::string path, std::string help, std::string unit, double height, int64_t now) {
    Metric out = metric(Kind::rate, std::move(path), std::move(help), std::move(unit));
    out.rate.first_second = now - 119;
    for (int64_t s = now - 119; s <= now; ++s)
        out.rate.seconds.push_back(std::floor(height * (1.5 + std::sin(static_cast<double>(s) / 9)) / 2.5));
    out.rate.live = out.rate.seconds.back();
    out.rate.p = {height * 0.6, height * 0.9, height * 0.95, height};
    return out;
}

inline Metric quantiles(std::string path, std::string help, std::string unit, double scale) {
    Metric out = metric(Kind::quantiles, std::move(path), std::move(help), std::move(unit));
    out.quantiles.p = {scale, 3 * scale, 5 * scale, 12 * scale};
    out.quantiles.count = 1000;
    out.quantiles.min = scale / 4;
    out.quantiles.max = 20 * scale;
    out.quantiles.sum = 1500 * scale;
    for (int i = 0; i < 12; ++i) {
        const double lower = scale / 4 * std::pow(1.4, i);
        const double distance = (i - 4) / 2.5;
        out.quantiles.bins.push_back({lower, lower * 1.4, std::floor(300 * std::exp(-distance * distance))});
    }
    return out;
}

inline client::Handler net(int64_t now) {
    client::Handler out{"default-default-net", "packets", "net 1.0", start_ts, now - start_ts, {}};
    Metric sources =
        metric(Kind::cardinality, "cardinality.src_ips_in", "distinct sources of frames to the host");
    sources.value = 1234;
    sources.lower = 1200;
    sources.upper = 1268;
    out.metrics = {counter("events", "frames seen, filtered ones included", 120000),
                   counter("total", "frames that passed the filter", 120000),
                   counter("filtered", "frames dropped by the handler's filter", 0),
                   counter("in", "frames to the host", 70000),
                   counter("out", "frames from the host", 50000),
                   counter("udp", "UDP packets", 40000),
                   counter("tcp", "TCP packets", 80000),
                   counter("ipv4", "IPv4 packets", 90000),
                   counter("ipv6", "IPv6 packets", 30000),
                   counter("protocol.tcp.syn", "TCP packets with SYN set, replies included", 60000),
                   sources,
                   top("top_ipv4", "remote IPv4 addresses",
                       {"192.0.2.1", "198.51.100.7", "203.0.113.250", "192.0.2.77", "192.0.2.8"}, 90000, 40),
                   top("top_ipv6", "remote IPv6 addresses", {"2001:db8::1", "2001:db8:1:2:3:4:5:6"}, 30000),
                   top("top_geoLoc", "places of remote addresses", {}, 0),
                   quantiles("payload_size", "frame length on the wire, link header included", "By", 120),
                   rate("rates.pps_total", "frames a second that passed the filter", "{packet}/s", 2000, now),
                   rate("rates.bytes_total", "bytes a second that passed the filter", "By/s", 1.5e6, now)};
    return out;
}

inline client::Handler dns(int64_t now) {
    client::Handler out{"default-default-dns", "dns", "dns 1.0", start_ts, now - start_ts, {}};
    const std::vector<std::string> asked = {".example.com", ".m\xc3\xbcll.test",
                                            ".\xe4\xb8\xad\xe6\x96\x87.test", "\x1b[31mred.test",
                                            "<script>.test"};
    out.metrics = {
        counter("wire_packets.events", "DNS messages seen, filtered ones included", 38000),
        counter("wire_packets.queries", "queries", 20000),
        counter("wire_packets.replies", "replies", 18000),
        counter("wire_packets.nxdomain", "replies with rcode NXDOMAIN", 5400),
        counter("wire_packets.srvfail", "replies with rcode SERVFAIL", 90),
        rate("rates.total", "messages a second that passed the filter", "{message}/s", 400, now),
        quantiles("xact.in.quantiles_us", "time from query to reply", "us", 350),
        top("xact.in.top_slow", "names whose pairs took at least the previous period's 90th percentile",
            {"slow.example.com"}, 30),
        top("top_qname2", "names by their last two labels", asked, 38000, 12),
        top("top_nxdomain", "names of NXDOMAIN replies",
            {"wpad.corp.local", "nosuch.example.com", std::string(60, 'a') + ".example.com"}, 5400),
        top("top_refused", "names of REFUSED replies", {}, 0),
        top("top_rcode", "response codes", {"NOERROR", "NXDOMAIN", "SRVFAIL"}, 18000)};
    return out;
}

// One that nothing in the screens was made for.
inline client::Handler other(int64_t now) {
    client::Handler out{"default-default-quic", "quic", "quic 1.0", start_ts, now - start_ts, {}};
    Metric sizes = quantiles("sizes", "size of datagrams", "By", 300);
    sizes.kind = Kind::histogram;
    sizes.quantiles.p = {};
    std::vector<std::string> many;
    for (int i = 1; i <= 100; ++i) many.push_back(fmt::format("name-{:03}.example.net", i));
    Metric names = top("top_sni", "names of servers asked for", many, 5000, 6);
    out.metrics = {counter("connections", "connections seen", 5000), counter("retries", "retries", 0), sizes,
                   rate("rates.handshakes", "handshakes a second", "{handshake}/s", 40, now), names};
    return out;
}

inline client::Picture picture(int64_t after_s = 100) {
    const int64_t now = start_ts + after_s;
    client::Picture out;
    out.agent = "http://localhost:10853";
    out.version = "5.0.0";
    out.up_minutes = 185;
    out.policy = "default";
    out.tap = "eth0";
    out.minutes = 2;
    out.taken_ms = now * 1000;
    out.handlers = {net(now), dns(now), other(now)};
    out.ledger = {{"eth0", "received", 120345},
                  {"eth0", "delivered", 120000},
                  {"eth0", "malformed.ipv4", 5},
                  {"eth0", "dropped.kernel", 300},
                  {"eth0", "dropped.ring", 40}};
    return out;
}

} // namespace visor::terminal::test
