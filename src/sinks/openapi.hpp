// The description of the REST interface, made from what already says it: routes, rows of metrics, options.
//
// Threads: pure function of immutable tables. Format: OpenAPI 3.1, whose schemas are JSON Schema 2020-12.
#pragma once

#include "metric/handler.hpp"

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace visor::sinks {

// Names in a route's path are in braces: "/api/v1/policies/{name}".
struct RouteParameter {
    enum class Place : uint8_t { path, query };
    std::string_view name;
    Place place = Place::path; // those of the path are required
    std::string_view help;
    enum class Type : uint8_t { text, uint, boolean };
    Type type = Type::text;
    std::vector<std::string_view> choices{}; // nothing else may be given
    unsigned least = 0;                      // of a number
};

struct RouteResponse {
    int status;
    std::string_view help;
    std::string_view schema{}; // of components.schemas; empty = no body, or one that has none
    std::string_view content_type = "text/json";
};

struct RouteInfo {
    std::string_view method; // "GET"
    std::string_view path;
    std::string_view summary;
    std::vector<RouteParameter> parameters{};
    std::vector<RouteResponse> responses{};
    std::string_view body{};                    // schema of what is sent; empty = nothing is
    std::vector<std::string_view> body_types{}; // its content types
    bool admin = false;                         // there only when changes are allowed
};

// Options of an input as documents name it.
struct InputOptions {
    std::string_view type; // "pcap"
    OptionTable options;
    bool any_key = false; // others are accepted and passed over
};

struct ApiDescription {
    std::string_view version; // of the program
    std::span<const RouteInfo> routes;
    std::span<const HandlerClass* const> handlers;
    std::span<const InputOptions> inputs;
};

// Schemas that routes can refer to:
//   Error               {"error": text}
//   App                 {"app": {"version", "up_time_min"}}
//   Taps, Tap           taps by name; one of them
//   Policies, Policy    policies by name; one of them
//   WindowMetrics       {"5m": {schema key: metrics}}
//   PolicyMetrics       {policy: {handler: {schema key: metrics}}}
//   TapDocument, PolicyDocument   configuration with one of them
//   MetricsSchema       what metrics_schema_json gives
//   <type>-<version>-metrics, <type>-<version>-config   of each handler
//   <type>-input-config                                 of each input
nlohmann::json openapi_json(const ApiDescription& api);

} // namespace visor::sinks
