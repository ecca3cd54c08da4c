// Taps and policies as JSON: what they were configured with, and how they are doing.
// Threads: pure functions of what the agent shows at one moment.
#pragma once

#include "control/agent/agent.hpp"

#include <nlohmann/json.hpp>

namespace visor::control {

nlohmann::json options_json(const OptionValues& values);
nlohmann::json tap_json(const TapConfig& tap);
// While the agent is looked at (Agent::look). taps: those defined now, of which those of the policy are
// shown.
nlohmann::json policy_info_json(const RunningPolicy& policy, const std::vector<TapConfig>& taps);

} // namespace visor::control
