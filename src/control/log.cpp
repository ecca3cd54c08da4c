#include "control/log.hpp"

#include "control/log_file_sink.hpp"

#include <chrono>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

namespace visor::control {

namespace {
constexpr std::chrono::seconds flush_interval{3};
constexpr const char* name = "visor";

std::shared_ptr<LogFileSink>& log_file() {
    static std::shared_ptr<LogFileSink> file;
    return file;
}
} // namespace

void log_to_stderr(bool verbose, bool quiet) {
    if (!spdlog::get(name)) spdlog::set_default_logger(spdlog::stderr_color_st(name));
    spdlog::set_level(verbose ? spdlog::level::debug : quiet ? spdlog::level::warn : spdlog::level::info);
}

Result<LogTarget> log_live(const LogTarget& target, bool verbose) {
    std::shared_ptr<LogFileSink> file;
    spdlog::sink_ptr sink;
    if (!target.file.empty()) {
        auto opened = LogFileSink::open(target.file);
        if (!opened) return Error{opened.error()};
        sink = file = *opened;
    } else if (target.syslog) {
        sink = std::make_shared<spdlog::sinks::syslog_sink_mt>("pktvisord", LOG_PID, LOG_DAEMON, false);
    } else {
        sink = std::make_shared<spdlog::sinks::stdout_color_sink_mt>();
    }
    auto logger = std::make_shared<spdlog::logger>(name, std::move(sink));
    logger->flush_on(spdlog::level::err);
    spdlog::set_default_logger(std::move(logger));
    spdlog::set_level(verbose ? spdlog::level::debug : spdlog::level::info);
    log_file() = std::move(file);
    return target;
}

void flush_log_regularly() {
    spdlog::flush_every(flush_interval);
}

Result<LogTarget> reopen_log() {
    if (!log_file()) return LogTarget{};
    const auto path = log_file()->reopen();
    if (!path) return Error{path.error()};
    return LogTarget{*path, false};
}

} // namespace visor::control
