#include "cmd/pktvisord/signals.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

namespace visor::cmd {

namespace {
bool is_ignored(int number) {
    struct sigaction now = {};
    return sigaction(number, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

// Whoever asks twice does not want to wait.
void let_the_next_one_end_us() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM})
        if (!is_ignored(number)) sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}
} // namespace

Result<Signals> Signals::take() {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        if (!is_ignored(number)) sigaddset(&set, number);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    std::signal(SIGPIPE, SIG_IGN); // a client that has gone is no reason to end
    Signals made(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK), eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (made.signal_fd_ < 0 || made.stop_fd_ < 0)
        return Error{std::string("cannot wait for signals: ") + std::strerror(errno)};
    return made;
}

Signals::Signals(Signals&& other) noexcept
    : signal_fd_(std::exchange(other.signal_fd_, -1)), stop_fd_(std::exchange(other.stop_fd_, -1)) {}

Signals::~Signals() {
    for (const int fd : {signal_fd_, stop_fd_})
        if (fd >= 0) close(fd);
}

std::optional<Wish> Signals::wait(int timeout_ms) {
    pollfd fds[] = {{signal_fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
    if (poll(fds, 2, timeout_ms) <= 0) return std::nullopt;
    uint64_t times;
    if (read(stop_fd_, &times, sizeof times) == sizeof times) {
        let_the_next_one_end_us();
        return Wish::stop;
    }
    signalfd_siginfo info;
    if (read(signal_fd_, &info, sizeof info) != sizeof info) return std::nullopt;
    if (info.ssi_signo == SIGHUP) return Wish::reload;
    let_the_next_one_end_us();
    return Wish::stop;
}

void Signals::ask_to_stop() {
    const uint64_t once = 1;
    [[maybe_unused]] const ssize_t told = write(stop_fd_, &once, sizeof once);
}

} // namespace visor::cmd
