// What a screen is put together from: for each metric, or some together, a panel that can be drawn at any
// size and expanded to all it has to tell. How one looks follows from the metric's kind alone. Threads: pure
// functions. Owns: a panel refers to the scene it was made of.
#pragma once

#include "client/picture.hpp"
#include "terminal/grid.hpp"
#include "terminal/history.hpp"
#include "terminal/view.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace visor::terminal {

// What panels are made with.
struct Scene {
    const client::Picture& picture;
    const History& history;
    const View& view;
    const Look& look;
    bool live; // there will be more pictures
};

// An expanded panel: what stays in place, and lines to scroll through.
struct Detail {
    Lines head, lines;
};

struct Panel {
    std::string id;
    int rows = 0; // with its heading, when there is room enough
    std::function<Lines(int width, int rows)> draw;
    std::function<Detail(int width, int rows)> detail;
};

// A metric that no picture has, made of several, is kept alive by the panel.
using MetricPointer = std::shared_ptr<const client::Metric>;

// `empty`: lines that say why there is nothing, and what to do.
Panel top_panel(const Scene& scene, std::string id, const std::string& title, const MetricPointer& metric,
                int rows, const std::vector<std::string>& empty = {"nothing in this window"});
Panel rate_panel(const Scene& scene, const client::Handler& handler, const client::Metric& metric,
                 std::string title, int graph_rows);
Panel quantiles_panel(const Scene& scene, const client::Metric& metric, std::string title, int bin_rows);
Panel counters_panel(const Scene& scene, const client::Handler& handler, int rows_at_most);

// All a handler has, in the order of its schema; what is empty is told in one panel at the end.
// The more `roomy`, up to `roomiest`, the more lines each takes.
inline constexpr int roomiest = 3;
std::vector<Panel> handler_panels(const Scene& scene, const client::Handler& handler, int roomy);

// A series as an area over seconds, the newest at the right, `height` lines from the top down; `ink` of the
// whole when it is not plain.
Lines area(std::span<const double> values, int height, Ink ink, const Look& look);

} // namespace visor::terminal
