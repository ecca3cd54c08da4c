// The handlers and inputs this build has: the one list of them.
// Threads: immutable. Owns: nothing.
#pragma once

#include "control/policy.hpp"
#include "metric/handler.hpp"

#include <span>
#include <string_view>

namespace visor::control {

std::span<const HandlerClass* const> handler_classes();
const HandlerClass* find_handler(std::string_view type, std::string_view version); // null when there is none

// A module of which nothing is said but its name.
ModuleConfig plain_module(std::string instance, const HandlerClass& handler, const WindowSettings& window);

// What configuration documents may name.
std::span<const HandlerInfo> handler_infos();
std::span<const InputInfo> input_infos();

} // namespace visor::control
