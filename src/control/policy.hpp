// Configuration documents: process options, taps and policies, validated into plain structs that run nothing.
//
// What exists in this build (handlers with their options and metric groups, inputs with theirs) is passed in,
// so the same rules serve every program and no handler is named here.
// Threads: value types. Owns: its texts; nothing passed in is kept.
#pragma once

#include "control/refusal.hpp"
#include "metric/options.hpp"
#include "metric/row.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace visor::control {

struct ConfigNode;

struct HandlerInfo {
    std::string_view type;    // "dns"
    std::string_view version; // "1.0"
    std::span<const Option> options;
    std::span<const Group> groups; // a group's bit is its position
};

struct InputInfo {
    std::string_view type;           // "pcap"
    std::span<const Option> options; // keys of config and filter alike
    bool any_key = false;            // others are accepted and passed over
};

struct TapConfig {
    std::string name;
    std::string input_type;
    OptionValues config;
    OptionValues tags;
    uint32_t line = 0, column = 0; // where its name was written; 0 = not read from a document

    bool operator==(const TapConfig& other) const; // the same tap; where it was written does not count
};

struct TapSelector {
    bool all = false; // every pair must match; otherwise any
    std::vector<OptionEntry> pairs;

    // Whether a tap with these tags is meant. Error: tag and selector differ in type.
    Result<bool> matches(const TapConfig& tap) const;
    bool operator==(const TapSelector&) const = default;
};

// Which part of a policy values were written in: for whoever writes it anew, and of no effect.
struct WrittenIn {
    OptionValues values;
    bool operator==(const WrittenIn&) const { return true; } // where it was written does not count
};

// One handler of a policy.
struct ModuleConfig {
    std::string instance; // its key under modules
    std::string type;
    std::string version;
    OptionValues values; // global < config < window_config < filter and metric_groups; checked
    GroupMask groups = 0;
    WindowSettings window;
    WrittenIn filter{}; // those of its values that are

    bool operator==(const ModuleConfig&) const = default;
};

struct PolicyConfig {
    std::string name;
    std::string tap; // empty when a selector is given
    std::optional<TapSelector> selector;
    std::vector<std::string> taps; // the taps that were meant, in the order they were defined
    std::string input_type;
    OptionValues input_config; // the policy's part: see effective_input
    OptionValues input_filter;
    bool merge_like_handlers = false;
    bool sequence = false; // each module gets what the one before let through
    WindowSettings window; // without what a module says of itself
    WrittenIn window_config{};
    std::vector<ModuleConfig> modules;

    bool operator==(const PolicyConfig&) const = default;
};

struct Document {
    OptionValues options; // visor.config, and over it what the command line gave
    std::vector<TapConfig> taps;
    std::vector<PolicyConfig> policies;
    std::vector<std::string> notices; // for the log: what was assumed or passed over
};

// What a document may refer to and what it may contain.
struct Known {
    std::span<const HandlerInfo> handlers;
    std::span<const InputInfo> inputs;
    std::span<const TapConfig> taps;       // defined before this document
    std::span<const std::string> policies; // names taken before this document
    WindowSettings window;                 // where nothing else is said
    OptionValues given{};                  // process options of the command line: they win over visor.config
    bool live = false;                     // taps capture: policies need an interface to do it on
};

// What an input of this policy runs with: the tap's configuration, the policy's over it.
OptionValues effective_input(const TapConfig& tap, const PolicyConfig& policy);

// That a policy wants its tap to be of another type than it is; empty = it does not.
std::string wrong_input_type(const TapConfig& tap, const PolicyConfig& policy);

inline constexpr size_t modules_max = 64; // of one policy: each has memory of its own in every worker

// A document from the network carries one section, with one entry.
enum class DocumentKind : uint8_t { file, tap, policy };

// name: of the file, for errors ("name:line:column: text"); may be empty ("line:column: text").
Result<Document, Refusal> parse_document(std::string_view yaml, std::string_view name, DocumentKind kind,
                                         const Known& known);
Result<Document, Refusal> read_document(const std::string& path, const Known& known);

// What comes first in whatever is said of a tap that cannot be opened.
std::string not_opened(const TapConfig& tap);
// The trouble with a document, and its place in it: of the tap when it is one that cannot be opened, else the
// file alone.
Refusal with_place(const Refusal& trouble, const Document& document, std::string_view name);

// Metric groups after `disable`, then `enable`, over those on by default. Error: a group there is not.
struct GroupNames {
    std::span<const std::string> disable, enable;
};
Result<GroupMask> resolve_groups(std::span<const Group> groups, const GroupNames& names);

extern const std::span<const Option> process_options; // keys of visor.config

} // namespace visor::control
