// A configuration document as a tree of nodes that know where they were written.
//
// Limits, so that no document can exhaust the process: size, nesting, and nodes after aliases are expanded. A
// key given twice in one map is refused.
// Threads: value types. Owns: its texts. Units: lines and columns from 1. Format: YAML 1.2.
#pragma once

#include "control/refusal.hpp"
#include "metric/options.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace visor::control {

inline constexpr size_t max_config_bytes = 1 << 20;
inline constexpr size_t max_config_depth = 32;
inline constexpr size_t max_config_nodes = 1 << 16;
inline constexpr size_t max_map_keys = 4096; // of one map

struct ConfigEntry;

struct ConfigNode {
    enum class Kind : uint8_t { null, scalar, sequence, map };
    Kind kind = Kind::null;
    std::string text; // of a scalar
    std::vector<ConfigNode> items;
    std::vector<ConfigEntry> entries;
    uint32_t line = 0, column = 0;

    bool is_map() const { return kind == Kind::map; }
    bool is_sequence() const { return kind == Kind::sequence; }
    bool is_scalar() const { return kind == Kind::scalar; }
    const ConfigNode* find(std::string_view key) const;
};

struct ConfigEntry {
    std::string key;
    uint32_t line = 0, column = 0; // of the key
    ConfigNode value;
};

// What is wrong with a document, and where. Thrown inside this room's configuration code only; what it offers
// to others returns Result.
struct ConfigFault {
    std::string text;
    uint32_t line = 0, column = 0;
    RefusalKind kind = RefusalKind::invalid;

    ConfigFault(std::string what, const ConfigNode& at, RefusalKind of = RefusalKind::invalid)
        : text(std::move(what)), line(at.line), column(at.column), kind(of) {}
    ConfigFault(std::string what, const ConfigEntry& at, RefusalKind of = RefusalKind::invalid)
        : text(std::move(what)), line(at.line), column(at.column), kind(of) {}
    ConfigFault(std::string what, uint32_t at_line, uint32_t at_column)
        : text(std::move(what)), line(at_line), column(at_column) {}

    // "file:line:column: text"; "line:column: text" when the document has no name, as one from the network.
    Refusal in(std::string_view name) const;
};

// An empty document is a null node.
Result<ConfigNode> parse_config(std::string_view text, std::string_view name);
Result<std::string> read_config_file(const std::string& path);

// The same, throwing ConfigFault.
ConfigNode config_tree(std::string_view text);
// Scalars typed: digits alone are an unsigned number, true and false in any case a boolean, anything else
// text.
OptionValue option_scalar(const ConfigNode& scalar);
// What no option can be, as null or a list within a list: throws, or leaves it out.
enum class Unusable : uint8_t { refused, passed_over };
OptionValues option_values(const ConfigNode& map, Unusable unusable = Unusable::refused);

} // namespace visor::control
