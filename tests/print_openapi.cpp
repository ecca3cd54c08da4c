// Prints the description of the REST interface with all routes, handlers and inputs of this build.
// Usage: print_openapi
#include "control/registry.hpp"
#include "control/rest/routes.hpp"
#include "sinks/schema_json.hpp"

#include <cstdio>
#include <string>

int main() {
    using namespace visor;
    const auto routes = control::documented_routes(true);
    const auto inputs = control::documented_inputs();
    auto out = sinks::openapi_json(
        {"0.0.0", routes, control::handler_classes(), inputs, control::documented_names()});
    out["x-metrics-schema"] = sinks::metrics_schema_json(control::handler_classes());
    const std::string text = out.dump(2) + "\n";
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}
