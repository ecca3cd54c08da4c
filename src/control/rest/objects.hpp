// Taps and policies as JSON: what they were configured with, and how they are doing.
// Threads: pure functions of what the agent showed at one moment.
#pragma once

#include "control/agent/agent.hpp"

#include <nlohmann/json.hpp>

namespace visor::control {

nlohmann::json options_json(const OptionValues& values);
nlohmann::json tap_json(const TapConfig& tap);
// As a document has it below its name: read again it is the same policy.
nlohmann::json policy_document_json(const PolicyConfig& policy);

// What policies run on, as it was at one moment.
struct Ground {
    std::vector<TapConfig> taps;
    std::map<std::string, StreamState> streams; // by name
    std::string interfaces;                     // those there are on this host
};
Ground ground_of(const Agent& agent);
// Of an input that was closed meanwhile nothing is shown.
nlohmann::json policy_info_json(const RunningPolicy& policy, const Ground& ground);
// The same of one that does not run, as far as it is known without.
nlohmann::json policy_config_json(const PolicyConfig& policy, const std::vector<TapConfig>& taps);

} // namespace visor::control
