// A log file that can be opened anew by its name while others log, as rotation needs. A line that cannot be
// written throws; when a part of it was, the next line does not stand behind that part.
// Threads: any. Owns: the descriptors.
#pragma once

#include "base/result.hpp"

#include <atomic>
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

    // The next line goes to the new file; one that is being written is not waited for. Error: why not; the
    // file that is open stays.
    Result<std::string> reopen();

private:
    LogFileSink(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
    void sink_it_(const spdlog::details::log_msg& message) override;
    void flush_() override {}
    void change_file();

    const std::string path_; // absolute
    int fd_;
    bool cut_ = false;              // what is written last is a part of a line
    std::atomic<int> next_fd_ = -1; // takes its place
};

} // namespace visor::control
