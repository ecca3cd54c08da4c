#include "terminal/view.hpp"

#include "sinks/utf8.hpp"
#include "terminal/terminal.hpp"

#include <algorithm>
#include <array>

namespace visor::terminal {

namespace {

constexpr size_t longest_filter = 64; // characters: more than fit are no help
constexpr int wheel_lines = 3;
constexpr std::array<uint32_t, 3> all_windows = {1, 2, 5};
constexpr std::array<std::string_view, 3> sort_names = {"weight", "name", "uncertainty"};

// The item `step` places after `now`, going round.
template <class Range, class T>
auto turned(const Range& all, const T& now, int step) {
    const auto count = static_cast<int>(std::size(all));
    const auto found = std::find(std::begin(all), std::end(all), now);
    const int at = found == std::end(all) ? (step > 0 ? -1 : 0) : static_cast<int>(found - std::begin(all));
    return *(std::begin(all) + ((at + step) % count + count) % count);
}

void go_to_pane(View& view, const std::string& pane) {
    if (view.pane != pane) view.selected.clear();
    view.pane = pane;
    view.expanded = false;
    view.line = 0;
}

// By lines of the expanded panel, or by panels.
void move(View& view, const Frame& frame, int64_t by) {
    if (view.expanded) {
        const int64_t last = std::max(0, frame.lines - frame.page);
        view.line = static_cast<int>(std::clamp<int64_t>(view.line + by, 0, last));
        return;
    }
    if (frame.panels.empty()) return;
    const auto now = std::find(frame.panels.begin(), frame.panels.end(), frame.selected);
    const int64_t at = now == frame.panels.end() ? 0 : now - frame.panels.begin();
    const auto last = static_cast<int64_t>(frame.panels.size()) - 1;
    view.selected = frame.panels[static_cast<size_t>(std::clamp<int64_t>(at + by, 0, last))];
}

void type(View& view, uint32_t key) {
    view.line = 0;
    if (key == key_enter) {
        view.typing = false;
    } else if (key == key_escape) {
        view.typing = false;
        view.filter.clear();
    } else if (key == key_delete_line) {
        view.filter.clear();
    } else if (key == key_backspace) {
        while (!view.filter.empty() && (view.filter.back() & 0xc0) == 0x80) view.filter.pop_back();
        if (!view.filter.empty()) view.filter.pop_back();
    } else if (key >= ' ' && key < 0x110000 && key != 0x7f && view.filter.size() < longest_filter) {
        sinks::append_character(view.filter, key);
    }
}

void go_back(View& view) {
    view.line = 0;
    if (view.help)
        view.help = false;
    else if (view.expanded)
        view.expanded = false;
    else if (!view.filter.empty())
        view.filter.clear();
    else
        go_to_pane(view, "");
}

void act(View& view, Action action, uint32_t key, const Frame& frame) {
    constexpr int64_t far = 1 << 20;
    const int page = view.expanded ? std::max(frame.page - 1, 1) : 4;
    switch (action) {
    case Action::next_pane:
        return go_to_pane(view, turned(frame.panes, view.pane, 1));
    case Action::previous_pane:
        return go_to_pane(view, turned(frame.panes, view.pane, -1));
    case Action::numbered_pane:
        if (key - '1' < frame.panes.size()) go_to_pane(view, frame.panes[key - '1']);
        return;
    case Action::up:
        return move(view, frame, -1);
    case Action::down:
        return move(view, frame, 1);
    case Action::page_up:
        return move(view, frame, -page);
    case Action::page_down:
        return move(view, frame, page);
    case Action::home:
        return move(view, frame, -far);
    case Action::end:
        return move(view, frame, far);
    case Action::expand:
        view.selected = frame.selected;
        view.expanded = !view.expanded && !frame.selected.empty();
        view.line = 0;
        return;
    case Action::back:
        return go_back(view);
    case Action::policy:
        if (!frame.policies.empty()) view.policy = turned(frame.policies, view.policy, 1);
        return;
    case Action::window:
        view.minutes = turned(all_windows, view.minutes, 1);
        return;
    case Action::sort:
        view.sort = static_cast<Sort>((static_cast<size_t>(view.sort) + 1) % sort_names.size());
        return;
    case Action::filter:
        view.typing = true;
        return;
    case Action::pause:
        view.paused = !view.paused;
        return;
    case Action::theme:
        view.theme = (view.theme + 1) % theme_names().size();
        return;
    case Action::help:
        view.help = true;
        return;
    case Action::quit:
        view.quit = true;
        return;
    case Action::none:
        return;
    }
}

void click(View& view, const Input& input, const Frame& frame) {
    // The last drawn lies on top.
    const auto hit = std::find_if(frame.hits.rbegin(), frame.hits.rend(),
                                  [&](const Hit& h) { return h.area.holds(input.x, input.y); });
    if (hit == frame.hits.rend()) return;
    if (hit->action != Action::none) return act(view, hit->action, 0, frame);
    if (hit->to_pane) return go_to_pane(view, hit->pane);
    // A second click on what is selected opens it.
    if (hit->panel == frame.selected && !view.expanded && view.selected == hit->panel)
        return act(view, Action::expand, 0, frame);
    view.selected = hit->panel;
}

} // namespace

std::string_view sort_name(Sort sort) {
    return sort_names[static_cast<size_t>(sort)];
}

std::span<const uint32_t> windows() {
    return all_windows;
}

void apply(View& view, const Input& input, const Frame& frame) {
    if (view.help) { // any key or click leaves it
        const bool leave = input.what == Input::What::key && action_of(input.key) == Action::quit;
        view.help = false;
        view.quit = leave;
        return;
    }
    switch (input.what) {
    case Input::What::click:
        return click(view, input, frame);
    case Input::What::wheel_up:
        return move(view, frame, view.expanded ? -wheel_lines : -1);
    case Input::What::wheel_down:
        return move(view, frame, view.expanded ? wheel_lines : 1);
    case Input::What::key:
        break;
    }
    if (view.typing) return type(view, input.key);
    act(view, action_of(input.key), input.key, frame);
}

} // namespace visor::terminal
