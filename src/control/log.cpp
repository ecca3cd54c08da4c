#include "control/log.hpp"

#include "control/log_file_sink.hpp"
#include "sinks/text_canvas.hpp"

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

class PrintableLogger final : public spdlog::logger {
public:
    PrintableLogger(std::string logger_name, spdlog::sink_ptr sink)
        : logger(std::move(logger_name), std::move(sink)) {}

private:
    void sink_it_(const spdlog::details::log_msg& message) override {
        const std::string text = sinks::printable({message.payload.data(), message.payload.size()}, {});
        spdlog::details::log_msg safe = message;
        safe.payload = text;
        logger::sink_it_(safe);
    }
};
} // namespace

void log_to_stderr(bool verbose, bool quiet) {
    if (!spdlog::get(name))
        spdlog::set_default_logger(
            std::make_shared<PrintableLogger>(name, std::make_shared<spdlog::sinks::stderr_color_sink_st>()));
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
    auto logger = std::make_shared<PrintableLogger>(name, std::move(sink));
    logger->flush_on(spdlog::level::err);
    spdlog::set_default_logger(std::move(logger));
    spdlog::set_level(verbose ? spdlog::level::debug : spdlog::level::info);
    log_file() = std::move(file);
    return target;
}

void log_block(std::string_view text) {
    const auto& logger = *spdlog::default_logger_raw();
    if (!logger.should_log(spdlog::level::info)) return;
    const spdlog::details::log_msg message(logger.name(), spdlog::level::info, {text.data(), text.size()});
    for (const auto& sink : logger.sinks()) sink->log(message);
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
