#include "control/rest/rest.hpp"

#include "control/registry.hpp"
#include "control/rest/replies.hpp"
#include "control/rest/routes.hpp"
#include "sinks/json.hpp"
#include "sinks/openapi.hpp"

#include <algorithm>

namespace visor::control {

using http::PathValues;
using http::Request;
using http::Response;

namespace {
// Periods are numbers; all else is a name.
std::string pattern_of(std::string_view path) {
    std::string pattern(path);
    if (const size_t at = pattern.find("{n}"); at != std::string::npos) pattern.insert(at + 2, ":number");
    return pattern;
}

std::string openapi_of(std::string_view version, bool admin) {
    const auto routes = documented_routes(admin);
    const auto inputs = documented_inputs();
    return sinks::dump_json(
        sinks::openapi_json({version, routes, handler_classes(), inputs, documented_names()}), false);
}

std::optional<Response> wrong_parameter(const sinks::RouteInfo& route, const Request& request) {
    using Parameter = sinks::RouteParameter;
    constexpr std::string_view known[] = {"", "1", "true", "0", "false"};
    for (const Parameter& parameter : route.parameters) {
        if (parameter.place != Parameter::Place::query || parameter.type != Parameter::Type::boolean)
            continue;
        if (std::find(std::begin(known), std::end(known), request.parameter(parameter.name)) ==
            std::end(known))
            return error_reply(400, std::string(parameter.name) + " is true or false");
    }
    return {};
}
} // namespace

// Routes that change something are not there at all without the admin interface.
Rest::Rest(Agent& agent, RestSettings settings)
    : agent_(agent), settings_(std::move(settings)), feeds_(std::make_unique<LiveFeeds>(agent)),
      hosts_(settings_.bound_host, {}), openapi_(openapi_of(settings_.version, settings_.admin)) {
    for (const Route& route : all_routes()) {
        const bool admin = route.info.admin;
        if (admin && !settings_.admin) continue;
        router_.add(std::string(route.info.method), pattern_of(route.info.path),
                    [this, admin, call = route.call, info = route.info](const Request& request,
                                                                        const PathValues& path) {
                        if (admin)
                            if (auto refusal = refused(info, request)) return *refusal;
                        if (auto wrong = wrong_parameter(info, request)) return *wrong;
                        return (this->*call)(request, path);
                    });
    }
}

std::optional<Response> Rest::refused(const sinks::RouteInfo& route, const Request& request) const {
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
    if (route.body_types.empty()) return {};
    const std::string_view type = request.header("Content-Type");
    if (type.empty()) return error_reply(400, "must include Content-Type header");
    const auto media = http::media_type(type);
    if (!media ||
        std::find(route.body_types.begin(), route.body_types.end(), *media) == route.body_types.end())
        return error_reply(400, "Content-Type not supported");
    return {};
}

} // namespace visor::control
