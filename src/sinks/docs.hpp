// The reference documents, made from the same rows and options everything else is made from.
// Threads: pure functions of immutable tables. Format: Markdown.
#pragma once

#include "metric/handler.hpp"
#include "metric/row.hpp"
#include "sinks/openapi.hpp"

#include <span>
#include <string>

namespace visor::sinks {

std::string metrics_markdown(std::span<const Schema* const> schemas);
// process: the keys of visor.config.
std::string options_markdown(OptionTable process, std::span<const InputOptions> inputs,
                             std::span<const HandlerClass* const> handlers);
std::string routes_markdown(std::span<const RouteInfo> routes);

} // namespace visor::sinks
