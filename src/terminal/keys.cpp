#include "terminal/keys.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace visor::terminal {

namespace {

// In the order of the help, which leaves out what the row before tells of as well; the footer takes those
// with a label, as far as they fit.
constexpr KeyRow rows[] = {
    {Action::next_pane,
     "tab, right, l",
     "pane",
     "next pane; back with shift-tab, left, h",
     {key_tab, key_right, 'l'}},
    {Action::previous_pane, "", "", "", {key_back_tab, key_left, 'h'}},
    {Action::numbered_pane, "1 to 9", "", "the pane of that number", {}},
    {Action::down,
     "down, up, j, k",
     "select",
     "next or previous table, or line of an expanded one",
     {key_down, 'j'}},
    {Action::up, "", "", "", {key_up, 'k'}},
    {Action::page_down, "page down, up", "", "a page of them", {key_page_down}},
    {Action::page_up, "", "", "", {key_page_up}},
    {Action::home, "home, end, g, G", "", "the first or last", {key_home, 'g'}},
    {Action::end, "", "", "", {key_end, 'G'}},
    {Action::expand, "enter", "expand", "all lines of the table, with bounds", {key_enter}},
    {Action::back, "esc", "", "back from the table, the filter, the pane", {key_escape}},
    {Action::policy, "p", "policy", "next policy", {'p'}},
    {Action::window, "w", "window", "this minute, with the one before, with four before", {'w'}},
    {Action::sort, "s", "sort", "order of tables: weight, name, uncertainty", {'s'}},
    {Action::filter, "/", "filter", "show only lines that contain what is typed", {'/'}},
    {Action::pause, "space", "pause", "hold the picture; rates go on being recorded", {' '}},
    {Action::theme, "t", "theme", "colours: dark, light, contrast, mono", {'t'}},
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
    for (const KeyRow& row : rows)
        if (!row.help.empty()) out += fmt::format("| {} | {} |\n", row.keys, row.help);
    return out;
}

} // namespace visor::terminal
