#include "control/log_file_sink.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>

namespace visor::control {

namespace {
constexpr mode_t readable_by_group = 0640;

Result<int> open_to_append(const std::string& path) {
    // Not to wait, in opening a FIFO that nobody reads. Afterwards only the thread that writes waits.
    const int fd =
        ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, readable_by_group);
    if (fd < 0) return Error{"cannot open log file " + path + ": " + std::strerror(errno)};
    ::fcntl(fd, F_SETFL, O_APPEND);
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
    change_file();
    ::close(fd_);
}

Result<std::string> LogFileSink::reopen() {
    const auto fd = open_to_append(path_);
    if (!fd) return Error{fd.error()};
    if (const int never_used = next_fd_.exchange(*fd); never_used >= 0) ::close(never_used);
    // So that the old file is free at once, unless somebody is writing to it.
    if (const std::unique_lock lock(mutex_, std::try_to_lock); lock) change_file();
    return path_;
}

void LogFileSink::change_file() {
    const int next = next_fd_.exchange(-1);
    if (next < 0) return;
    ::close(fd_);
    fd_ = next;
    cut_ = cut_ && ::lseek(fd_, 0, SEEK_END) > 0; // not in a new file
}

void LogFileSink::sink_it_(const spdlog::details::log_msg& message) {
    change_file();
    spdlog::memory_buf_t line;
    if (cut_) line.push_back('\n');
    formatter_->format(message, line);
    for (size_t done = 0; done < line.size();) {
        const ssize_t written = ::write(fd_, line.data() + done, line.size() - done);
        if (written > 0) {
            done += static_cast<size_t>(written);
            cut_ = line[done - 1] != '\n';
        } else if (written == 0 || errno != EINTR) {
            throw spdlog::spdlog_ex("cannot write to " + path_, errno);
        }
    }
}

} // namespace visor::control
