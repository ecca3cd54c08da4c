// One policy: its input, its handlers and their settings.
#include "control/policy.hpp"

#include "control/capture_input.hpp"
#include "control/document_parts.hpp"

#include <algorithm>
#include <array>

namespace visor::control {

namespace {

using Names = std::span<const std::string>;

std::string unknown_group(std::span<const Group> groups, const std::string& name) {
    std::vector<std::string_view> known;
    for (const auto& group : groups) known.push_back(group.name);
    std::sort(known.begin(), known.end());
    std::string text = name + " is an invalid/unsupported metric group. The valid groups are: all";
    for (const auto group : known) (text += ", ") += group;
    return text;
}

// The groups these names stand for, up to the first "all".
Result<GroupMask> named_groups(std::span<const Group> groups, Names names) {
    GroupMask mask = 0;
    for (const auto& name : names) {
        if (name == "all") return static_cast<GroupMask>((uint64_t{1} << groups.size()) - 1);
        const auto at =
            std::find_if(groups.begin(), groups.end(), [&](const Group& g) { return g.name == name; });
        if (at == groups.end()) return Error{unknown_group(groups, name)};
        mask |= group_bit(static_cast<unsigned>(at - groups.begin()));
    }
    return mask;
}

const ConfigNode* map_or_absent(const ConfigNode& parent, std::string_view key, const char* error) {
    const ConfigNode* node = parent.find(key);
    if (node && !node->is_map()) throw ConfigFault(error, *node);
    return node;
}

const ConfigNode& need_scalar(const ConfigNode& parent, std::string_view key, const char* error) {
    const ConfigNode* node = parent.find(key);
    if (!node || !node->is_scalar()) throw ConfigFault(error, node ? *node : parent);
    return *node;
}

class PolicyReader {
public:
    PolicyReader(DocumentParts& parts, const ConfigEntry& entry) : parts_(parts), entry_(entry) {}

    PolicyConfig read() {
        const ConfigNode& node = entry_.value;
        if (!node.is_map()) throw ConfigFault("expecting policy configuration map", entry_);
        policy_.name = entry_.key;
        const ConfigNode& kind =
            need_scalar(node, keys::kind, "missing or invalid policy kind at key 'kind'");
        if (kind.text != "collection")
            throw ConfigFault("unknown policy kind: " + kind.text + "; the kind is collection", kind);
        const ConfigNode* input = node.find(keys::input);
        if (!input || !input->is_map())
            throw ConfigFault("missing or invalid policy input stream configuration at key 'input'",
                              input ? *input : node);
        read_input(*input);
        need_interfaces(*input);
        if (const auto* config = map_or_absent(node, keys::config, "policy configuration is not a map"))
            read_config(*config);
        const ConfigNode* handlers = node.find(keys::handlers);
        if (!handlers || !handlers->is_map())
            throw ConfigFault("missing or invalid handler configuration at key 'handlers'",
                              handlers ? *handlers : node);
        read_handlers(*handlers);
        parts_.notice_unknown(node, keys::in_policy);
        return std::move(policy_);
    }

private:
    void read_config(const ConfigNode& config) {
        static constexpr Option table[] = {{"merge_like_handlers", OptionType::boolean,
                                            "add up handlers of one kind across taps when read"}};
        OptionValues values = option_values(config);
        check_values(std::array<OptionTable, 1>{table}, values);
        policy_.merge_like_handlers = values.get_bool("merge_like_handlers");
    }

    void read_input(const ConfigNode& input) {
        parts_.notice_unknown(input, keys::in_input);
        const ConfigNode *tap = input.find(keys::tap), *selector = input.find(keys::tap_selector);
        if (tap && selector)
            throw ConfigFault("input can have only key 'input.tap' or key 'input.tap_selector'", input);
        if (!tap && !selector)
            throw ConfigFault("missing key 'input.tap' or key 'input.tap_selector'", input);
        policy_.input_type =
            need_scalar(input, keys::input_type, "missing or invalid input_type at key 'input.input_type'")
                .text;
        if (tap)
            use_tap(*tap);
        else
            use_selector(*selector);
        if (const auto* config = map_or_absent(input, keys::config, "input configuration is not a map"))
            policy_.input_config = parts_.input_values(policy_.input_type, *config);
        if (const auto* filter =
                map_or_absent(input, keys::filter, "input filter configuration is not a map"))
            policy_.input_filter = parts_.input_values(policy_.input_type, *filter);
    }

    void need_interfaces(const ConfigNode& input) const {
        if (!parts_.known.live) return;
        const ConfigNode* tap = input.find(policy_.selector ? keys::tap_selector : keys::tap);
        for (const std::string& name : policy_.taps)
            if (const std::string missing = missing_interface(*parts_.find_tap(name), policy_);
                !missing.empty())
                throw ConfigFault(missing, *tap);
    }

