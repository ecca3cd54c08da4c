#include "terminal/curses.hpp"

#include "terminal/rescue.hpp"
#include "terminal/theme.hpp"

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sys/ioctl.h>
#include <unistd.h>

#define NCURSES_WIDECHAR 1
#define NCURSES_NOMACROS 1
#include <curses.h>

namespace visor::terminal {

namespace {

constexpr int escape_wait_ms = 25; // after ESC, for the rest of a key's sequence

attr_t attributes(const Shade& shade) {
    attr_t out = A_NORMAL;
    if (shade.bold) out |= A_BOLD;
    if (shade.dim) out |= A_DIM;
    if (shade.reverse) out |= A_REVERSE;
    if (shade.underline) out |= A_UNDERLINE;
    return out;
}

uint32_t special(wint_t key) {
    switch (key) {
    case KEY_UP:
        return key_up;
    case KEY_DOWN:
        return key_down;
    case KEY_LEFT:
        return key_left;
    case KEY_RIGHT:
        return key_right;
    case KEY_PPAGE:
        return key_page_up;
    case KEY_NPAGE:
        return key_page_down;
    case KEY_HOME:
        return key_home;
    case KEY_END:
        return key_end;
    case KEY_ENTER:
        return key_enter;
    case KEY_BTAB:
        return key_back_tab;
    case KEY_BACKSPACE:
        return key_backspace;
    default:
        return 0;
    }
}

uint32_t character(wint_t key) {
    switch (key) {
    case '\r':
    case '\n':
        return key_enter;
    case '\t':
        return key_tab;
    case 0x1b:
        return key_escape;
    case 0x08:
    case 0x7f:
        return key_backspace;
    case 0x15:
        return key_delete_line;
    default:
        return key >= ' ' ? static_cast<uint32_t>(key) : 0;
    }
}

Input mouse_input() {
    MEVENT event{};
    Input input;
    if (getmouse(&event) != OK) return input;
    input.x = event.x;
    input.y = event.y;
    if (event.bstate & BUTTON4_PRESSED)
        input.what = Input::What::wheel_up;
    else if (event.bstate & BUTTON5_PRESSED)
        input.what = Input::What::wheel_down;
    else if (event.bstate & BUTTON1_PRESSED)
        input.what = Input::What::click;
    return input;
}

} // namespace

struct Curses::Hidden {
    Rescue rescue;
    SCREEN* screen = nullptr;
    int colours = 0;
    std::map<std::pair<short, short>, short> pairs; // colours in front and behind
    Grid shown{1, 1};
    size_t theme = 0;
    bool anew = true;  // nothing of what is shown can be relied on
    bool left = false; // the terminal has its own modes
};

Result<std::unique_ptr<Curses>> Curses::open(bool colour, bool mouse) {
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return Error{"standard input and output are no terminal"};
    std::setlocale(LC_ALL, "");
    const char* type = std::getenv("TERM");
    auto hidden = std::make_unique<Hidden>();
    hidden->screen = newterm(nullptr, stdout, stdin);
    if (!hidden->screen)
        return Error{std::string("the terminal type '") + (type ? type : "") + "' (TERM) is not known"};
    std::unique_ptr<Curses> out(new Curses);
    out->hidden_ = std::move(hidden);
    Hidden& h = *out->hidden_;
    h.rescue.learn();
    set_escdelay(escape_wait_ms);
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
    if (colour && has_colors()) {
        start_color();
        use_default_colors();
        h.colours = COLORS;
    }
    if (mouse) {
        mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, nullptr);
        mouseinterval(0);
    }
    return out;
}

Curses::~Curses() {
    if (!hidden_) return;
    leave();
    delscreen(hidden_->screen);
}

std::pair<int, int> Curses::size() const {
    return {getmaxx(stdscr), getmaxy(stdscr)};
}

bool Curses::colours() const {
    return hidden_->colours >= 8;
}

short Curses::pair_of(short front, short back) {
    if (front < 0 && back < 0) return 0;
    const auto [found, fresh] =
        hidden_->pairs.try_emplace({front, back}, static_cast<short>(hidden_->pairs.size() + 1));
    if (fresh) init_pair(found->second, front, back);
    return found->second;
}

void Curses::put(int x, int y, const Cell& cell, size_t theme) {
    const Shade look = shade(theme, cell.ink, cell.lit, hidden_->colours);
    const wchar_t text[2] = {static_cast<wchar_t>(cell.character), 0};
    cchar_t out;
    setcchar(&out, text, attributes(look), pair_of(look.front, look.back), nullptr);
    mvadd_wch(y, x, &out);
}

void Curses::show(const Grid& grid, size_t theme) {
    Hidden& h = *hidden_;
    const bool all =
        h.anew || theme != h.theme || h.shown.width() != grid.width() || h.shown.height() != grid.height();
    for (int y = 0; y < grid.height(); ++y)
        for (int x = 0; x < grid.width(); ++x) {
            const Cell& cell = grid.at(x, y);
            if (cell.character == 0) continue; // drawn with its left half
            // A wide character that was here may have covered its neighbour.
            const bool same = !all && cell == h.shown.at(x, y) &&
                              (x + 1 == grid.width() ||
                               (h.shown.at(x + 1, y).character == 0) == (grid.at(x + 1, y).character == 0));
            if (!same) put(x, y, cell, theme);
        }
    h.shown = grid;
    h.theme = theme;
    h.anew = false;
    refresh();
}

std::optional<Input> Curses::read() {
    wint_t key = 0;
    const int kind = get_wch(&key);
    if (kind == ERR) return std::nullopt;
    if (kind == KEY_CODE_YES && key == KEY_MOUSE) return mouse_input();
    Input input;
    input.key = kind == KEY_CODE_YES ? special(key) : character(key);
    return input;
}

void Curses::resize() {
    winsize size{};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0) return;
    resizeterm(size.ws_row, size.ws_col);
    clearok(stdscr, TRUE);
    hidden_->anew = true;
}

void Curses::leave() {
    if (!std::exchange(hidden_->left, true)) endwin();
}

void Curses::enter() {
    hidden_->left = false;
    refresh();
    resize();
}

} // namespace visor::terminal
