#include "control/rest/results.hpp"

#include "control/rest/merged.hpp"
#include "engine/ledger.hpp"

#include <algorithm>

namespace visor::control {

std::vector<engine::LiveView> views_of(const RunningPolicy& policy, const Asked& asked) {
    std::vector<engine::LiveView> views;
    const int64_t now_ns = engine::wall_clock_ns();
    for (const auto& on_tap : policy.taps) {
        const auto& results = on_tap.live->results();
        views.push_back(asked.merged ? results.window(asked.periods, now_ns)
                                     : results.period(asked.periods, now_ns));
    }
    return views;
}

std::string wrong_period(const RunningPolicy& policy, const Asked& asked, std::string_view text) {
    uint32_t kept = 1; // by the module that keeps most
    for (const ModuleConfig& module : policy.config.modules) kept = std::max(kept, module.window.periods);
    const bool number = text.size() <= 6; // no more fits between the limits
    if (asked.merged) {
        if (number && asked.periods >= 2 && asked.periods <= kept) return {};
        return "invalid metrics period, specify [2, " + std::to_string(kept) + "]";
    }
    if (!number || asked.periods >= kept)
        return "invalid metrics period, specify [0, " + std::to_string(kept - 1) + "]";
    uint32_t available = 1;
    for (const auto& on_tap : policy.taps) available = std::max(available, on_tap.live->results().periods());
    if (asked.periods < available) return {};
    return "requested metrics period has not yet accumulated, current range is [0, " +
           std::to_string(available - 1) + "]";
}

namespace {

std::string key_of(const engine::HandlerView& view) {
    return std::string(view.plan->handler->schema().key);
}

nlohmann::json merged_json(const std::vector<engine::LiveView>& views, const sinks::JsonOptions& options) {
    nlohmann::json out = nlohmann::json::object();
    for (const MergedHandler& kind : merged_handlers(views)) {
        auto shown = sinks::handler_json(kind.view(), options);
        if (!shown.empty()) out[kind.name()][key_of(kind.view())] = std::move(shown);
    }
    return out;
}

} // namespace

nlohmann::json policy_json(const RunningPolicy& policy, const std::vector<engine::LiveView>& views,
                           const sinks::JsonOptions& options) {
    nlohmann::json out = nlohmann::json::object();
    if (policy.config.merge_like_handlers) {
        out = merged_json(views, options);
    } else {
        for (const auto& view : views) {
            for (const auto& handler : view.handlers) {
                auto shown = sinks::handler_json(handler, options);
                if (!shown.empty()) out[handler.plan->name][key_of(handler)] = std::move(shown);
            }
        }
    }
    return out;
}

nlohmann::json flat_json(const std::vector<engine::LiveView>& views, const sinks::JsonOptions& options) {
    nlohmann::json out = nlohmann::json::object();
    for (const auto& view : views)
        for (const auto& handler : view.handlers)
            if (auto shown = sinks::handler_json(handler, options); !shown.empty())
                out[key_of(handler)] = std::move(shown);
    return out;
}

nlohmann::json ledger_of(const RunningPolicy& policy, const std::map<std::string, StreamState>& streams) {
    nlohmann::json out = nlohmann::json::object();
    for (const auto& on_tap : policy.taps)
        if (const auto state = streams.find(on_tap.stream->name); state != streams.end())
            out[on_tap.stream->name] = sinks::ledger_json(engine::ledger_lines(state->second.counts));
    return out;
}

nlohmann::json metrics_json(Agent& agent, const std::vector<PolicyPointer>& policies, const Asked& asked,
                            const sinks::JsonOptions& options) {
    if (asked.now()) agent.refresh(policies);
    const auto streams = options.more() ? agent.streams() : std::map<std::string, StreamState>{};
    nlohmann::json out = nlohmann::json::object();
    for (const PolicyPointer& policy : policies) {
        auto& shown = out[policy->config.name] = policy_json(*policy, views_of(*policy, asked), options);
        if (options.more()) shown["ledger"] = ledger_of(*policy, streams);
    }
    return out;
}

} // namespace visor::control