    void use_tap(const ConfigNode& tap) {
        if (!tap.is_scalar()) throw ConfigFault("missing key 'input.tap' or key 'input.tap_selector'", tap);
        policy_.tap = tap.text;
        const TapConfig* defined = parts_.find_tap(tap.text);
        if (!defined) throw ConfigFault("tap '" + tap.text + "' does not exist" + known_taps(), tap);
        check_type(*defined, tap);
        policy_.taps.push_back(tap.text);
    }

    std::string known_taps() const {
        std::string names;
        parts_.for_each_tap(
            [&](const TapConfig& tap) { names += (names.empty() ? "; the taps are: " : ", ") + tap.name; });
        return names.empty() ? "; there are no taps" : names;
    }

    std::string known_tags() const {
        constexpr size_t shown_at_most = 20;
        std::vector<std::string> tags;
        parts_.for_each_tap([&](const TapConfig& tap) {
            for (const auto& tag : tap.tags.entries()) {
                std::string text = tag.key + ": " + tag.value.text;
                if (std::find(tags.begin(), tags.end(), text) == tags.end() && tags.size() <= shown_at_most)
                    tags.push_back(std::move(text));
            }
        });
        std::string listed = tags.empty() ? "; the taps have no tags" : "; the tags are: ";
        for (size_t i = 0; i < tags.size(); i++)
            (listed += i ? ", " : "") += i < shown_at_most ? tags[i] : "...";
        return listed;
    }

    void check_type(const TapConfig& tap, const ConfigNode& at) {
        if (const std::string wrong = wrong_input_type(tap, policy_); !wrong.empty())
            throw ConfigFault(wrong, at);
    }

    void use_selector(const ConfigNode& node) {
        policy_.selector = read_selector(node);
        parts_.for_each_tap([&](const TapConfig& tap) {
            const auto match = policy_.selector->matches(tap);
            if (!match) throw ConfigFault(match.error(), node);
            if (!*match) return;
            check_type(tap, node);
            policy_.taps.push_back(tap.name);
        });
        if (policy_.taps.empty())
            throw ConfigFault("no tap match found for specified 'input.tap_selector' tags" + known_tags(),
                              node, RefusalKind::no_match);
    }

    TapSelector read_selector(const ConfigNode& node) {
        if (!node.is_map()) throw ConfigFault("tap_selector is not a map", node);
        parts_.notice_unknown(node, keys::in_selector);
        const ConfigNode *any = node.find(keys::any), *all = node.find(keys::all);
        if ((any != nullptr) == (all != nullptr))
            throw ConfigFault("tap_selector must have either key 'any' or key 'all'", node);
        const ConfigNode& list = any ? *any : *all;
        if (!list.is_sequence()) throw ConfigFault("tap_selector tags are not a sequence", list);
        TapSelector selector;
        selector.all = all != nullptr;
        for (const auto& item : list.items) {
            if (!item.is_map() || item.entries.size() != 1)
                throw ConfigFault("selector tag must contain only one key/value pair per sequence index",
                                  item);
            const ConfigEntry& pair = item.entries[0];
            if (!pair.value.is_scalar())
                throw ConfigFault("tag key '" + pair.key + "' must have scalar value", pair);
            selector.pairs.push_back({pair.key, option_scalar(pair.value)});
        }
        return selector;
    }

    void read_handlers(const ConfigNode& handlers) {
        parts_.notice_unknown(handlers, keys::in_handlers);
        policy_.window = parts_.window;
        if (const auto* config = map_or_absent(handlers, keys::window_config, "window_config is not a map")) {
            OptionValues& values = policy_.window_config.values = option_values(*config);
            check_values(std::array<OptionTable, 1>{window_options}, values);
            policy_.window = WindowSettings{}.with(values); // what it leaves out is the built-in value
        }
        const ConfigNode* modules = handlers.find(keys::modules);
        if (!modules || !(modules->is_map() || modules->is_sequence()))
            throw ConfigFault("missing or invalid handler modules at key 'modules'",
                              modules ? *modules : handlers);
        if (modules->entries.size() + modules->items.size() > modules_max)
            throw ConfigFault("policy '" + policy_.name + "' has too many handler modules: the limit is " +
                                  std::to_string(modules_max),
                              *modules);
        if (modules->entries.empty() && modules->items.empty())
            parts_.notice(
                {"policy '" + policy_.name + "' has no handler modules: it does nothing", *modules});
        policy_.sequence = modules->is_sequence();
        for (const auto& entry : modules->entries) policy_.modules.push_back(read_module(entry));
        for (const auto& item : modules->items) {
            if (!item.is_map() || item.entries.size() != 1)
                throw ConfigFault("expecting handler module identifier", item);
            const ConfigEntry& entry = item.entries[0];
            for (const auto& present : policy_.modules)
                if (present.instance == entry.key)
                    throw ConfigFault("handler module '" + entry.key + "' is given twice", entry);
            policy_.modules.push_back(read_module(entry));
        }
    }

