// JSON from whoever answers, who may not mean well. Threads: pure functions. Format: RFC 8259.
#pragma once

#include "base/result.hpp"

#include <nlohmann/json.hpp>
#include <string_view>

namespace visor::client {

inline constexpr size_t json_bytes_max = 16 << 20;
inline constexpr size_t json_depth_max = 64;
inline constexpr size_t json_values_max = 1 << 20;
inline constexpr size_t text_bytes_max = 4096; // of one
inline constexpr double number_max = 0x1p64;

// Error: it is no JSON, or larger, deeper or of more values than any answer is.
Result<nlohmann::json> read_json(std::string_view text);

// What is at a dotted path; null when nothing is, or something else than objects on the way.
const nlohmann::json* at_path(const nlohmann::json& root, std::string_view path);
// The path of a key below another; of the root, which has none, the key itself.
std::string path_below(const std::string& path, const std::string& key);
// A member; null when there is none, or `object` is no object.
const nlohmann::json* member(const nlohmann::json& object, const char* key);
const nlohmann::json* member(const nlohmann::json& object, const std::string& key);

// Those of the right type, or nothing: a wrong type is like no member. Texts are cut, and numbers brought
// within what 64 bits count, so that what is shown or added up has its limits.
std::string text_at(const nlohmann::json& object, const char* key);
std::optional<double> number_at(const nlohmann::json& object, const char* key);
std::optional<double> number_of(const nlohmann::json& value);
std::optional<bool> bool_at(const nlohmann::json& object, const char* key);
// Within limits that any arithmetic with times and lengths stays within.
int64_t seconds_at(const nlohmann::json& object, const char* key);

} // namespace visor::client
