// What answers look like: JSON with its keys in order, and errors under "error"; and what a request's
// switches say. Threads: pure functions.
#pragma once

#include "control/http/message.hpp"
#include "control/refusal.hpp"

#include <nlohmann/json.hpp>
#include <string_view>

namespace visor::control {

bool is_set(const http::Request& request, std::string_view parameter); // "1", "true" or no more than its name

http::Response json_reply(const nlohmann::json& body, int status = 200);
http::Response error_reply(int status, std::string_view text);
// The status follows from the kind, as users' clients expect it.
http::Response refusal_reply(const Refusal& refusal);

} // namespace visor::control
