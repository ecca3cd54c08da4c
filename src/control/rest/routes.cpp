#include "control/rest/routes.hpp"

#include "control/document_parts.hpp"
#include "control/registry.hpp"

namespace visor::control {

namespace {
using sinks::RouteParameter;
using sinks::RouteResponse;
using Type = RouteParameter::Type;
using Place = RouteParameter::Place;

const RouteParameter policy_name{"name", Place::path, "a policy, or __all"};
const RouteParameter one_policy{"name", Place::path, "a policy"};
const RouteParameter tap_name{"name", Place::path, "a tap"};
const RouteParameter period{"n", Place::path, "0 is the minute that is being filled, 1 the last whole one",
                            Type::uint};
const RouteParameter minutes{"n", Place::path, "so many of the newest minutes, merged", Type::uint, {}, 2};
const RouteParameter bounds{"extended", Place::query, "with bounds of estimates", Type::boolean};
const RouteParameter extended{"extended", Place::query, "with bounds of estimates and the ledger",
                              Type::boolean};
const RouteParameter charts{"charts", Place::query,
                            "extended, with the seconds of rates and the bins of quantiles", Type::boolean};
const RouteParameter dry_run{"dry_run", Place::query,
                             "change nothing, but answer as the change would, with 200 if it can be done",
                             Type::boolean};
const RouteParameter format{"format",
                            Place::query,
                            "names of earlier versions unless one is given; modern: as Accept says",
                            Type::text,
                            {"compatible", "modern", "text", "openmetrics", "protobuf"}};
const std::vector<std::string_view> documents{"application/x-yaml", "application/yaml", "text/yaml",
                                              "application/json"};

RouteResponse error(int status, std::string_view help) {
    return {status, help, "Error"};
}
// With what every change may be answered.
std::vector<RouteResponse> change(std::vector<RouteResponse> responses) {
    responses.push_back(error(401, "a bearer token is needed"));
    responses.push_back(error(403, "not from here"));
    return responses;
}
std::vector<RouteResponse> made(std::string_view schema) {
    return change({{201, "it", schema},
                   {200, "it would be that", schema},
                   error(400, "the document is wrong: where, and what would be right"),
                   error(409, "there is one of that name"),
                   {413, "the document is larger than a megabyte"},
                   error(422, "no tap has the tags that are selected"),
                   error(500, "it could not be started")});
}
std::vector<RouteResponse> replaced(std::string_view schema) {
    return change({{200, "it, or what it would be", schema},
                   error(400, "the document is wrong: where, and what would be right"),
                   error(404, "there is none of that name"),
                   error(409, "the document has a name that another one has"),
                   {413, "the document is larger than a megabyte"},
                   error(422, "no tap has the tags that are selected"),
                   error(500, "it could not be started: what was before goes on")});
}
std::vector<RouteResponse> exposition(const RouteResponse& absent) {
    constexpr std::string_view text = "text/plain", one = "an exposition";
    return {{200, one, {}, text},
            {200, one, {}, "application/openmetrics-text"},
            {200, one, {}, "application/vnd.google.protobuf"},
            {400, "there is no such format", {}, text},
            absent};
}
} // namespace

struct Routes {
    static std::vector<Route> of_agent(); // and of the policy default
    static std::vector<Route> of_metrics();
    static std::vector<Route> of_taps();
    static std::vector<Route> of_policies();
};

std::vector<Route> Routes::of_agent() {
    return {
        {{"GET", "/", "The page, for browsers", {}, {{200, "it", {}, "text/html"}}}, &Rest::page},
        {{"GET",
          "/assets/{name}",
          "A file of the page",
          {{"name", Place::path, "as the page names it"}},
          {{200, "a script", {}, "text/javascript"},
           {200, "a style sheet", {}, "text/css"},
           {404, "no such file"}}},
         &Rest::asset},
        {{"GET", "/livez", "The process answers", {}, {{200, "ok", {}, "text/plain"}}}, &Rest::alive},
        {{"GET",
          "/readyz",
          "Every tap can see frames",
          {},
          {{200, "ok", {}, "text/plain"}, {503, "taps whose interface is down", {}, "text/plain"}}},
         &Rest::ready},
        {{"GET",
          "/metrics",
          "The policy default and, with format, the ledgers of the agent, for Prometheus",
          {format},
          exposition({404, "there is no such policy", {}, "text/plain"})},
         &Rest::prometheus_default},
        {{"GET",
          "/api/v1/openapi.json",
          "This description",
          {},
          {{200, "OpenAPI 3.1", {}, "application/json"}}},
         &Rest::openapi},
        {{"GET",
          "/api/v1/metrics/schema",
          "Every metric there is",
          {},
          {{200, "by handler", "MetricsSchema"}}},
         &Rest::schema},
        {{"GET", "/api/v1/metrics/app", "Version, and time since start", {}, {{200, "of the agent", "App"}}},
         &Rest::app},
        {{"GET", "/api/v1/metrics/rates", "Deprecated", {}, {{200, "nothing but a warning"}}}, &Rest::rates},
        {{"GET",
          "/api/v1/metrics/bucket/{n}",
          "A minute of the policy default",
          {period, bounds},
          {{200, "by schema", "WindowMetrics"},
           error(400, "no such period, or extended is neither true nor false"),
           error(404, "no such policy")}},
         &Rest::old_bucket},
        {{"GET",
          "/api/v1/metrics/window/{n}",
          "Minutes of the policy default",
          {minutes, bounds},
          {{200, "by schema", "WindowMetrics"},
           error(400, "no such period, or extended is neither true nor false"),
           error(404, "no such policy")}},
         &Rest::old_window},
    };
}

std::vector<Route> Routes::of_metrics() {
    return {
        {{"GET",
          "/api/v1/policies/{name}/metrics/bucket/{n}",
          "A minute of a policy",
          {policy_name, period, extended, charts},
          {{200, "by policy and handler", "PolicyMetrics"},
           error(400, "extended or charts is neither true nor false"),
           error(404, "no such policy"),
           error(425, "no such period yet")}},
         &Rest::bucket},
        {{"GET",
          "/api/v1/policies/{name}/metrics/window/{n}",
          "Minutes of a policy",
          {policy_name, minutes, extended, charts},
          {{200, "by policy and handler", "PolicyMetrics"},
           error(400, "extended or charts is neither true nor false"),
           error(404, "no such policy"),
           error(425, "no such period")}},
         &Rest::window},
        {{"GET",
          "/api/v1/policies/{name}/metrics/live",
          "What bucket/0?charts=1 has, every second as an event; one named gone ends it when the policy is "
          "removed",
          {policy_name},
          {{200, "events named metrics, with the JSON as data", {}, "text/event-stream"},
           error(404, "no such policy"),
           {503, "as many are read as may be", {}, "text/plain"}}},
         &Rest::live},
        {{"GET",
          "/api/v1/policies/{name}/metrics/prometheus",
          "A policy, for Prometheus; __all is of all and, with format, has the ledgers of the agent",
          {policy_name, format},
          exposition({404, "no such policy", {}, "text/plain"})},
         &Rest::prometheus},
    };
}

std::vector<Route> Routes::of_taps() {
    return {
        {{"GET", "/api/v1/taps", "All taps", {}, {{200, "by name", "Taps"}}}, &Rest::taps},
        {{"GET",
          "/api/v1/taps/{name}",
          "A tap",
          {tap_name},
          {{200, "it", "Taps"}, error(404, "no such tap")}},
         &Rest::tap},
        {{"POST", "/api/v1/taps", "Defines a tap", {dry_run}, made("Taps"), "TapDocument", documents, true},
         &Rest::add_tap},
        {{"PUT",
          "/api/v1/taps/{name}",
          "Defines a tap anew, with all policies on it",
          {tap_name, dry_run},
          replaced("Taps"),
          "TapDocument",
          documents,
          true},
         &Rest::put_tap},
        {{"DELETE",
          "/api/v1/taps/{name}",
          "Removes a tap that no policy uses",
          {tap_name, dry_run},
          change({{200, "it is gone"}, error(404, "no such tap"), error(409, "policies use it")}),
          {},
          {},
          true},
         &Rest::delete_tap},
    };
}

std::vector<Route> Routes::of_policies() {
    return {
        {{"GET", "/api/v1/policies", "All policies", {}, {{200, "by name", "Policies"}}}, &Rest::policies},
        {{"GET",
          "/api/v1/policies/{name}",
          "A policy",
          {one_policy},
          {{200, "it", "Policies"}, error(404, "no such policy")}},
         &Rest::policy},
        {{"POST",
          "/api/v1/policies",
          "Starts a policy",
          {dry_run},
          made("Policies"),
          "PolicyDocument",
          documents,
          true},
         &Rest::add_policy},
        {{"PUT",
          "/api/v1/policies/{name}",
          "Puts a policy in place of one, at once",
          {one_policy, dry_run},
          replaced("Policies"),
          "PolicyDocument",
          documents,
          true},
         &Rest::put_policy},
        {{"DELETE",
          "/api/v1/policies/{name}",
          "Stops a policy",
          {one_policy, dry_run},
          change({{200, "it is gone"}, error(404, "no such policy")}),
          {},
          {},
          true},
         &Rest::delete_policy},
        {{"DELETE",
          "/api/v1/server",
          "Stops the agent",
          {dry_run},
          change({{200, "it is stopping"}}),
          {},
          {},
          true},
         &Rest::stop_server},
    };
}

std::span<const Route> all_routes() {
    static const std::vector<Route> routes = [] {
        std::vector<Route> all;
        for (auto part : {Routes::of_agent, Routes::of_metrics, Routes::of_taps, Routes::of_policies})
            for (Route& route : part()) all.push_back(std::move(route));
        return all;
    }();
    return routes;
}

std::vector<sinks::RouteInfo> documented_routes(bool admin) {
    std::vector<sinks::RouteInfo> routes;
    for (const Route& route : all_routes())
        if (admin || !route.info.admin) routes.push_back(route.info);
    return routes;
}

sinks::NamePatterns documented_names() {
    return {name_pattern(Named::tap), name_pattern(Named::policy), name_pattern(Named::module)};
}

std::vector<sinks::InputOptions> documented_inputs() {
    std::vector<sinks::InputOptions> inputs;
    for (const InputInfo& input : input_infos()) inputs.push_back({input.type, input.options, input.any_key});
    return inputs;
}

} // namespace visor::control
