#include "control/plan.hpp"

#include "control/registry.hpp"
#include "metric/keys.hpp"

#include <algorithm>

namespace visor::control {

namespace {
engine::PlannedHandler planned(std::string name, const HandlerClass& handler, const WindowSettings& window) {
    engine::PlannedHandler planned{std::move(name), &handler, {}, window};
    planned.config.groups = handler.schema().default_groups();
    planned.config.deep_sample_rate = window.deep_sample_rate;
    return planned;
}
} // namespace

engine::Plan default_plan(const WindowSettings& window) {
    engine::PlannedPolicy policy{"default", "default", window, false, {}};
    constexpr std::pair<std::string_view, std::string_view> analysis[] = {
        {"net", "1.0"}, {"dns", "1.0"}, {"dhcp", "1.0"}};
    for (const auto& [type, version] : analysis)
        policy.handlers.push_back(
            planned("default-" + std::string(type), *find_handler(type, version), window));
    return {{std::move(policy)}};
}

engine::Plan plan_of(std::span<const PolicyOnTap> policies) {
    engine::Plan plan;
    for (const PolicyOnTap& on_tap : policies) {
        const PolicyConfig& config = *on_tap.policy;
        engine::PlannedPolicy policy{config.name, on_tap.tap, config.window, config.sequence, {}};
        for (const ModuleConfig& module : config.modules) {
            auto handler = planned(policy.on_tap() + "-" + module.instance,
                                   *find_handler(module.type, module.version), module.window);
            handler.config.groups = module.groups;
            handler.config.values = module.values;
            policy.handlers.push_back(std::move(handler));
        }
        plan.policies.push_back(std::move(policy));
    }
    return plan;
}

bool uses_places(const PolicyConfig& policy) {
    constexpr std::string_view options[] = {"geoloc_notfound", "asn_notfound", "only_geoloc_prefix",
                                            "only_asn_number"};
    return std::any_of(policy.modules.begin(), policy.modules.end(), [&](const ModuleConfig& module) {
        const auto asked = [&](std::string_view option) { return module.values.has(option); };
        if (std::any_of(std::begin(options), std::end(options), asked)) return true;
        const auto& rows = find_handler(module.type, module.version)->schema().rows;
        return std::any_of(rows.begin(), rows.end(), [&](const Row& row) {
            return row.facts.format == place_key && (row.facts.groups & module.groups) == row.facts.groups;
        });
    });
}

engine::DecodeSettings decode_settings(const engine::Plan& plan, PrefixSet hosts,
                                       const sketch::HashKey& key) {
    engine::DecodeSettings settings;
    settings.hosts = std::move(hosts);
    settings.key = key;
    settings.dns = settings.dhcp = false;
    for (const auto& policy : plan.policies) {
        for (const auto& handler : policy.handlers) {
            settings.dns |= handler.handler->type == "dns" || handler.handler->type == "pcap";
            settings.dhcp |= handler.handler->type == "dhcp";
            settings.flow_hashes |= handler.config.deep_sample_rate < 100;
        }
    }
    return settings;
}

} // namespace visor::control
