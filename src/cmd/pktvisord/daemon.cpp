#include "cmd/pktvisord/daemon.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace visor::cmd {

namespace {

// The parent's part: it has nothing to clean up, and must not run what the child will run at its end.
[[noreturn]] void wait_for(pid_t child, int ready_fd) {
    char byte;
    ssize_t got;
    while ((got = read(ready_fd, &byte, 1)) < 0 && errno == EINTR) {
    }
    if (got == 1) {
        spdlog::logger log("pktvisor-daemon", std::make_shared<spdlog::sinks::stderr_color_sink_st>());
        log.info("running in the background as process {}", child);
        _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    _exit(1);
}

} // namespace

Result<Daemon> Daemon::begin() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return Error{std::string("cannot make a pipe: ") + std::strerror(errno)};
    const pid_t child = fork();
    if (child < 0) {
        const Error error{std::string("cannot go into the background: ") + std::strerror(errno)};
        close(ends[0]);
        close(ends[1]);
        return error;
    }
    if (child > 0) {
        close(ends[1]);
        wait_for(child, ends[0]);
    }
    close(ends[0]);
    setsid();
    umask(0);
    return Daemon(ends[1]);
}

Daemon::~Daemon() {
    if (ready_fd_ >= 0) close(ready_fd_);
}

void Daemon::ready() {
    if (ready_fd_ < 0) return;
    [[maybe_unused]] const int moved = chdir("/");
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        if (nowhere >= 0) dup2(nowhere, fd);
    if (nowhere > STDERR_FILENO) close(nowhere);
    [[maybe_unused]] const ssize_t told = write(ready_fd_, "1", 1);
    close(ready_fd_);
    ready_fd_ = -1;
}

} // namespace visor::cmd
