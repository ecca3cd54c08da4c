#include "interrupt.hpp"

#include <csignal>

namespace visor::cmd {

namespace {
std::atomic<bool> stop{false};
std::atomic<int> signal_number{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_signal(int number) {
    signal_number = number;
    stop = true;
}
} // namespace

const std::atomic<bool>* stop_on_signals() {
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_RESTART);
    for (const int number : {SIGINT, SIGTERM}) {
        struct sigaction now = {};
        // Ignored from the start, as by nohup or a shell's background job: left so.
        if (sigaction(number, nullptr, &now) == 0 && now.sa_handler != SIG_IGN)
            sigaction(number, &action, nullptr);
    }
    return &stop;
}

int interrupted_exit_code() {
    return 128 + signal_number;
}

} // namespace visor::cmd
