// All metrics this build has, as data: for clients that want to know what a figure is without reading the
// documents. Threads: pure function of immutable tables. Format: JSON.
#pragma once

#include "metric/handler.hpp"

#include <nlohmann/json.hpp>
#include <span>

namespace visor::sinks {

// {"handlers": [{"handler": "dns", "version": "1.0", "key": "dns", "groups": [...], "rows": [...]}]}
nlohmann::json metrics_schema_json(std::span<const HandlerClass* const> handlers);

} // namespace visor::sinks
