#include "control/rest/objects.hpp"

#include "control/plan.hpp"
#include "engine/links.hpp"
#include "sinks/json.hpp"
#include "sinks/rows.hpp"
#include "sinks/text_units.hpp"

#include <algorithm>

namespace visor::control {

namespace {

nlohmann::json value_json(const OptionValue& value) {
    switch (value.kind) {
    case OptionValue::Kind::boolean:
        return value.boolean;
    case OptionValue::Kind::uint:
        return value.number;
    case OptionValue::Kind::text:
        return value.text;
    case OptionValue::Kind::list:
        return value.list;
    case OptionValue::Kind::map:
        return options_json(value.map);
    }
    return {};
}

std::string date_time(int64_t seconds) {
    return sinks::date_time(seconds * sketch::second_ns);
}

// Rows every handler has, by the last part of their path: what came, how much of it was looked at, how fast.
bool is_base_row(const Row& row) {
    constexpr std::string_view leaves[] = {
        "events",     "deep_samples", "observed_packets", "deep_sampled_packets",
        "pps_events", "observed_pps", "event_rate"};
    const std::string_view leaf = row.facts.path.substr(row.facts.path.rfind('.') + 1);
    return row.dimension.empty() && std::find(std::begin(leaves), std::end(leaves), leaf) != std::end(leaves);
}

nlohmann::json::json_pointer pointer_of(const Row& row) {
    std::string path = "/" + row.json_path();
    std::replace(path.begin(), path.end(), '.', '/');
    return nlohmann::json::json_pointer(path);
}

nlohmann::json period_json(const engine::HandlerView& view) {
    nlohmann::json out{{"start_tstamp", date_time(view.start_ts)},
                       {"length", view.length},
                       {"read_only", !view.open},
                       {"events", nlohmann::json::object()},
                       {"rates", nlohmann::json::object()}};
    if (!view.open) out["end_tstamp"] = date_time(view.start_ts + view.length);
    sinks::RowReader reader(view);
    reader.for_each(false, [&](const Row& row) {
        if (!is_base_row(row)) return;
        if (row.ops->kind == Kind::counter) out["events"][pointer_of(row)] = reader.count(row);
        if (row.ops->kind == Kind::rate)
            out["rates"][pointer_of(row)] = sinks::rate_json(reader.seconds(row), view.open);
    });
    return out;
}

nlohmann::json input_json(const StreamState& state, const std::string& interfaces) {
    nlohmann::json out;
    out["input"] = {{"consumers", state.consumers}, {"running", true}};
    out["module"] = {{"name", state.stream->name}, {"config", options_json(state.stream->config)}};
    if (state.stream->input_type != "pcap") return out;
    nlohmann::json& pcap = out["pcap"];
    pcap["pcap_source"] = state.source;
    pcap["available_iface"] = interfaces;
    pcap["interfaces"] = state.interfaces;
    pcap["up"] = state.up;
    pcap["workers"] = state.workers;
    pcap["ring_bytes"] = state.ring_bytes;
    pcap["host_ips"] = nlohmann::json::object();
    if (!state.addresses.ipv4.empty()) pcap["host_ips"]["ipv4"] = state.addresses.ipv4;
    if (!state.addresses.ipv6.empty()) pcap["host_ips"]["ipv6"] = state.addresses.ipv6;
    return out;
}

nlohmann::json module_config_json(const ModuleConfig& module, const std::string& name, const std::string& tap,
                                  bool running) {
    nlohmann::json out;
    out["module"] = {
        {"name", name}, {"type", module.type}, {"version", module.version}, {"running", running}};
    nlohmann::json& config = out["module"]["config"] = options_json(module.values);
    config["_internal_tap_name"] = tap;
    config["deep_sample_rate"] = module.window.deep_sample_rate;
    config["num_periods"] = module.window.periods;
    return out;
}

nlohmann::json module_json(const RunningPolicy& policy, const RunningPolicy::OnTap& on_tap, size_t index) {
    const ModuleConfig& module = policy.config.modules[index];
    const engine::PlannedHandler& planned = on_tap.live->plan().handlers[index];
    nlohmann::json out = module_config_json(module, planned.name, on_tap.stream->tap, true);
    const auto key = std::string(planned.handler->schema().key);
    if (const auto waiting = on_tap.live->waiting(index)) out[key]["xact"] = {{"open", *waiting}};
    if (module.type == "dns") // every filter sees all events, and what it leaves out is counted
        out[key]["predicate"] = {{"enabled", false}};
    out["metrics"] = {{"deep_sample_rate", module.window.deep_sample_rate},
                      {"periods_configured", module.window.periods}};
    nlohmann::json& periods = out["metrics"]["periods"] = nlohmann::json::array();
    const auto& results = on_tap.live->results();
    const int64_t now_ns = engine::wall_clock_ns();
    for (uint32_t i = 0; i < results.periods(); ++i) {
        const engine::LiveView view = results.period(i, now_ns);
        for (const auto& handler : view.handlers)
            if (handler.plan == &planned) periods.push_back(period_json(handler));
    }
    return out;
}

} // namespace

nlohmann::json options_json(const OptionValues& values) {
    nlohmann::json out = nlohmann::json::object();
    for (const auto& entry : values.entries()) out[entry.key] = value_json(entry.value);
    return out;
}

namespace {

// Absent where there is none.
void put_options(nlohmann::json& in, const char* key, const OptionValues& values) {
    if (!values.empty()) in[key] = options_json(values);
}

// What the policy says of all its modules, and global_handler_config, is in a module's values as well.
nlohmann::json module_document_json(const ModuleConfig& module, const OptionValues& window_config) {
    OptionValues config, filter, groups;
    for (const auto& [key, value] : module.values.entries()) {
        const OptionTable group_keys[] = {group_options};
        if (find_option(group_keys, key))
            groups.set(key, value);
        else if (module.filter.values.has(key))
            filter.set(key, value);
        else if (!window_config.has(key))
            config.set(key, value);
    }
    nlohmann::json out{{"type", module.type}, {"require_version", module.version}};
    put_options(out, "config", config);
    put_options(out, "filter", filter);
    put_options(out, "metric_groups", groups);
    return out;
}

nlohmann::json input_document_json(const PolicyConfig& policy) {
    nlohmann::json out{{"input_type", policy.input_type}};
    if (policy.selector) {
        nlohmann::json& pairs = out["tap_selector"][policy.selector->all ? "all" : "any"];
        for (const OptionEntry& pair : policy.selector->pairs)
            pairs.push_back({{pair.key, value_json(pair.value)}});
    } else {
        out["tap"] = policy.tap;
    }
    put_options(out, "config", policy.input_config);
    put_options(out, "filter", policy.input_filter);
    return out;
}

} // namespace

nlohmann::json policy_document_json(const PolicyConfig& policy) {
    nlohmann::json handlers;
    nlohmann::json& modules = handlers["modules"] =
        policy.sequence ? nlohmann::json::array() : nlohmann::json::object();
    for (const ModuleConfig& module : policy.modules) {
        nlohmann::json one = module_document_json(module, policy.window_config.values);
        if (policy.sequence)
            modules.push_back({{module.instance, std::move(one)}});
        else
            modules[module.instance] = std::move(one);
    }
    put_options(handlers, "window_config", policy.window_config.values);
    nlohmann::json out{
        {"kind", "collection"}, {"input", input_document_json(policy)}, {"handlers", std::move(handlers)}};
    if (policy.merge_like_handlers) out["config"] = {{"merge_like_handlers", true}};
    return out;
}

nlohmann::json tap_json(const TapConfig& tap) {
    const auto map_or_null = [](const OptionValues& values) {
        return values.entries().empty() ? nlohmann::json() : options_json(values);
    };
    return {{"config", map_or_null(tap.config)},
            {"input_type", tap.input_type},
            {"interface", "visor.module.input/1.0"},
            {"tags", map_or_null(tap.tags)}};
}

Ground ground_of(const Agent& agent) {
    return {agent.taps(), agent.streams(), engine::available_interfaces(",")}; // "," as it has always been
}

namespace {
nlohmann::json policy_json(const PolicyConfig& policy) {
    return {{"document", policy_document_json(policy)},
            {"input", nlohmann::json::object()},
            {"modules", nlohmann::json::object()},
            {"taps", nlohmann::json::object()}};
}
} // namespace

nlohmann::json policy_config_json(const PolicyConfig& policy, const std::vector<TapConfig>& taps) {
    nlohmann::json out = policy_json(policy);
    for (const TapConfig& tap : taps) {
        if (std::find(policy.taps.begin(), policy.taps.end(), tap.name) == policy.taps.end()) continue;
        const PolicyOnTap on_tap{&policy, tap.name};
        const engine::Plan plan = plan_of({&on_tap, 1});
        for (size_t i = 0; i < policy.modules.size(); ++i) {
            const std::string& name = plan.policies.front().handlers[i].name;
            out["modules"][name] = module_config_json(policy.modules[i], name, tap.name, false);
        }
        out["taps"][tap.name] = tap_json(tap);
    }
    return out;
}

nlohmann::json policy_info_json(const RunningPolicy& policy, const Ground& ground) {
    nlohmann::json out = policy_json(policy.config);
    for (const auto& on_tap : policy.taps) {
        const auto state = ground.streams.find(on_tap.stream->name);
        if (state == ground.streams.end()) continue;
        out["input"][on_tap.stream->name] = input_json(state->second, ground.interfaces);
        for (size_t i = 0; i < policy.config.modules.size(); ++i) {
            out["modules"][on_tap.live->plan().handlers[i].name] = module_json(policy, on_tap, i);
        }
        for (const TapConfig& tap : ground.taps)
            if (tap.name == on_tap.stream->tap) out["taps"][tap.name] = tap_json(tap);
    }
    return out;
}

} // namespace visor::control
