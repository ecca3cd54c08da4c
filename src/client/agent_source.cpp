#include "client/agent_source.hpp"

#include "client/json_text.hpp"

#include <algorithm>
#include <chrono>

namespace visor::client {

using nlohmann::json;

namespace {

constexpr int ok = 200, not_found = 404;
constexpr std::string_view default_policy = "default";
constexpr unsigned looks_per_tap = 30;

int64_t now_ms() {
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

} // namespace

Result<AgentSource::Told> AgentSource::get(const std::string& path) {
    Question question;
    question.path = path;
    const auto answer = transport_->ask(question);
    if (!answer) {
        known_ = false; // whoever answers next may be another
        return Error{answer.error()};
    }
    if (answer->status != ok) return Told{answer->status, {}, said(*answer)};
    auto read = read_json(answer->body);
    if (!read) return Error{"what answers at " + identity() + path + " is no agent: " + read.error()};
    return Told{ok, std::move(*read), {}};
}

Result<json> AgentSource::must_get(const std::string& path) {
    auto told = get(path);
    if (!told) return Error{told.error()};
    if (told->status != ok) return Error{identity() + path + ": " + told->error};
    return std::move(told->json);
}

Result<AppInfo> AgentSource::app() {
    auto told = must_get("/api/v1/metrics/app");
    if (!told) return Error{told.error()};
    auto app = read_app(*told);
    if (!app) return Error{identity() + ": " + app.error()};
    return app;
}

Result<AppInfo> AgentSource::acquaint() {
    auto now = app();
    if (!now) return now;
    if (now->up_minutes < app_.up_minutes || now->version != app_.version) known_ = false;
    app_ = *now;
    if (known_) return now;
    const auto policies = get("/api/v1/policies");
    if (!policies) return Error{policies.error()};
    if (policies->status != ok && policies->status != not_found) return Error{policies->error};
    flat_ = policies->status == not_found;
    const auto schema = get("/api/v1/metrics/schema");
    if (!schema) return Error{schema.error()};
    schemas_ = {};
    if (schema->status == ok) {
        auto read = Schemas::read(schema->json);
        if (!read) return Error{identity() + ": " + read.error()};
        schemas_ = std::move(*read);
    }
    tap_policy_.clear();
    known_ = true;
    return now;
}

Result<std::vector<PolicyInfo>> AgentSource::policy_infos() {
    if (const auto met = acquaint(); !met) return Error{met.error()};
    if (flat_) return std::vector<PolicyInfo>{{std::string(default_policy), {}, {}, {}}};
    const auto told = must_get("/api/v1/policies");
    if (!told) return Error{told.error()};
    return read_policies(*told);
}

Result<std::vector<std::string>> AgentSource::policies() {
    auto infos = policy_infos();
    if (!infos) return Error{infos.error()};
    std::vector<std::string> names;
    for (PolicyInfo& info : *infos) names.push_back(std::move(info.name));
    return names;
}

Result<std::vector<TapInfo>> AgentSource::taps() {
    const auto told = must_get("/api/v1/taps");
    if (!told) return Error{told.error()};
    return read_taps(*told);
}

Error AgentSource::no_such_policy(const std::string& policy) {
    if (flat_) return Error{identity() + " has no policy '" + policy + "'"};
    const auto names = policies();
    std::string text = identity() + " has no policy '" + policy + "'";
    if (names) text += names->empty() ? ", nor any other" : "; it has: " + joined(*names);
    return Error{text};
}

// Taps have no part in an answer's metrics, so they are asked for now and then.
const std::string& AgentSource::tap_of(const std::string& policy) {
    if (flat_ || (tap_policy_ == policy && tap_looks_++ < looks_per_tap)) return tap_;
    tap_.clear();
    tap_policy_ = policy;
    tap_looks_ = 0;
    const auto told = get("/api/v1/policies/" + path_escaped(policy));
    if (!told || told->status != ok) return tap_;
    const auto infos = read_policies(told->json);
    if (!infos) return tap_;
    for (const PolicyInfo& info : *infos) {
        std::vector<std::string> names = info.taps;
        if (names.empty()) // 3.3 tells of inputs only
            for (const InputInfo& input : info.inputs) names.push_back(input.name);
        if (info.name == policy) tap_ = joined(names);
    }
    return tap_;
}

Result<Picture> AgentSource::minutes_of(const std::string& policy, uint32_t minutes) {
    const std::string base =
        flat_ ? "/api/v1/metrics/" : "/api/v1/policies/" + path_escaped(policy) + "/metrics/";
    for (minutes = std::max(minutes, 1U);;) {
        const std::string period = minutes == 1 ? "bucket/0" : "window/" + std::to_string(minutes);
        const auto told = get(base + period + "?extended=1&charts=1");
        if (!told) return Error{told.error()};
        if (told->status == ok) {
            auto picture =
                flat_ ? read_flat(told->json, schemas_) : read_policy(told->json, policy, schemas_);
            if (!picture) return Error{identity() + ": " + picture.error()};
            picture->policy = policy;
            picture->minutes = minutes;
            return picture;
        }
        if (told->status == not_found) return no_such_policy(policy);
        const auto held = minutes_held(told->error);
        if (!held || minutes == 1) return Error{identity() + ": " + told->error};
        minutes = std::min(*held, minutes - 1); // always fewer, so this ends
    }
}

Result<Picture> AgentSource::look(std::string_view policy, uint32_t minutes) {
    const auto met = acquaint();
    if (!met) return Error{met.error()};
    const std::string name(policy);
    if (flat_ && name != default_policy)
        return Error{identity() + " is of version " + met->version +
                     ", which knows no policies: leave out -P, or say -P default"};
    auto picture = minutes_of(name, minutes);
    if (!picture) return picture;
    picture->agent = identity();
    picture->version = met->version;
    picture->up_minutes = met->up_minutes;
    picture->tap = tap_of(name);
    picture->taken_ms = now_ms();
    return picture;
}

} // namespace visor::client
