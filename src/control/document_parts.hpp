// What the readers of a document's sections share; private to this room's configuration code.
// Threads: one. Owns: the sections read so far.
#pragma once

#include "control/config_tree.hpp"
#include "control/policy.hpp"

namespace visor::control {

// The keys of documents, and those each map has a meaning for.
namespace keys {
inline constexpr std::string_view version = "version";
inline constexpr std::string_view visor = "visor";
inline constexpr std::string_view config = "config";
inline constexpr std::string_view taps = "taps";
inline constexpr std::string_view global_handler_config = "global_handler_config";
inline constexpr std::string_view policies = "policies";
inline constexpr std::string_view input_type = "input_type";
inline constexpr std::string_view tags = "tags";
inline constexpr std::string_view kind = "kind";
inline constexpr std::string_view description = "description";
inline constexpr std::string_view input = "input";
inline constexpr std::string_view handlers = "handlers";
inline constexpr std::string_view tap = "tap";
inline constexpr std::string_view tap_selector = "tap_selector";
inline constexpr std::string_view filter = "filter";
inline constexpr std::string_view any = "any";
inline constexpr std::string_view all = "all";
inline constexpr std::string_view window_config = "window_config";
inline constexpr std::string_view modules = "modules";
inline constexpr std::string_view type = "type";
inline constexpr std::string_view require_version = "require_version";
inline constexpr std::string_view metric_groups = "metric_groups";

inline constexpr std::string_view in_document[] = {version, visor};
inline constexpr std::string_view in_visor[] = {config, taps, global_handler_config, policies};
inline constexpr std::string_view in_tap[] = {input_type, config, tags};
inline constexpr std::string_view in_policy[] = {kind, description, config, input, handlers};
inline constexpr std::string_view in_input[] = {tap, tap_selector, input_type, config, filter};
inline constexpr std::string_view in_selector[] = {any, all};
inline constexpr std::string_view in_handlers[] = {window_config, modules};
inline constexpr std::string_view in_module[] = {type, require_version, config, filter, metric_groups};
} // namespace keys

struct DocumentParts {
    const Known& known;
    std::string_view document_name{};
    WindowSettings window{}; // of policies that say nothing themselves
    std::vector<TapConfig> taps{};
    OptionValues global_config{}; // handler type -> map of its options
    std::vector<std::string> notices{};

    const TapConfig* find_tap(std::string_view name) const;
    template <class F>
    void for_each_tap(F&& visit) const {
        for (const auto& tap : known.taps) visit(tap);
        for (const auto& tap : taps) visit(tap);
    }
    const HandlerInfo* find_handler(std::string_view type, std::string_view version) const;
    const InputInfo* find_input(std::string_view type) const;
    // Of an input's config or filter, checked; of an input this build lacks there is nothing to check.
    OptionValues input_values(std::string_view type, const ConfigNode& map) const;

    void notice(const ConfigFault& what) { notices.push_back(what.in(document_name).text); }
    // Keys that are passed over, as they have no meaning where they are written.
    void notice_unknown(const ConfigNode& map, std::span<const std::string_view> keys);
};

// "sflow" is an older name of "flow".
std::string_view canonical_input(std::string_view type);

// A name that can stand as it is in a URL, a label and the log: throws unless it holds what names may.
enum class Named : uint8_t { tap, policy, module };
void check_name(const ConfigEntry& entry, Named what);
std::string name_pattern(Named what); // the same as a regular expression

// As visor::check_options, throwing; says which type a value is to be of.
void check_values(std::span<const OptionTable> tables, OptionValues& values);

PolicyConfig read_policy(DocumentParts& parts, const ConfigEntry& entry);

} // namespace visor::control
