// What to tell an operator when the process may not capture: one line with the command that mends it.
#pragma once

#include <string>
#include <string_view>

namespace visor::engine {

std::string capture_right_missing(std::string_view interface);

} // namespace visor::engine
