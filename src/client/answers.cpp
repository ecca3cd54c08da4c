#include "client/answers.hpp"

#include "client/json_text.hpp"
#include "client/shapes.hpp"

#include <algorithm>
#include <charconv>

namespace visor::client {

using nlohmann::json;

namespace {

constexpr size_t handlers_max = 1024, ledger_lines_max = 8192;

Handler read_handler(const std::string& instance, const std::string& key, const json& from,
                     const Schemas& schemas) {
    Handler handler{instance, key, key, 0, 0, {}};
    if (const json* period = member(from, "period")) {
        handler.start_ts = seconds_at(*period, "start_ts");
        handler.length_s = seconds_at(*period, "length");
    }
    const HandlerSchema* schema = schemas.best(key, from);
    if (!schema) {
        handler.metrics = guessed_metrics(from);
        return handler;
    }
    handler.title = schema->title;
    for (const SchemaRow& row : schema->rows) {
        if (handler.metrics.size() == metrics_max) break;
        Metric metric;
        metric.path = row.path;
        metric.help = row.help;
        metric.unit = row.unit;
        metric.label = row.label;
        metric.kind = row.kind;
        metric.gauge = row.gauge;
        if (read_metric(from, metric)) handler.metrics.push_back(std::move(metric));
    }
    return handler;
}

void read_handlers(const std::string& instance, const json& keys, const Schemas& schemas, Picture& picture) {
    for (const auto& [key, from] : keys.items())
        if (from.is_object() && picture.handlers.size() < handlers_max)
            picture.handlers.push_back(read_handler(instance.empty() ? key : instance, key, from, schemas));
}

// By recursion, which the depth of what read_json() gives limits.
void read_ledger(const std::string& stream, const std::string& path, const json& from, Picture& picture) {
    for (const auto& [key, value] : from.items()) {
        if (picture.ledger.size() == ledger_lines_max) return;
        if (path.empty() && key == "period") continue; // of a capture: when its packets were
        const std::string here = path_below(path, key);
        if (value.is_object()) read_ledger(stream, here, value, picture);
        if (const auto count = number_of(value)) picture.ledger.push_back({stream, here, *count});
    }
}

std::string compact_text(const json& object, const char* key) {
    const json* value = member(object, key);
    return !value || value->is_null() ? "" : value->dump(-1, ' ', false, json::error_handler_t::replace);
}

PolicyInfo read_policy_info(const std::string& name, const json& from) {
    PolicyInfo info{name, {}, {}, {}};
    if (const json* taps = member(from, "taps"); taps && taps->is_object())
        for (const auto& tap : taps->items()) info.taps.push_back(tap.key());
    if (const json* modules = member(from, "modules"); modules && modules->is_object()) {
        for (const auto& [instance, module] : modules->items()) {
            const json* about = member(module, "module");
            info.handlers.push_back(
                {instance, about ? text_at(*about, "type") : "", about ? text_at(*about, "version") : ""});
        }
    }
    if (const json* inputs = member(from, "input"); inputs && inputs->is_object()) {
        for (const auto& [input, state] : inputs->items()) {
            InputInfo told{input, {}, {}, {}};
            if (const json* pcap = member(state, "pcap")) {
                told.source = text_at(*pcap, "pcap_source");
                told.interfaces = text_at(*pcap, "interfaces");
                told.up = bool_at(*pcap, "up");
            }
            info.inputs.push_back(std::move(told));
        }
    }
    return info;
}

} // namespace

Result<Picture> read_policy(const json& answer, const std::string& policy, const Schemas& schemas) {
    const json* instances = member(answer, policy);
    if (!instances || !instances->is_object()) return Error{"the answer does not tell of the policy"};
    Picture picture;
    picture.policy = policy;
    for (const auto& [instance, from] : instances->items()) {
        if (!from.is_object()) continue;
        if (instance != "ledger") {
            read_handlers(instance, from, schemas, picture);
            continue;
        }
        for (const auto& [stream, counts] : from.items())
            if (counts.is_object()) read_ledger(stream, {}, counts, picture);
    }
    return picture;
}

Result<Picture> read_flat(const json& answer, const Schemas& schemas) {
    if (!answer.is_object() || answer.empty() || !answer.begin()->is_object())
        return Error{"the answer tells of no minutes"};
    json keys = *answer.begin();
    keys.erase("period"); // the first handler's once more
    Picture picture;
    read_handlers({}, keys, schemas, picture);
    return picture;
}

Result<AppInfo> read_app(const json& answer) {
    const json* app = member(answer, "app");
    if (!app || !app->is_object()) return Error{"no pktvisor answers there"};
    return AppInfo{text_at(*app, "version"), number_at(*app, "up_time_min").value_or(0)};
}

Result<std::vector<PolicyInfo>> read_policies(const json& answer) {
    std::vector<PolicyInfo> policies;
    if (answer.is_null()) return policies; // how earlier versions tell of none
    if (!answer.is_object()) return Error{"the answer is no list of policies"};
    for (const auto& [name, from] : answer.items()) policies.push_back(read_policy_info(name, from));
    return policies;
}

Result<std::vector<TapInfo>> read_taps(const json& answer) {
    std::vector<TapInfo> taps;
    if (answer.is_null()) return taps;
    if (!answer.is_object()) return Error{"the answer is no list of taps"};
    for (const auto& [name, from] : answer.items())
        taps.push_back(
            {name, text_at(from, "input_type"), compact_text(from, "config"), compact_text(from, "tags")});
    return taps;
}

std::optional<uint32_t> minutes_held(std::string_view error) {
    const bool too_many = error.find("invalid metrics period") != std::string_view::npos;
    const bool too_early = error.find("not yet accumulated") != std::string_view::npos;
    const size_t range = error.rfind(", ");
    if ((!too_many && !too_early) || range == std::string_view::npos) return std::nullopt;
    uint32_t last = 0;
    const char* begin = error.data() + range + 2;
    const auto [end, wrong] = std::from_chars(begin, error.data() + error.size(), last);
    if (wrong != std::errc() || end == error.data() + error.size() || *end != ']' || last > 1000)
        return std::nullopt;
    return too_early ? last + 1 : std::max(last, 1U);
}

} // namespace visor::client
