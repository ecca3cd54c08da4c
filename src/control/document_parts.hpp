// What the readers of a document's sections share; private to this room's configuration code.
// Threads: one. Owns: the sections read so far.
#pragma once

#include "control/config_tree.hpp"
#include "control/policy.hpp"

namespace visor::control {

struct DocumentParts {
    const Known& known;
    WindowSettings window{}; // of policies that say nothing themselves
    std::vector<TapConfig> taps{};
    OptionValues global_config{}; // handler type -> map of its options

    const TapConfig* find_tap(std::string_view name) const;
    template <class F>
    void for_each_tap(F&& visit) const {
        for (const auto& tap : known.taps) visit(tap);
        for (const auto& tap : taps) visit(tap);
    }
    const HandlerInfo* find_handler(std::string_view type, std::string_view version) const;
    const InputInfo* find_input(std::string_view type) const;
    // Against the keys of the input's config and filter; an input this build lacks has none to check.
    void check_input(std::string_view type, OptionValues& values) const;
};

// "sflow" is an older name of "flow".
std::string_view canonical_input(std::string_view type);

// A name that can stand as it is in a URL, a label and the log: throws unless it holds what names may.
enum class Named : uint8_t { tap, policy, module };
void check_name(const ConfigEntry& entry, Named what);

PolicyConfig read_policy(const DocumentParts& parts, const ConfigEntry& entry);

} // namespace visor::control
