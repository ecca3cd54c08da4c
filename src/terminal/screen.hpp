// The whole screen: head, panes, footer and help, laid out for a size.
// Threads: pure functions.
#pragma once

#include "client/picture.hpp"
#include "terminal/history.hpp"
#include "terminal/view.hpp"

#include <string>
#include <vector>

namespace visor::terminal {

inline constexpr int least_width = 50, least_height = 14;

// What is known of the source besides the picture.
struct Link {
    std::string identity;
    bool live = true;
    std::vector<std::string> policies;
    std::string error;   // of the last look; empty when it went well
    int64_t lost_ms = 0; // since when looks fail, unix time; 0: they do not
};

struct Screen {
    const client::Picture* picture = nullptr; // null before the first
    const Link& link;
    const History& history;
    const View& view;
    int64_t now_ms = 0;
    Look look;
};

Frame draw(const Screen& screen, int width, int height);

} // namespace visor::terminal
