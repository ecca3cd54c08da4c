#include "terminal/rescue.hpp"

#include <algorithm>
#include <string_view>
#include <termios.h>
#include <unistd.h>

#define NCURSES_NOMACROS 1
#include <curses.h>
#include <term.h>

namespace visor::terminal {

namespace {

// Read where a fault interrupts, and written only before.
termios modes{};
bool known = false;
std::array<char, 512> farewell{};
size_t farewell_size = 0;

void on_fault(int number) {
    [[maybe_unused]] const auto written = write(STDOUT_FILENO, farewell.data(), farewell_size);
    if (known) tcsetattr(STDIN_FILENO, TCSANOW, &modes);
    raise(number); // by now as if it had not been handled
}

void say(std::string_view sequence) {
    if (sequence.size() > farewell.size() - farewell_size) return;
    std::copy(sequence.begin(), sequence.end(), farewell.begin() + static_cast<long>(farewell_size));
    farewell_size += sequence.size();
}

} // namespace

Rescue::Rescue() {
    known = tcgetattr(STDIN_FILENO, &modes) == 0;
    farewell_size = 0;
    struct sigaction action {};
    action.sa_handler = on_fault;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    for (size_t i = 0; i < faults.size(); ++i) {
        sigaction(faults[i], nullptr, &before_[i]);
        if (before_[i].sa_handler == SIG_DFL) sigaction(faults[i], &action, nullptr);
    }
}

Rescue::~Rescue() {
    for (size_t i = 0; i < faults.size(); ++i) sigaction(faults[i], &before_[i], nullptr);
}

void Rescue::learn() {
    say("\x1b[?1006l\x1b[?1000l"); // no mouse
    // The look, the cursor and the keys as usual, and the screen from before.
    for (const char* name : {"sgr0", "cnorm", "rmkx", "rmcup"}) {
        const char* sequence = tigetstr(name);
        if (sequence && sequence != reinterpret_cast<const char*>(-1)) say(sequence);
    }
}

} // namespace visor::terminal
