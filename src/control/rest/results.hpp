// A policy's results as users ask for them: one period or several merged, as JSON or for Prometheus.
// Threads: pure functions of what the agent shows at one moment. Units: periods count from the open one, 0.
#pragma once

#include "control/agent/agent.hpp"
#include "sinks/json.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace visor::control {

// The views of a policy on all its taps over one period or the newest few.
struct Asked {
    bool merged = false;
    uint32_t periods = 0;                               // which one, or how many
    bool now() const { return merged || periods == 0; } // what is still going on is part of it
};
std::vector<engine::LiveView> views_of(const RunningPolicy& policy, const Asked& asked);

// What is wrong with the number of a period, as clients parse it; empty = nothing.
std::string wrong_period(const RunningPolicy& policy, const Asked& asked, std::string_view text);

// By handler instance and schema key; with merge_like_handlers one for all of a kind.
nlohmann::json policy_json(const RunningPolicy& policy, const std::vector<engine::LiveView>& views,
                           const sinks::JsonOptions& options);
// By schema key alone, as the oldest routes have it.
nlohmann::json flat_json(const std::vector<engine::LiveView>& views, const sinks::JsonOptions& options);
// What clients are told of these policies, those asked for as they are now included.
nlohmann::json metrics_json(Agent& agent, const std::vector<PolicyPointer>& policies, const Asked& asked,
                            const sinks::JsonOptions& options);
// By stream, of those that are open.
nlohmann::json ledger_of(const RunningPolicy& policy, const std::map<std::string, StreamState>& streams);

} // namespace visor::control
