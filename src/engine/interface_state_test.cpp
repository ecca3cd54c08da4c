#include "engine/interface_state.hpp"

#include <gtest/gtest.h>

namespace visor::engine {
namespace {

using Notes = std::vector<std::string>;

TEST(InterfaceState, each_change_is_said_once) {
    Notes notes;
    const TapNotify notify = [&](TapEvent, const std::string& text) { notes.push_back(text); };
    InterfaceState state("eth0", true, notify);
    state.begin(Presence::up);
    state.update(Presence::up);
    EXPECT_TRUE(notes.empty()) << "up at the start";
    for (int i = 0; i < 3; ++i) state.update(Presence::down, i == 0);
    state.update(Presence::gone);
    state.update(Presence::gone);
    state.update(Presence::up);
    state.update(Presence::up);
    state.update(Presence::up, true);
    state.update(Presence::gone);
    EXPECT_EQ(notes,
              (Notes{"interface eth0 is down; waiting for it", "interface eth0 vanished; waiting for it",
                     "interface eth0 is back", "interface eth0 went down and is back",
                     "interface eth0 vanished; waiting for it"}));
    EXPECT_EQ(state.lost(), 3U);
}

TEST(InterfaceState, one_that_is_down_at_the_start_was_not_lost) {
    Notes notes;
    const TapNotify notify = [&](TapEvent, const std::string& text) { notes.push_back(text); };
    InterfaceState state("eth0", true, notify);
    state.begin(Presence::down);
    EXPECT_EQ(notes, Notes{"interface eth0 is down; waiting for it"});
    EXPECT_EQ(state.lost(), 0U);
    state.trouble("no memory");
    state.trouble("no memory");
    state.trouble("no room");
    state.update(Presence::up);
    state.update(Presence::down);
    state.trouble("no room");
    EXPECT_EQ(notes.size(), 6U) << "a reason is said again after things were well";
    EXPECT_EQ(state.lost(), 1U);
}

TEST(InterfaceState, only_one_speaks_and_nobody_need_listen) {
    Notes notes;
    const TapNotify notify = [&](TapEvent, const std::string& text) { notes.push_back(text); };
    InterfaceState silent("eth0", false, notify);
    silent.begin(Presence::up);
    silent.update(Presence::gone);
    silent.trouble("no memory");
    EXPECT_TRUE(notes.empty());
    EXPECT_EQ(silent.lost(), 0U);
    EXPECT_EQ(silent.presence(), Presence::gone);
    const TapNotify nobody;
    InterfaceState unheard("eth0", true, nobody);
    unheard.begin(Presence::down);
    unheard.trouble("no memory");
    EXPECT_EQ(unheard.presence(), Presence::down);
}

} // namespace
} // namespace visor::engine
