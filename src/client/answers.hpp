// An agent's answers, of this and earlier versions, read into plain values.
//
// Whatever is not as expected is left out; what cannot be what was asked for is an error. Threads: pure
// functions. Owns: what they give away. Format: docs/rest.md; 3.x and 4.x of the older agent.
#pragma once

#include "base/result.hpp"
#include "client/picture.hpp"
#include "client/schemas.hpp"

#include <nlohmann/json.hpp>

namespace visor::client {

// {POLICY: {INSTANCE: {KEY: {...}}, "ledger": {STREAM: {...}}}}: handlers and ledger of that policy.
Result<Picture> read_policy(const nlohmann::json& answer, const std::string& policy, const Schemas& schemas);

// {"5m": {KEY: {...}}}, of agents that know no policies.
Result<Picture> read_flat(const nlohmann::json& answer, const Schemas& schemas);

struct AppInfo {
    std::string version;
    double up_minutes = 0;
};
Result<AppInfo> read_app(const nlohmann::json& answer);

struct HandlerInfo {
    std::string name, type, version;
};
struct InputInfo {
    std::string name;
    std::string source, interfaces; // of inputs that capture
    std::optional<bool> up;         // unless the agent does not tell
};
struct PolicyInfo {
    std::string name;
    std::vector<std::string> taps;
    std::vector<HandlerInfo> handlers;
    std::vector<InputInfo> inputs;
};
struct TapInfo {
    std::string name, input_type;
    std::string config, tags; // JSON; empty when there is none
};
Result<std::vector<PolicyInfo>> read_policies(const nlohmann::json& answer);
Result<std::vector<TapInfo>> read_taps(const nlohmann::json& answer);

// What an agent says of a period that it cannot show: how many minutes it can. Nothing: it says something
// else. "invalid metrics period, specify [2, 5]" -> 5; "... has not yet accumulated, current range is [0, 1]"
// -> 2.
std::optional<uint32_t> minutes_held(std::string_view error);

} // namespace visor::client
