#include "client/json_text.hpp"

#include <algorithm>
#include <cmath>

namespace visor::client {

using nlohmann::json;

namespace {

// What the parser would make, without making it.
struct Extent {
    size_t depth = 0, values = 1;
};

Extent extent_of(std::string_view text) {
    Extent extent;
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"') quoted = !quoted;
        if (quoted && c == '\\') ++i; // whatever it escapes
        if (quoted) continue;
        if (c == '{' || c == '[') extent.depth = std::max(extent.depth, ++depth);
        if (c == '}' || c == ']') depth -= depth > 0;
        extent.values += c == ',' || c == '{' || c == '[';
    }
    return extent;
}

} // namespace

Result<json> read_json(std::string_view text) {
    if (text.size() > json_bytes_max) return Error{"an answer of more than 16 MiB"};
    const Extent extent = extent_of(text);
    if (extent.depth > json_depth_max) return Error{"JSON that is nested too deeply"};
    if (extent.values > json_values_max) return Error{"JSON of too many values"};
    json value = json::parse(text.begin(), text.end(), nullptr, false);
    if (value.is_discarded()) return Error{"not JSON"};
    return value;
}

const json* member(const json& object, const std::string& key) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(key);
    return found == object.end() ? nullptr : &*found;
}

const json* member(const json& object, const char* key) {
    return member(object, std::string(key));
}

const json* at_path(const json& root, std::string_view path) {
    const json* node = &root;
    for (size_t begin = 0; node && begin <= path.size();) {
        const size_t dot = std::min(path.find('.', begin), path.size());
        node = member(*node, std::string(path.substr(begin, dot - begin)));
        begin = dot + 1;
    }
    return node;
}

std::string path_below(const std::string& path, const std::string& key) {
    if (path.empty()) return key;
    std::string below = path;
    below += '.';
    below += key;
    return below;
}

std::string text_at(const json& object, const char* key) {
    const json* value = member(object, key);
    return value && value->is_string() ? value->get_ref<const std::string&>().substr(0, text_bytes_max)
                                       : std::string();
}

std::optional<double> number_at(const json& object, const char* key) {
    const json* value = member(object, key);
    return value ? number_of(*value) : std::nullopt;
}

std::optional<double> number_of(const json& value) {
    if (!value.is_number()) return std::nullopt;
    const auto number = value.get<double>();
    if (!std::isfinite(number)) return std::nullopt;
    return std::clamp(number, -number_max, number_max);
}

std::optional<bool> bool_at(const json& object, const char* key) {
    const json* value = member(object, key);
    return value && value->is_boolean() ? std::optional(value->get<bool>()) : std::nullopt;
}

int64_t seconds_at(const json& object, const char* key) {
    constexpr double latest = 8e9; // in the year 2223; as nanoseconds it still is an int64_t
    return static_cast<int64_t>(std::clamp(number_at(object, key).value_or(0), 0.0, latest));
}

} // namespace visor::client
