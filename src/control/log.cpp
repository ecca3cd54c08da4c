#include "control/log.hpp"

#include "control/log_file_sink.hpp"
#include "control/log_queue.hpp"
#include "sinks/text_canvas.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <poll.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace visor::control {

namespace {
constexpr const char* name = "visor";
constexpr std::chrono::milliseconds until_reopened{50};

// A line that cannot be written throws, here too.
class StandardOutputSink final : public spdlog::sinks::ansicolor_stdout_sink_mt {
    void log(const spdlog::details::log_msg& message) override {
        pollfd out{STDOUT_FILENO, POLLOUT, 0};
        ::poll(&out, 1, -1); // for one that was made not to wait by whoever else has it
        spdlog::sinks::ansicolor_stdout_sink_mt::log(message);
        if (!std::ferror(stdout)) return;
        std::clearerr(stdout);
        throw spdlog::spdlog_ex("cannot write to standard output", errno);
    }
};

// What log_live() made last.
struct Live {
    std::shared_ptr<LogFileSink> file;
    std::shared_ptr<LogQueue> queue;
    bool to_standard_output = false;
};
Live& live() {
    static Live live;
    return live;
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
        sink = std::make_shared<StandardOutputSink>();
    }
    auto queue = std::make_shared<LogQueue>(std::move(sink));
    spdlog::set_default_logger(std::make_shared<PrintableLogger>(name, queue));
    spdlog::set_level(verbose ? spdlog::level::debug : spdlog::level::info);
    live() = {std::move(file), std::move(queue), target.file.empty() && !target.syslog};
    return target;
}

void write_log() {
    if (live().queue) live().queue->begin();
}

void flush_log() {
    if (live().queue) live().queue->flush();
}

void leave_standard_output() {
    if (!live().to_standard_output) return flush_log();
    live().queue->replace(std::make_shared<spdlog::sinks::null_sink_mt>());
}

bool end_log() {
    return !live().queue || live().queue->end();
}

std::vector<engine::LedgerLine> log_ledger() {
    const LogCounts counts = live().queue ? live().queue->counts() : LogCounts{};
    return {
        {"log.lines", counts.lines, "lines logged"},
        {"log.dropped.behind", counts.behind, "log lines lost as what they are written to did not keep up"},
        {"log.dropped.failed", counts.failed, "log lines that could not be written"},
    };
}

void log_block(std::string_view text) {
    const auto& logger = *spdlog::default_logger_raw();
    if (!logger.should_log(spdlog::level::info)) return;
    const spdlog::details::log_msg message(logger.name(), spdlog::level::info, {text.data(), text.size()});
    for (const auto& sink : logger.sinks()) sink->log(message);
}

Result<LogTarget> reopen_log() {
    if (!live().file) return LogTarget{};
    live().queue->flush_within(until_reopened); // lines of before go into the old file
    const auto path = live().file->reopen();
    if (!path) return Error{path.error()};
    return LogTarget{*path, false};
}

} // namespace visor::control
