// The figures a page of text tells in words: what each is a share of, and from where it is abnormal. Rows are
// named by schema and path, so this is data; a row that is absent or switched off is passed over.
// Threads: immutable tables, pure functions.
#pragma once

#include "sinks/rows.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace visor::sinks {

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

inline constexpr double never = 0, any = 1e-9; // shares from which a figure is abnormal

// What versions 1.0 and 2.0 of a handler call the same thing. One of the two is in the schema at hand.
struct Names {
    constexpr Names() = default;
    constexpr Names(const char* only) : first(only) {}
    constexpr Names(const char* one, const char* two) : first(one), second(two) {}
    bool have(std::string_view name) const { return !name.empty() && (name == first || name == second); }

    std::string_view first{}, second{};
};

// Where rates of all traffic are.
inline constexpr Names traffic_schema{"packets", "net"};
inline constexpr Names packet_rate{"rates.pps_total", "rates.pps"},
    byte_rate{"rates.bytes_total", "rates.bps"};

struct Figure {
    Names schema;
    std::string_view line, text;
    Names path;
    Names of{}, and_of{}; // what it is a share of: the sum of these
    Show show = Show::share;
    double alarm = never;
    uint64_t least = 20;        // a share of fewer than these is no news
    std::string_view meaning{}; // after the share, when it is abnormal; the row's help when any is
    Names spread{};             // the top list that tells whether many keys make up an abnormal share
};

std::span<const Figure> figures();

std::vector<const Row*> rows_at(const RowReader& reader, const Names& path);

struct Reading {
    uint64_t count = 0, base = 0;
    double share() const { return base ? static_cast<double>(count) / static_cast<double>(base) : 0; }
};
// By what a name's counters add up to; nothing when there are none.
std::optional<Reading> read_figure(const Figure& figure,
                                   const std::function<std::optional<uint64_t>(const Names&)>& total);
std::optional<Reading> read(RowReader& reader, const Figure& figure);
bool abnormal(const Figure& figure, const Reading& reading);

} // namespace visor::sinks
