#include "control/log_file_sink.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace visor::control {

namespace {
constexpr size_t waiting_max = 64 << 10;
constexpr mode_t readable_by_group = 0640;

Result<int> open_to_append(const std::string& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, readable_by_group);
    if (fd < 0) return Error{"cannot open log file " + path + ": " + std::strerror(errno)};
    return fd;
}
} // namespace

Result<std::shared_ptr<LogFileSink>> LogFileSink::open(const std::string& path) {
    std::error_code none;
    const std::string whole = std::filesystem::absolute(path, none).string();
    const auto fd = open_to_append(none ? path : whole);
    if (!fd) return Error{fd.error()};
    return std::shared_ptr<LogFileSink>(new LogFileSink(none ? path : whole, *fd));
}

LogFileSink::~LogFileSink() {
    flush_();
    ::close(fd_);
}

Result<std::string> LogFileSink::reopen() {
    const auto fd = open_to_append(path_);
    if (!fd) return Error{fd.error()};
    const std::lock_guard lock(mutex_);
    flush_();
    ::close(fd_);
    fd_ = *fd;
    return path_;
}

void LogFileSink::sink_it_(const spdlog::details::log_msg& message) {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    waiting_.append(line.data(), line.size());
    if (waiting_.size() >= waiting_max) flush_();
}

// A disk that is full loses lines; the next ones are tried again.
void LogFileSink::flush_() {
    for (size_t done = 0; done < waiting_.size();) {
        const ssize_t written = ::write(fd_, waiting_.data() + done, waiting_.size() - done);
        if (written > 0)
            done += static_cast<size_t>(written);
        else if (written == 0 || errno != EINTR)
            break;
    }
    waiting_.clear();
}

} // namespace visor::control
