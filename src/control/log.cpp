#include "control/log.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace visor::control {

void log_to_stderr(bool verbose, bool quiet) {
    if (!spdlog::get("visor")) spdlog::set_default_logger(spdlog::stderr_color_st("visor"));
    spdlog::set_level(verbose ? spdlog::level::debug : quiet ? spdlog::level::warn : spdlog::level::info);
}

} // namespace visor::control
