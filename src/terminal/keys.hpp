// The keys: one table that input is looked up in, and that the help, the footer and the documentation show.
// Threads: immutable table, pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace visor::terminal {

// Keys that are no characters, as numbers that no character has.
enum Special : uint32_t {
    key_up = 0x110000,
    key_down,
    key_left,
    key_right,
    key_page_up,
    key_page_down,
    key_home,
    key_end,
    key_enter,
    key_escape,
    key_tab,
    key_back_tab,
    key_backspace,
    key_delete_line, // ctrl-u
};

struct Input {
    enum class What : uint8_t { key, click, wheel_up, wheel_down } what = What::key;
    uint32_t key = 0; // a character or a Special
    int x = 0, y = 0; // of the mouse
};

enum class Action : uint8_t {
    none,
    next_pane,
    previous_pane,
    numbered_pane,
    up,
    down,
    page_up,
    page_down,
    home,
    end,
    expand,
    back,
    policy,
    window,
    sort,
    filter,
    pause,
    theme,
    help,
    quit,
};

struct KeyRow {
    Action action;
    std::string_view keys;  // as the help shows them
    std::string_view label; // in the footer; empty: not there
    std::string_view help;
    uint32_t codes[4] = {}; // 0: none
};

std::span<const KeyRow> key_rows();
Action action_of(uint32_t key);

std::string key_table(); // for the documentation: a table in Markdown

} // namespace visor::terminal
