#include "control/rest/rest.hpp"

#include "control/rest/objects.hpp"
#include "control/rest/replies.hpp"
#include "control/rest/results.hpp"
#include "sinks/prometheus.hpp"

#include <algorithm>
#include <charconv>

namespace visor::control {

using http::PathValues;
using http::Request;
using http::Response;

namespace {
constexpr std::string_view all_policies = "__all";
constexpr std::string_view default_policy = "default";
constexpr std::string_view no_policy = "policy does not exist";       // of its metrics
constexpr std::string_view no_such_policy = "policy does not exists"; // of itself; texts that clients know
constexpr std::string_view no_such_tap = "tap does not exists";

uint32_t number_in(std::string_view text) {
    uint32_t number = UINT32_MAX; // what is too large to be read is too large anyway
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

bool extended(const Request& request) {
    const std::string_view value = request.parameter("extended");
    return value == "1" || value == "true";
}

bool wants_now(const Asked& asked) {
    return asked.merged || asked.periods == 0;
}

Response text_reply(std::string text, int status = 200) {
    return {status, "text/plain", std::move(text)};
}
} // namespace

Rest::Rest(Agent& agent, RestSettings settings)
    : agent_(agent), settings_(std::move(settings)), hosts_(settings_.bound_host, {}) {
    add_metric_routes();
    add_object_routes();
}

void Rest::get(std::string_view pattern, Call call) {
    router_.add("GET", pattern, [this, call](const Request& request, const PathValues& path) {
        return (this->*call)(request, path);
    });
}

// Routes that change something are not there at all without the admin interface.
void Rest::change(std::string method, std::string_view pattern, Call call) {
    if (!settings_.admin) return;
    router_.add(std::move(method), pattern, [this, call](const Request& request, const PathValues& path) {
        if (auto refusal = refused(request)) return *refusal;
        return (this->*call)(request, path);
    });
}

std::optional<Response> Rest::refused(const Request& request) const {
    if (!hosts_.allows(request.host)) return error_reply(403, "Host is not one of this server's names");
    if (!http::origin_allowed(request.header("Origin"), request.host))
        return error_reply(403, "Origin is another site");
    if (settings_.client_certificate_needed && !request.client_certificate)
        return error_reply(403, "a client certificate is needed");
    if (!settings_.token.empty() && !http::bearer_allowed(request.header("Authorization"), settings_.token)) {
        Response reply = error_reply(401, "a bearer token is needed");
        reply.set_header("WWW-Authenticate", "Bearer");
        return reply;
    }
    if (request.method == "DELETE") return {};
    const std::string_view type = request.header("Content-Type");
    if (type.empty()) return error_reply(400, "must include Content-Type header");
    const auto media = http::media_type(type);
    constexpr std::string_view known[] = {"application/x-yaml", "application/yaml", "text/yaml",
                                          "application/json"};
    if (!media || std::find(std::begin(known), std::end(known), *media) == std::end(known))
        return error_reply(400, "Content-Type not supported");
    return {};
}

void Rest::add_metric_routes() {
    get("/livez", &Rest::alive);
    get("/readyz", &Rest::ready);
    get("/metrics", &Rest::prometheus_default);
    get("/api/v1/metrics/app", &Rest::app);
    get("/api/v1/metrics/rates", &Rest::rates);
    get("/api/v1/metrics/bucket/{n:number}", &Rest::old_bucket);
    get("/api/v1/metrics/window/{n:number}", &Rest::old_window);
    get("/api/v1/policies/{name}/metrics/bucket/{n:number}", &Rest::bucket);
    get("/api/v1/policies/{name}/metrics/window/{n:number}", &Rest::window);
    get("/api/v1/policies/{name}/metrics/prometheus", &Rest::prometheus);
}

Response Rest::app(const Request&, const PathValues&) const {
    const auto up =
        std::chrono::duration<double, std::ratio<60>>(std::chrono::steady_clock::now() - started_);
    return json_reply({{"app", {{"up_time_min", up.count()}, {"version", settings_.version}}}});
}

Response Rest::rates(const Request&, const PathValues&) const {
    return json_reply({{"packets", {{"in", 0}, {"out", 0}}},
                       {"warning", "deprecated: use /api/v1/metrics/bucket/0, which has live rates"}});
}

Response Rest::alive(const Request&, const PathValues&) const {
    return text_reply("ok\n");
}

// Ready to be asked: every tap can see frames.
Response Rest::ready(const Request&, const PathValues&) const {
    std::string down;
    agent_.look([&](const auto& streams) {
        for (const auto& [name, stream] : streams)
            if (!stream->live->tap().up()) down += "tap '" + stream->tap + "': its interface is down\n";
    });
    return down.empty() ? text_reply("ok\n") : text_reply(down, 503);
}

namespace {
// Of the policy `default`, by schema key.
Response flat_reply(Agent& agent, const Asked& asked, std::string_view number, bool with_bounds) {
    const PolicyPointer policy = agent.policy(std::string(default_policy));
    if (!policy) return error_reply(404, no_policy);
    if (const auto wrong = wrong_period(*policy, asked, number); !wrong.empty())
        return error_reply(400, wrong);
    if (wants_now(asked)) agent.refresh(*policy);
    nlohmann::json shown = flat_json(views_of(*policy, asked), policy->services(), with_bounds);
    if (asked.merged) return json_reply({{std::to_string(asked.periods) + "m", std::move(shown)}});
    for (const auto& handler : shown) {
        shown["period"] = handler["period"];
        break;
    }
    return json_reply({{"1m", std::move(shown)}});
}
} // namespace

Response Rest::old_bucket(const Request& request, const PathValues& path) const {
    return flat_reply(agent_, {false, number_in(path["n"])}, path["n"], extended(request));
}

Response Rest::old_window(const Request& request, const PathValues& path) const {
    return flat_reply(agent_, {true, number_in(path["n"])}, path["n"], extended(request));
}

namespace {
// Of one policy, or of all for which there is such a period.
Response policy_reply(Agent& agent, std::string_view name, const Asked& asked, std::string_view number,
                      bool with_bounds) {
    nlohmann::json out = nlohmann::json::object();
    const bool all = name == all_policies;
    std::vector<PolicyPointer> asked_for;
    if (all)
        asked_for = agent.policies();
    else if (const auto policy = agent.policy(std::string(name)))
        asked_for.push_back(policy);
    if (!all && asked_for.empty()) return error_reply(404, no_policy);
    for (const PolicyPointer& policy : asked_for) {
        if (const auto wrong = wrong_period(*policy, asked, number); !wrong.empty()) {
            if (all) continue;
            return error_reply(425, wrong);
        }
        if (wants_now(asked)) agent.refresh(*policy);
        auto& shown = out[policy->config.name] =
            policy_json(*policy, views_of(*policy, asked), policy->services(), with_bounds);
        if (with_bounds) agent.look([&](const auto&) { shown["ledger"] = ledger_of(*policy); });
    }
    return json_reply(out);
}
} // namespace

Response Rest::bucket(const Request& request, const PathValues& path) const {
    return policy_reply(agent_, path["name"], {false, number_in(path["n"])}, path["n"], extended(request));
}

Response Rest::window(const Request& request, const PathValues& path) const {
    return policy_reply(agent_, path["name"], {true, number_in(path["n"])}, path["n"], extended(request));
}

namespace {
// The last whole minute, or the open one while there is no other.
std::vector<engine::LiveView> scraped_views(Agent& agent, const RunningPolicy& policy) {
    const bool whole = wrong_period(policy, {false, 1}, "1").empty();
    if (!whole) agent.refresh(policy);
    return views_of(policy, {false, whole ? 1U : 0U});
}

std::string exposition(Agent& agent, const std::vector<PolicyPointer>& policies, const std::string& instance,
                       bool with_handler) {
    std::vector<std::vector<engine::LiveView>> views;
    for (const auto& policy : policies) views.push_back(scraped_views(agent, *policy));
    std::vector<sinks::Source> sources;
    for (const auto& of_policy : views) {
        for (const auto& view : of_policy) {
            for (const auto& handler : view.handlers) {
                sinks::Labels labels{{"policy", view.plan->name}, {"tap", view.plan->tap}};
                if (!instance.empty()) labels.push_back({"instance", instance});
                if (with_handler) labels.push_back({"handler", handler.plan->name});
                sources.push_back({&handler, std::move(labels)});
            }
        }
    }
    return sinks::prometheus_text(std::move(sources),
                                  policies.empty() ? Services{} : policies.front()->services());
}
} // namespace

Response Rest::prometheus_default(const Request&, const PathValues&) const {
    const PolicyPointer policy = agent_.policy(std::string(default_policy));
    if (!policy) return Response(404);
    return text_reply(exposition(agent_, {policy}, settings_.prom_instance, false));
}

Response Rest::prometheus(const Request&, const PathValues& path) const {
    if (path["name"] == all_policies)
        return text_reply(exposition(agent_, agent_.policies(), settings_.prom_instance, true));
    const PolicyPointer policy = agent_.policy(std::string(path["name"]));
    if (!policy) return text_reply(std::string(no_policy), 404);
    return text_reply(exposition(agent_, {policy}, settings_.prom_instance, true));
}

void Rest::add_object_routes() {
    get("/api/v1/taps", &Rest::taps);
    get("/api/v1/taps/{name}", &Rest::tap);
    change("POST", "/api/v1/taps", &Rest::add_tap);
    change("PUT", "/api/v1/taps/{name}", &Rest::put_tap);
    change("DELETE", "/api/v1/taps/{name}", &Rest::delete_tap);
    get("/api/v1/policies", &Rest::policies);
    get("/api/v1/policies/{name}", &Rest::policy);
    change("POST", "/api/v1/policies", &Rest::add_policy);
    change("PUT", "/api/v1/policies/{name}", &Rest::put_policy);
    change("DELETE", "/api/v1/policies/{name}", &Rest::delete_policy);
    change("DELETE", "/api/v1/server", &Rest::stop_server);
}

Response Rest::taps(const Request&, const PathValues&) const {
    nlohmann::json out = nlohmann::json::object();
    for (const TapConfig& tap : agent_.taps()) out[tap.name] = tap_json(tap);
    return json_reply(out);
}

Response Rest::tap(const Request&, const PathValues& path) const {
    for (const TapConfig& tap : agent_.taps())
        if (tap.name == path["name"]) return json_reply({{tap.name, tap_json(tap)}});
    return error_reply(404, no_such_tap);
}

Response Rest::policies(const Request&, const PathValues&) const {
    nlohmann::json out = nlohmann::json::object();
    const auto taps = agent_.taps();
    const auto all = agent_.policies();
    agent_.look([&](const auto&) {
        for (const PolicyPointer& policy : all) out[policy->config.name] = policy_info_json(*policy, taps);
    });
    return json_reply(out);
}

Response Rest::policy(const Request&, const PathValues& path) const {
    const PolicyPointer policy = agent_.policy(std::string(path["name"]));
    if (!policy) return error_reply(404, no_such_policy);
    nlohmann::json out;
    const auto taps = agent_.taps();
    agent_.look([&](const auto&) { out[policy->config.name] = policy_info_json(*policy, taps); });
    return json_reply(out);
}

Response Rest::add_tap(const Request& request, const PathValues&) const {
    const auto document = agent_.parse(request.body, DocumentKind::tap);
    if (!document) return refusal_of(document.error());
    if (const Trouble trouble = agent_.add(*document)) return refusal_of(*trouble);
    const TapConfig& tap = document->taps.front();
    return json_reply({{tap.name, tap_json(tap)}}, 201);
}

Response Rest::put_tap(const Request& request, const PathValues& path) const {
    const std::string name(path["name"]);
    const auto document = agent_.parse_in_place_of(name, request.body, DocumentKind::tap);
    if (!document) return refusal_of(document.error());
    const TapConfig& tap = document->taps.front();
    if (tap.name != name)
        return error_reply(400, "the tap in the document is '" + tap.name + "', not '" + name + "'");
    if (const Trouble trouble = agent_.replace_tap(name, *document)) return refusal_of(*trouble);
    return json_reply({{tap.name, tap_json(tap)}});
}

Response Rest::delete_tap(const Request&, const PathValues& path) const {
    if (const Trouble trouble = agent_.remove_tap(std::string(path["name"]))) return refusal_of(*trouble);
    return json_reply(nlohmann::json::object());
}

Response Rest::add_policy(const Request& request, const PathValues& path) const {
    const auto document = agent_.parse(request.body, DocumentKind::policy);
    if (!document) return refusal_of(document.error());
    if (const Trouble trouble = agent_.add(*document)) return refusal_of(*trouble);
    PathValues made;
    made.add("name", document->policies.front().name);
    Response reply = policy(request, made);
    if (reply.status == 200) reply.status = 201;
    (void)path;
    return reply;
}

Response Rest::put_policy(const Request& request, const PathValues& path) const {
    const std::string name(path["name"]);
    const auto document = agent_.parse_in_place_of(name, request.body, DocumentKind::policy);
    if (!document) return refusal_of(document.error());
    const std::string& given = document->policies.front().name;
    if (given != name)
        return error_reply(400, "the policy in the document is '" + given + "', not '" + name + "'");
    if (const Trouble trouble = agent_.replace_policy(name, *document)) return refusal_of(*trouble);
    return policy(request, path);
}

Response Rest::delete_policy(const Request&, const PathValues& path) const {
    if (const Trouble trouble = agent_.remove_policy(std::string(path["name"]))) return refusal_of(*trouble);
    return json_reply(nlohmann::json::object());
}

Response Rest::stop_server(const Request&, const PathValues&) const {
    if (settings_.stop) settings_.stop();
    return Response(200);
}

} // namespace visor::control
