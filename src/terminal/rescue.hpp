// Gives a terminal back when the program ends by a fault of its own, so that the shell it leaves can be used.
//
// Threads: one at a time; faults of any. Owns: the handling of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT
// meanwhile, where nobody else has it; the fault then ends the program as it would have.
#pragma once

#include <array>
#include <csignal>

namespace visor::terminal {

class Rescue {
public:
    // Before anything changes the modes of the terminal at standard input.
    Rescue();
    ~Rescue();
    Rescue(const Rescue&) = delete;
    Rescue& operator=(const Rescue&) = delete;

    // Once ncurses knows the terminal at standard output: what will have to be sent.
    void learn();

private:
    static constexpr std::array<int, 5> faults = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    std::array<struct sigaction, faults.size()> before_{};
};

} // namespace visor::terminal
