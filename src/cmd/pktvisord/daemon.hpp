// Going into the background: the first process stays until the second one is ready, so that whoever started
// it sees what went wrong. Threads: before any other is started. Owns: the pipe between the two.
#pragma once

#include "base/result.hpp"

namespace visor::cmd {

class Daemon {
public:
    // Forks; returns in the child, in a session of its own. The parent waits, says the child's process id on
    // standard error when it is ready and exits with 0; with 1 when the child ends before.
    static Result<Daemon> begin();
    Daemon(Daemon&& other) noexcept : ready_fd_(other.ready_fd_) { other.ready_fd_ = -1; }
    Daemon(const Daemon&) = delete;
    Daemon& operator=(const Daemon&) = delete;
    ~Daemon();

    // From now on the directory is / and the standard streams lead nowhere.
    void ready();

private:
    explicit Daemon(int ready_fd) : ready_fd_(ready_fd) {}

    int ready_fd_;
};

} // namespace visor::cmd
