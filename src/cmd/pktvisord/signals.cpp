#include "cmd/pktvisord/signals.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <iterator>
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

sigset_t not_ignored(std::initializer_list<int> numbers) {
    sigset_t set;
    sigemptyset(&set);
    for (const int number : numbers)
        if (!is_ignored(number)) sigaddset(&set, number);
    return set;
}

int blocked(std::initializer_list<int> numbers) {
    const sigset_t set = not_ignored(numbers);
    pthread_sigmask(SIG_BLOCK, &set, nullptr);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

bool one_came(int signal_fd) {
    signalfd_siginfo info;
    return read(signal_fd, &info, sizeof info) == sizeof info;
}

// Whoever asks twice does not want to wait.
void let_the_next_one_end_us() {
    const sigset_t set = not_ignored({SIGINT, SIGTERM});
    pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}
} // namespace

Result<Signals> Signals::take() {
    std::signal(SIGPIPE, SIG_IGN); // a client that has gone is no reason to end
    Signals made;
    made.stop_signals_ = blocked({SIGINT, SIGTERM});
    made.reload_signals_ = blocked({SIGHUP});
    made.asked_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (made.stop_signals_ < 0 || made.reload_signals_ < 0 || made.asked_ < 0)
        return Error{std::string("cannot wait for signals: ") + std::strerror(errno)};
    return made;
}

Signals::Signals(Signals&& other) noexcept
    : stop_signals_(std::exchange(other.stop_signals_, -1)),
      reload_signals_(std::exchange(other.reload_signals_, -1)), asked_(std::exchange(other.asked_, -1)) {}

Signals::~Signals() {
    for (const int fd : {stop_signals_, reload_signals_, asked_})
        if (fd >= 0) close(fd);
}

std::optional<Wish> Signals::wait(int timeout_ms) {
    pollfd fds[] = {{stop_signals_, POLLIN, 0}, {reload_signals_, POLLIN, 0}, {asked_, POLLIN, 0}};
    if (poll(fds, std::size(fds), timeout_ms) <= 0) return std::nullopt;
    uint64_t times;
    if (read(asked_, &times, sizeof times) == sizeof times || one_came(stop_signals_)) {
        let_the_next_one_end_us();
        return Wish::stop;
    }
    return one_came(reload_signals_) ? std::optional(Wish::reload) : std::nullopt;
}

void Signals::ask_to_stop() {
    const uint64_t once = 1;
    [[maybe_unused]] const ssize_t told = write(asked_, &once, sizeof once);
}

} // namespace visor::cmd
