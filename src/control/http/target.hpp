// The target of a request: its path and its query, and what percent-encoding hides in them.
// Threads: pure functions. Wire: RFC 3986 §2.1, §3.4; RFC 9112 §3.2; WHATWG URL, form decoding ('+' is a
// blank).
#pragma once

#include "control/http/message.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace visor::http {

struct Target {
    std::string_view authority; // of "GET http://host:port/path"; empty in the usual form
    std::string_view path;      // starts with '/', or is "*"
    std::string_view query;     // without its '?'
};

// Nothing for what is not a target a server can answer. The views point into text.
std::optional<Target> split_target(std::string_view text);

// Nothing when a '%' is not followed by two hexadecimal digits.
std::optional<std::string> percent_decode(std::string_view text);

// Pairs of a query, decoded; what is not valid percent-encoding stands for itself. At most 64 pairs are
// read.
Fields parse_query(std::string_view text);
constexpr size_t max_query_pairs = 64;

} // namespace visor::http
