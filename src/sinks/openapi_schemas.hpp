// JSON Schemas of what goes over the REST interface. Threads: pure functions. Format: JSON Schema 2020-12.
#pragma once

#include "sinks/openapi.hpp"

namespace visor::sinks {

// {"$ref": "#/components/schemas/NAME"}
nlohmann::json schema_reference(std::string_view name);

// All of components.schemas.
nlohmann::json component_schemas(const ApiDescription& api);

} // namespace visor::sinks
