// What an agent, of this or an earlier version, or a capture file showed at one moment, ready to be drawn:
// screens and listings are made of this and know neither HTTP nor JSON nor any protocol's name.
//
// A metric is what the answer has under one path; its kind, unit and help are those of the served schema, or,
// of an agent that serves none, follow from the shape of the answer. Threads: plain values. Owns: its
// strings, which are as the agent sent them: whoever prints them makes them printable.
#pragma once

#include "metric/cell.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace visor::client {

struct Item { // a line of a top list
    std::string name, lat, lon;
    double estimate = 0;
    double lower = 0, upper = 0; // the same as the estimate when the agent told no bounds
};

struct Top {
    std::vector<Item> items; // heaviest first
    std::optional<double> total, unlisted_max;
};

struct Bin { // of a histogram
    double lower = 0, upper = 0,
           count = 0; // the last one of a handler's histogram has no upper limit: infinity
};

struct Quantiles {
    std::array<std::optional<double>, 4> p; // p50, p90, p95, p99
    std::optional<double> count, min, max, sum;
    std::vector<Bin> bins; // by rising value; empty when the agent tells none
};

struct Rate {
    std::optional<double> live;
    std::array<std::optional<double>, 4> p;
    int64_t first_second = 0; // unix time of the first of
    std::vector<double> seconds;
};

struct Metric {
    std::string path; // "wire_packets.total", with the dimension in front: "in.top_ipv4"
    std::string help, unit = "1", label;
    Kind kind = Kind::counter;
    bool gauge = false;
    double value = 0; // counter, cardinality
    std::optional<double> lower, upper;
    Quantiles quantiles; // quantiles, histogram
    Top top;
    Rate rate;
};

struct Handler {
    std::string instance; // "default-default-dns"; the schema key of an agent without instances
    std::string key;      // of its schema: "dns"
    std::string title;    // "dns 1.0"; the key without a schema
    int64_t start_ts = 0; // of the oldest minute shown
    int64_t length_s = 0;
    std::vector<Metric> metrics; // in the order of the schema

    const Metric* find(std::string_view path) const {
        for (const Metric& metric : metrics)
            if (metric.path == path) return &metric;
        return nullptr;
    }
};

struct LedgerLine {
    std::string stream, path; // as the agent tells it: "tap.received", "tap.dropped.ring", "sampling.weight"
    double count = 0;
};

struct Picture {
    std::string agent; // where it is: "http://localhost:10853", or the files' names
    std::string version;
    double up_minutes = 0;
    std::string policy;
    std::string tap;      // of the policy; several joined by ", "
    uint32_t minutes = 1; // shown, as many as asked for or kept: 1 = the one that is being filled
    int64_t taken_ms = 0; // unix time, of this host
    std::vector<Handler> handlers;
    std::vector<LedgerLine> ledger;
};

} // namespace visor::client