    std::string known_handlers() const {
        std::string names;
        for (const HandlerInfo& handler : parts_.known.handlers)
            ((names += names.empty() ? "; the handlers are: " : ", ") += handler.type) +=
                " " + std::string(handler.version);
        return names;
    }

    ModuleConfig read_module(const ConfigEntry& entry) {
        check_name(entry, Named::module);
        const ConfigNode& node = entry.value;
        if (!node.is_map()) throw ConfigFault("expecting Handler configuration map", entry);
        parts_.notice_unknown(node, keys::in_module);
        ModuleConfig module;
        module.instance = entry.key;
        module.type =
            need_scalar(node, keys::type, "missing or invalid stream handler type at key 'type'").text;
        module.version = "1.0";
        if (node.find(keys::require_version))
            module.version =
                need_scalar(node, keys::require_version, "invalid version at key 'require_version'").text;
        const HandlerInfo* handler = parts_.find_handler(module.type, module.version);
        if (!handler)
            throw ConfigFault("Policy '" + policy_.name + "' requires stream handler type '" + module.type +
                                  "' and version '" + module.version + "' which is not available" +
                                  known_handlers(),
                              entry);
        if (const auto* filter =
                map_or_absent(node, keys::filter, "stream handler filter configuration is not a map"))
            module.filter.values = option_values(*filter);
        module.values = merged_values(module, node);
        const OptionTable tables[] = {handler->options, stream_options, window_options, group_options};
        check_values(tables, module.values);
        module.groups = groups_of(*handler, module.values);
        module.window = policy_.window.with(module.values);
        return module;
    }

    static GroupMask groups_of(const HandlerInfo& handler, const OptionValues& values) {
        const auto checked = [&](std::string_view key, const GroupNames& names) {
            const auto groups = resolve_groups(handler.groups, names);
            const OptionValue* at = values.find(key);
            if (!groups) throw ConfigFault(groups.error(), at->line, at->column);
            return *groups;
        };
        const Names disable = values.get_list("disable"), enable = values.get_list("enable");
        checked("disable", {disable, {}}); // whatever is wrong now is wrong there
        return checked("enable", {disable, enable});
    }

    OptionValues merged_values(const ModuleConfig& module, const ConfigNode& node) {
        OptionValues values = parts_.global_config.get_map(module.type);
        if (const auto* config =
                map_or_absent(node, keys::config, "stream handler configuration is not a map"))
            values.merge(option_values(*config));
        values.merge(policy_.window_config.values);
        values.merge(module.filter.values);
        if (const auto* groups =
                map_or_absent(node, keys::metric_groups, "stream handler metric groups is not a map")) {
            if (!groups->find("enable") && !groups->find("disable"))
                throw ConfigFault("stream handler metric groups should contain enable and/or disable tags",
                                  *groups);
            values.merge(option_values(*groups));
        }
        return values;
    }

    DocumentParts& parts_;
    const ConfigEntry& entry_;
    PolicyConfig policy_;
};

} // namespace

bool TapConfig::operator==(const TapConfig& other) const {
    return name == other.name && input_type == other.input_type && config == other.config &&
           tags == other.tags;
}

Result<bool> TapSelector::matches(const TapConfig& tap) const {
    bool found = all;
    for (const auto& [key, wanted] : pairs) {
        const OptionValue* tag = tap.tags.find(key);
        if (tag && tag->kind != wanted.kind)
            return Error{"Tap [" + tap.name + "]: tag and selector value types are different for key '" +
                         key + "'"};
        const bool same = tag && (tag->kind == OptionValue::Kind::text   ? tag->text == wanted.text
                                  : tag->kind == OptionValue::Kind::uint ? tag->number == wanted.number
                                                                         : tag->boolean == wanted.boolean);
        found = all ? found && same : found || same;
    }
    return found && !pairs.empty();
}

Result<GroupMask> resolve_groups(std::span<const Group> groups, const GroupNames& names) {
    GroupMask mask = 0;
    for (unsigned i = 0; i < groups.size(); i++)
        if (groups[i].default_on) mask |= group_bit(i);
    auto off = named_groups(groups, names.disable);
    if (!off) return off;
    auto on = named_groups(groups, names.enable);
    if (!on) return on;
    return (mask & ~*off) | *on;
}

OptionValues effective_input(const TapConfig& tap, const PolicyConfig& policy) {
    OptionValues values = tap.config;
    values.merge(policy.input_config);
    return values;
}

std::string wrong_input_type(const TapConfig& tap, const PolicyConfig& policy) {
    if (canonical_input(tap.input_type) == canonical_input(policy.input_type)) return {};
    return "input_type for policy specified tap '" + tap.name +
           "' doesn't match tap's defined input type: " + policy.input_type + "/" + tap.input_type;
}

PolicyConfig read_policy(DocumentParts& parts, const ConfigEntry& entry) {
    return PolicyReader(parts, entry).read();
}

} // namespace visor::control
