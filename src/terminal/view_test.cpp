#include "terminal/view.hpp"

#include "terminal/terminal.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace visor::terminal {
namespace {

Frame frame() {
    Frame out;
    out.policies = {"one", "two"};
    out.panes = {"", "net", "dns"};
    out.panels = {"a", "b", "c"};
    out.selected = "a";
    out.lines = 100;
    out.page = 20;
    out.hits = {{{0, 0, 10, 1}, Action::none, "dns", {}, true},
                {{0, 5, 20, 6}, Action::none, {}, "b", false},
                {{0, 20, 5, 1}, Action::pause, {}, {}, false}};
    return out;
}

Input key(uint32_t code) {
    Input input;
    input.key = code;
    return input;
}

Input mouse(Input::What what, int x, int y) {
    return {what, 0, x, y};
}

// The view after some keys, with what a screen would select.
View after(std::initializer_list<uint32_t> keys, View view = {}) {
    Frame drawn = frame();
    for (const uint32_t code : keys) {
        if (!view.selected.empty()) drawn.selected = view.selected;
        apply(view, key(code), drawn);
    }
    return view;
}

TEST(View, PanesGoRound) {
    EXPECT_EQ(after({key_tab}).pane, "net");
    EXPECT_EQ(after({key_tab, key_right, 'l'}).pane, "");
    EXPECT_EQ(after({key_back_tab}).pane, "dns");
    EXPECT_EQ(after({key_left, key_left}).pane, "net");
    EXPECT_EQ(after({'3'}).pane, "dns");
    EXPECT_EQ(after({'3', '9'}).pane, "dns"); // there is no ninth
    EXPECT_EQ(after({'3', key_escape}).pane, "");
}

TEST(View, PanelsAreSelectedAndExpanded) {
    EXPECT_EQ(after({'j'}).selected, "b");
    EXPECT_EQ(after({key_down, key_down, key_down, key_down}).selected, "c");
    EXPECT_EQ(after({key_end, key_up}).selected, "b");
    EXPECT_EQ(after({key_end, key_home}).selected, "a");
    const View expanded = after({'j', key_enter});
    EXPECT_TRUE(expanded.expanded);
    EXPECT_EQ(expanded.selected, "b");
    EXPECT_FALSE(after({key_escape}, expanded).expanded);
    EXPECT_EQ(after({key_escape}, expanded).selected, "b");
    EXPECT_EQ(after({key_down, key_down}, expanded).line, 2);
    EXPECT_EQ(after({key_page_down}, expanded).line, 19);
    EXPECT_EQ(after({key_end}, expanded).line, 80);
    EXPECT_EQ(after({key_end, key_down, 'k'}, expanded).line, 79);
    EXPECT_EQ(after({key_up}, expanded).line, 0);
    EXPECT_FALSE(after({key_tab}, expanded).expanded);
}

TEST(View, PolicyWindowSortPauseThemeHelpQuit) {
    View view;
    view.policy = "one";
    EXPECT_EQ(after({'p'}, view).policy, "two");
    EXPECT_EQ(after({'p', 'p'}, view).policy, "one");
    view.policy = "gone";
    EXPECT_EQ(after({'p'}, view).policy, "one");
    EXPECT_EQ(after({'w'}).minutes, 5u);
    EXPECT_EQ(after({'w', 'w'}).minutes, 1u);
    EXPECT_EQ(after({'s'}).sort, Sort::name);
    EXPECT_EQ(after({'s', 's', 's'}).sort, Sort::weight);
    EXPECT_TRUE(after({' '}).paused);
    EXPECT_FALSE(after({' ', ' '}).paused);
    EXPECT_EQ(after({'t'}).theme, 1u);
    EXPECT_EQ(after({'t', 't', 't', 't'}).theme, 0u);
    EXPECT_TRUE(after({'?'}).help);
    EXPECT_FALSE(after({'?', 'p'}).help);
    EXPECT_FALSE(after({'?', ' '}).paused); // it only left the help
    EXPECT_TRUE(after({'?', 'q'}).quit);
    EXPECT_TRUE(after({'q'}).quit);
    EXPECT_FALSE(after({'x', 0x1f600, 0}).quit);
}

TEST(View, FilterIsTyped) {
    EXPECT_EQ(after({'/', 'q', 'p', ' '}).filter, "qp ");
    EXPECT_FALSE(after({'/', 'q'}).quit);
    EXPECT_TRUE(after({'/', 'q'}).typing);
    EXPECT_FALSE(after({'/', 'q', key_enter}).typing);
    EXPECT_EQ(after({'/', 'q', key_enter}).filter, "q");
    EXPECT_EQ(after({'/', 'q', key_escape}).filter, "");
    EXPECT_EQ(after({'/', 'q', key_enter, key_escape}).filter, "");
    EXPECT_EQ(after({'/', 'a', 0xfc, key_backspace}).filter, "a");
    EXPECT_EQ(after({'/', 0xfc, 0x4e2d}).filter, "\xc3\xbc\xe4\xb8\xad");
    EXPECT_EQ(after({'/', 'a', 'b', key_delete_line}).filter, "");
    EXPECT_EQ(after({'/', key_backspace, 0x1b, 7}).filter, "");
}

TEST(View, MouseClicksAndWheel) {
    View view;
    apply(view, mouse(Input::What::click, 3, 0), frame());
    EXPECT_EQ(view.pane, "dns");
    apply(view, mouse(Input::What::click, 3, 6), frame());
    EXPECT_EQ(view.selected, "b");
    EXPECT_FALSE(view.expanded);
    Frame drawn = frame();
    drawn.selected = "b";
    apply(view, mouse(Input::What::click, 3, 6), drawn); // again
    EXPECT_TRUE(view.expanded);
    apply(view, mouse(Input::What::wheel_down, 3, 6), drawn);
    EXPECT_EQ(view.line, 3);
    apply(view, mouse(Input::What::wheel_up, 3, 6), drawn);
    EXPECT_EQ(view.line, 0);
    apply(view, mouse(Input::What::click, 2, 20), drawn);
    EXPECT_TRUE(view.paused);
    const View before = view;
    apply(view, mouse(Input::What::click, 70, 22), drawn); // nothing is there
    EXPECT_EQ(view.selected, before.selected);
    EXPECT_EQ(view.pane, before.pane);
}

TEST(Keys, EveryKeyHasOneMeaningAndEveryMeaningIsTold) {
    std::vector<uint32_t> seen;
    for (const KeyRow& row : key_rows())
        for (const uint32_t code : row.codes) {
            if (code == 0) continue;
            EXPECT_EQ(std::count(seen.begin(), seen.end(), code), 0) << code;
            EXPECT_EQ(action_of(code), row.action);
            seen.push_back(code);
        }
    EXPECT_EQ(action_of('5'), Action::numbered_pane);
    EXPECT_EQ(action_of(0), Action::none);
}

TEST(Keys, TheDocumentHasTheTable) {
    const std::string here = __FILE__, tree = here.substr(0, here.rfind("/src/"));
    std::ifstream file(tree + "/docs/terminal.md");
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_NE(text.str().find(key_table()), std::string::npos) << key_table();
}

} // namespace
} // namespace visor::terminal
