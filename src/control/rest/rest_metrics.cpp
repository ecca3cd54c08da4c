// Routes that are read: how the agent is, and what it counted.
#include "control/registry.hpp"
#include "control/rest/replies.hpp"
#include "control/rest/rest.hpp"
#include "control/rest/results.hpp"
#include "control/rest/scrape.hpp"
#include "sinks/schema_json.hpp"

#include <charconv>

namespace visor::control {

using http::PathValues;
using http::Request;
using http::Response;

namespace {
uint32_t number_in(std::string_view text) {
    uint32_t number = UINT32_MAX; // what is too large to be read is too large anyway
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

sinks::JsonOptions options_of(const Request& request) {
    return {is_set(request, "extended"), is_set(request, "charts")};
}

Response text_reply(std::string text, int status = 200) {
    return {status, "text/plain", std::move(text)};
}
} // namespace

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
    for (const auto& [name, state] : agent_.streams())
        if (!state.up) down += "tap '" + state.stream->tap + "': its interface is down\n";
    return down.empty() ? text_reply("ok\n") : text_reply(down, 503);
}

namespace {
// Of the policy `default`, by schema key.
Response flat_reply(Agent& agent, const Asked& asked, std::string_view number, bool with_bounds) {
    const PolicyPointer policy = agent.policy(std::string(default_policy));
    if (!policy) return error_reply(404, no_policy);
    if (const auto wrong = wrong_period(*policy, asked, number); !wrong.empty())
        return error_reply(400, wrong);
    if (asked.now()) agent.refresh({&policy, 1});
    nlohmann::json shown = flat_json(views_of(*policy, asked), {with_bounds});
    if (asked.merged) return json_reply({{std::to_string(asked.periods) + "m", std::move(shown)}});
    if (!shown.empty()) {
        nlohmann::json first = shown.begin()->at("period");
        shown["period"] = std::move(first);
    }
    return json_reply({{"1m", std::move(shown)}});
}
} // namespace

Response Rest::old_bucket(const Request& request, const PathValues& path) const {
    return flat_reply(agent_, {false, number_in(path["n"])}, path["n"], is_set(request, "extended"));
}

Response Rest::old_window(const Request& request, const PathValues& path) const {
    return flat_reply(agent_, {true, number_in(path["n"])}, path["n"], is_set(request, "extended"));
}

namespace {
// Of one policy, or of all for which there is such a period.
Response policy_reply(Agent& agent, std::string_view name, const Asked& asked, std::string_view number,
                      const sinks::JsonOptions& options) {
    std::vector<PolicyPointer> asked_for;
    if (name == all_policies) {
        asked_for = agent.policies();
        std::erase_if(asked_for, [&](const PolicyPointer& policy) {
            return !wrong_period(*policy, asked, number).empty();
        });
    } else {
        const auto policy = agent.policy(std::string(name));
        if (!policy) return error_reply(404, no_policy);
        if (const auto wrong = wrong_period(*policy, asked, number); !wrong.empty())
            return error_reply(425, wrong);
        asked_for.push_back(policy);
    }
    return json_reply(metrics_json(agent, asked_for, asked, options));
}
} // namespace

Response Rest::bucket(const Request& request, const PathValues& path) const {
    return policy_reply(agent_, path["name"], {false, number_in(path["n"])}, path["n"], options_of(request));
}

Response Rest::window(const Request& request, const PathValues& path) const {
    return policy_reply(agent_, path["name"], {true, number_in(path["n"])}, path["n"], options_of(request));
}

Response Rest::scraped(const Request& request, const std::vector<PolicyPointer>& policies,
                       ScrapeOptions options) const {
    const auto format = sinks::choose_exposition(request.parameter("format"), request.header("Accept"));
    if (!format) return text_reply(format.error(), 400);
    options.instance = settings_.prom_instance;
    options.format = *format;
    options.start_time_s = started_s_;
    Response reply{200, std::string(sinks::content_type(*format)), scrape(agent_, policies, options)};
    reply.set_header("Vary", "Accept");
    return reply;
}

Response Rest::prometheus_default(const Request& request, const PathValues&) const {
    const PolicyPointer policy = agent_.policy(std::string(default_policy));
    if (!policy)
        return text_reply(
            "no policy is named 'default'; /api/v1/policies/NAME/metrics/prometheus is of any, and "
            "__all in place of NAME of all",
            404);
    return scraped(request, {policy}, {.with_agent = true});
}

Response Rest::prometheus(const Request& request, const PathValues& path) const {
    if (path["name"] == all_policies)
        return scraped(request, agent_.policies(), {.with_handler = true, .with_agent = true});
    const PolicyPointer policy = agent_.policy(std::string(path["name"]));
    if (!policy) return text_reply(std::string(no_policy), 404);
    return scraped(request, {policy}, {.with_handler = true});
}

Response Rest::live(const Request&, const PathValues& path) const {
    const std::string name(path["name"]);
    if (name != all_policies && !agent_.policy(name)) return error_reply(404, no_policy);
    Response reply(200);
    reply.content_type = "text/event-stream";
    reply.set_header("Cache-Control", "no-store");
    reply.pieces = feeds_->reader(name);
    return reply;
}

Response Rest::schema(const Request&, const PathValues&) const {
    return json_reply(sinks::metrics_schema_json(handler_classes()));
}

Response Rest::openapi(const Request&, const PathValues&) const {
    return {200, "application/json", openapi_};
}

} // namespace visor::control
