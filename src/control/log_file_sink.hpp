// A log file that can be opened anew by its name while others log, as rotation needs.
// Threads: any. Owns: the descriptor.
#pragma once

#include "base/result.hpp"

#include <memory>
#include <mutex>
#include <spdlog/sinks/base_sink.h>
#include <string>

namespace visor::control {

class LogFileSink final : public spdlog::sinks::base_sink<std::mutex> {
public:
    static Result<std::shared_ptr<LogFileSink>> open(const std::string& path);
    LogFileSink(const LogFileSink&) = delete;
    LogFileSink& operator=(const LogFileSink&) = delete;
    ~LogFileSink() override;

    // Error: why not; the file that is open stays.
    Result<std::string> reopen();

private:
    LogFileSink(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override;

    std::string path_; // absolute
    int fd_;
    std::string waiting_; // to be written
};

} // namespace visor::control
