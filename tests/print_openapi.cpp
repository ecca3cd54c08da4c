// Prints the description of a REST interface with all handlers and inputs of this build, and one route of
// each kind. Usage: print_openapi
#include "control/registry.hpp"
#include "sinks/openapi.hpp"
#include "sinks/schema_json.hpp"

#include <cstdio>
#include <string>
#include <vector>

int main() {
    using namespace visor;
    using Place = sinks::RouteParameter::Place;
    using Type = sinks::RouteParameter::Type;
    const sinks::RouteInfo routes[] = {
        {"GET",
         "/metrics",
         "Everything, for Prometheus.",
         {{"format", Place::query, "which exposition", Type::text, {"compatible", "modern"}}},
         {{200, "the exposition", {}, "text/plain"}}},
        {"GET",
         "/api/v1/metrics/window/{minutes}",
         "The last minutes together.",
         {{"minutes", Place::path, "how many", Type::uint}},
         {{200, "metrics", "WindowMetrics"}, {404, "no default policy", "Error"}}},
        {"POST",
         "/api/v1/policies",
         "Adds a policy.",
         {},
         {{201, "the policy", "Policies"}, {400, "cannot be read", "Error"}},
         "PolicyDocument",
         {"application/x-yaml", "application/json"},
         true},
        {"POST",
         "/api/v1/taps",
         "Adds a tap.",
         {},
         {{201, "the tap", "Taps"}},
         "TapDocument",
         {"application/x-yaml"},
         true},
        {"GET",
         "/api/v1/schema",
         "What there is to know of every metric.",
         {},
         {{200, "rows", "MetricsSchema"}}},
    };
    std::vector<sinks::InputOptions> inputs;
    for (const auto& input : control::input_infos()) inputs.push_back({input.type, input.options});
    auto out = sinks::openapi_json({"0.0.0", routes, control::handler_classes(), inputs});
    out["x-metrics-schema"] = sinks::metrics_schema_json(control::handler_classes());
    const std::string text = out.dump(2) + "\n";
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
