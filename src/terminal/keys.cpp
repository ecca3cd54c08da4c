#include "terminal/keys.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace visor::terminal {

namespace {

// In the order of the help; the footer takes those with a label, as far as they fit.
constexpr KeyRow rows[] = {
    {Action::next_pane, "tab, right", "pane", "next pane", {key_tab, key_right, 'l'}},
    {Action::previous_pane, "shift-tab, left", "", "previous pane", {key_back_tab, key_left, 'h'}},
    {Action::numbered_pane, "1 to 9", "", "the pane of that number", {}},
    {Action::down, "down, j", "select", "next table, or line of an expanded one", {key_down, 'j'}},
    {Action::up, "up, k", "", "previous table or line", {key_up, 'k'}},
    {Action::page_down, "page down", "", "a page down", {key_page_down}},
    {Action::page_up, "page up", "", "a page up", {key_page_up}},
    {Action::home, "home, g", "", "first table or line", {key_home, 'g'}},
    {Action::end, "end, G", "", "last table or line", {key_end, 'G'}},
    {Action::expand, "enter", "expand", "all lines of the table, with bounds and help", {key_enter}},
    {Action::back, "esc", "", "leave: the help, the expanded table, the filter", {key_escape}},
    {Action::policy, "p", "policy", "next policy", {'p'}},
    {Action::window, "w", "window", "this minute, the last 2, the last 5", {'w'}},
    {Action::sort, "s", "sort", "order of tables: weight, name, uncertainty", {'s'}},
    {Action::filter, "/", "filter", "show only lines that contain what is typed", {'/'}},
    {Action::pause, "space", "pause", "hold the picture; rates go on being recorded", {' '}},
    {Action::theme, "t", "theme", "dark, light, contrast, mono", {'t'}},
    {Action::help, "?", "help", "this list", {'?'}},
    {Action::quit, "q", "quit", "leave", {'q'}},
};

} // namespace

std::span<const KeyRow> key_rows() {
    return rows;
}

Action action_of(uint32_t key) {
    if (key >= '1' && key <= '9') return Action::numbered_pane;
    for (const KeyRow& row : rows)
        if (key && std::find(std::begin(row.codes), std::end(row.codes), key) != std::end(row.codes))
            return row.action;
    return Action::none;
}

std::string key_table() {
    std::string out = "| keys | what |\n|---|---|\n";
    for (const KeyRow& row : rows) out += fmt::format("| {} | {} |\n", row.keys, row.help);
    return out;
}

} // namespace visor::terminal
