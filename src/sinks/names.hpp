// What a row's metric is called: as upstream's users know it, and by the rules of the field.
//
// Compatible: schema key and path joined by '_', or the name the row gives. Modern: `pktvisor_`, snake case,
// base units (seconds, bytes), counters with `_total`, and no word that the type or the unit says already.
// Threads: pure functions of immutable rows.
#pragma once

#include "metric/row.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace visor::sinks {

std::string compatible_name(const Schema& schema, const Row& row);

struct ModernName {
    std::string stem;    // "pktvisor_dns_xact_in"
    std::string unit;    // "seconds"; empty when it counts things
    double per_unit = 1; // so many of the row's own unit are one of it: 1000000 for microseconds

    // "pktvisor_dns_top_response" + "upper" -> "pktvisor_dns_top_response_upper_bytes"
    std::string with(std::string_view detail = {}) const;
};
ModernName modern_name(const Schema& schema, const Row& row);

// Families a row gives in the modern exposition, the main one first.
std::vector<std::string> modern_families(const Schema& schema, const Row& row);

// What a kind is called, in documents and in the served schema, and back.
std::string_view kind_name(Kind kind, bool gauge);
struct NamedKind {
    Kind kind;
    bool gauge;
};
std::optional<NamedKind> kind_named(std::string_view name);

} // namespace visor::sinks
