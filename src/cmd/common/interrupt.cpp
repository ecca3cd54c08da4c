#include "cmd/common/interrupt.hpp"

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace visor::cmd {

namespace {
std::atomic<bool> stop{false};
std::atomic<int> signal_number{0}, stop_fd{-1};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

// A signal between a look at the flag and the wait that follows must not be slept through: whoever waits,
// waits for the descriptor too.
void on_signal(int number) {
    const int error = errno;
    signal_number = number;
    stop = true;
    const uint64_t once = 1;
    [[maybe_unused]] const ssize_t written = write(stop_fd, &once, sizeof once);
    errno = error;
}
} // namespace

StopSignal stop_on_signals() {
    stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    for (const int number : {SIGINT, SIGTERM}) {
        struct sigaction now = {};
        // Ignored from the start, as by nohup or a shell's background job: left so.
        if (sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaction(number, &action, nullptr);
    }
    return {&stop, stop_fd};
}

bool stop_signalled() {
    return stop;
}

int interrupted_exit_code() {
    return 128 + signal_number;
}

} // namespace visor::cmd
