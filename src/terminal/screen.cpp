#include "terminal/screen.hpp"

#include "sinks/text_top.hpp"
#include "sinks/text_units.hpp"
#include "terminal/head.hpp"
#include "terminal/overview.hpp"

#include <algorithm>
#include <spdlog/fmt/fmt.h>

namespace visor::terminal {

using client::Handler;

namespace {

constexpr int gutter = 2;
// Of a list on the overview, at least: where there is little room, and where there is more.
constexpr int list_rows = 5, good_list_rows = 8, good_room = 16;

struct Placed {
    const Panel* panel;
    Rect area;
};

// Broken at spaces into lines of at most `room` columns; a longer word loses its middle.
std::vector<std::string> folded(const std::string& text, size_t room, const Look& look) {
    std::vector<std::string> lines(1);
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find(' ', at), text.size());
        const std::string word = sinks::shortened(text.substr(at, end - at), room, look);
        if (!lines.back().empty() && sinks::columns(lines.back()) + 1 + sinks::columns(word) > room)
            lines.emplace_back();
        lines.back() += (lines.back().empty() ? "" : " ") + word;
        at = end + 1;
    }
    return lines;
}

class Painter {
public:
    Painter(const Screen& screen, int width, int height) : screen_(screen), frame_{} {
        frame_.grid = Grid(width, height);
        frame_.policies = screen.link.policies;
    }

    Frame paint() {
        const int width = frame_.grid.width(), height = frame_.grid.height();
        if (width < least_width || height < least_height) return too_small();
        const int top = head(screen_, frame_);
        footer(screen_, frame_);
        const Rect body{0, top, width, height - top - 1};
        if (!screen_.picture || screen_.picture->handlers.empty())
            message(body, reasons(screen_));
        else
            pane(body);
        if (screen_.view.help) help_overlay(screen_, frame_);
        return std::move(frame_);
    }

private:
    Frame too_small() {
        const std::string text = fmt::format("{} x {} is too small: {} x {} at least", frame_.grid.width(),
                                             frame_.grid.height(), least_width, least_height);
        Rect all{0, 0, frame_.grid.width(), frame_.grid.height()};
        message(all, {text, "q quits"});
        return std::move(frame_);
    }

    // Centred paragraphs, the first of them the news.
    void message(Rect area, const std::vector<std::string>& paragraphs) {
        const auto room = static_cast<size_t>(std::clamp(area.width - 2, 1, 76));
        std::vector<std::pair<std::string, Ink>> lines;
        for (const std::string& text : paragraphs)
            for (std::string& line : folded(sinks::printable(text, screen_.look), room, screen_.look))
                lines.emplace_back(std::move(line), &text == &paragraphs.front() ? Ink::title : Ink::plain);
        int y = area.y + std::max((area.height - static_cast<int>(lines.size())) / 2, 0);
        for (const auto& [text, ink] : lines) {
            const int x = area.x + std::max((area.width - static_cast<int>(sinks::columns(text))) / 2, 0);
            if (y < area.y + area.height) frame_.grid.put(x, y++, text, ink);
        }
    }

    void pane(Rect body) {
        const Scene scene{*screen_.picture, screen_.history, screen_.view, screen_.look, screen_.link.live};
        const auto& handlers = screen_.picture->handlers;
        const auto handler = std::find_if(handlers.begin(), handlers.end(),
                                          [&](const Handler& h) { return h.instance == screen_.view.pane; });
        panels_ = handler == handlers.end() ? overview_panels(scene) : fitting_panels(scene, *handler, body);
        if (screen_.view.expanded) {
            const auto panel = std::find_if(panels_.begin(), panels_.end(),
                                            [&](const Panel& p) { return p.id == screen_.view.selected; });
            if (panel != panels_.end()) return expanded(*panel, body);
        }
        if (handler == handlers.end())
            overview(scene, body);
        else
            place(in_columns(panels_, body), body);
    }

    void expanded(const Panel& panel, Rect body) {
        Grid& grid = frame_.grid;
        const Lines title = panel.draw(body.width, 1);
        int y = body.y;
        grid.put(0, y++, title.front());
        const Detail detail = panel.detail(body.width, body.height - 1);
        for (const Line& line : detail.head)
            if (y < body.y + body.height) grid.put(0, y++, line);
        frame_.page = std::max(body.y + body.height - y, 1);
        frame_.lines = static_cast<int>(detail.lines.size());
        frame_.selected = panel.id;
        frame_.panels = {panel.id};
        const int first = std::clamp(screen_.view.line, 0, std::max(frame_.lines - frame_.page, 0));
        for (int i = first; i < frame_.lines && y < body.y + body.height; ++i)
            grid.put(0, y++, detail.lines[static_cast<size_t>(i)]);
        if (frame_.lines <= frame_.page) return;
        const std::string where = fmt::format(" {}{}{} of {} ", first + 1, screen_.look.dash(),
                                              std::min(first + frame_.page, frame_.lines), frame_.lines);
        grid.put(body.width - static_cast<int>(sinks::columns(where)), tabs_row, where, Ink::notice);
    }

    // Charts above, and below them lists of the same height, the first of them to be seen without moving.
    void overview(const Scene& scene, Rect body) {
        const int across = std::clamp((body.width + gutter) / 40, 1, 4);
        const auto count = static_cast<int>(panels_.size());
        int chart_rows = count ? std::clamp(body.height / 3, 3, 16) : body.height;
        if (chart_rows >= 6) chart_rows -= chart_rows % 2;
        const Lines charts = overview_charts(scene, body.width, chart_rows);
        int y = body.y;
        for (const Line& line : charts) frame_.grid.put(0, y++, line);
        if (count == 0) return;
        Rect rest{0, y, body.width, body.y + body.height - y};
        if (!charts.empty()) {
            ++rest.y; // an empty line
            --rest.height;
        }
        const int rows = (count + across - 1) / across,
                  each = rest.height < good_room ? list_rows : good_list_rows;
        const int seen = std::clamp(rest.height / each, 1, rows);
        const int wide = (rest.width - (across - 1) * gutter) / across;
        std::vector<Placed> placed;
        for (int i = 0; i < count; ++i) {
            const int row = i / across, first = rest.height * row / seen,
                      end = rest.height * (row + 1) / seen;
            const int gap = end - first > list_rows + 1 ? 1 : 0;
            placed.push_back({&panels_[static_cast<size_t>(i)],
                              {i % across * (wide + gutter), rest.y + first, wide, end - first - gap}});
        }
        place(placed, rest);
    }

    static int columns_of(int width) { return width < 76 ? 1 : width < 114 ? 2 : width < 170 ? 3 : 4; }

    // As roomy as they can be without a line that has to be scrolled to.
    static std::vector<Panel> fitting_panels(const Scene& scene, const Handler& handler, Rect body) {
        for (int roomy = roomiest; roomy > 0; --roomy) {
            std::vector<Panel> panels = handler_panels(scene, handler, roomy);
            bool fits = true;
            for (const Placed& one : in_columns(panels, body))
                fits &= one.area.y + one.area.height <= body.y + body.height;
            if (fits) return panels;
        }
        return handler_panels(scene, handler, 0);
    }

    // One below the other, each where there is most room.
    static std::vector<Placed> in_columns(const std::vector<Panel>& panels, Rect body) {
        const int across = columns_of(body.width);
        const int wide = (body.width - (across - 1) * gutter) / across;
        std::vector<int> used(static_cast<size_t>(across), 0);
        std::vector<Placed> placed;
        for (const Panel& panel : panels) {
            const auto column = std::min_element(used.begin(), used.end());
            const auto x = static_cast<int>(column - used.begin()) * (wide + gutter);
            placed.push_back({&panel, {x, body.y + *column, wide, panel.rows}});
            *column += panel.rows + 1;
        }
        return placed;
    }

    // Draws what is in `body` when it is moved so far that the selected panel is in it.
    void place(const std::vector<Placed>& placed, Rect body) {
        for (const Placed& one : placed) frame_.panels.push_back(one.panel->id);
        if (placed.empty()) return;
        const auto found = std::find_if(placed.begin(), placed.end(), [&](const Placed& p) {
            return p.panel->id == screen_.view.selected;
        });
        const Placed& selected = found == placed.end() ? placed.front() : *found;
        frame_.selected = selected.panel->id;
        int bottom = 0;
        for (const Placed& one : placed) bottom = std::max(bottom, one.area.y + one.area.height);
        const int hidden = bottom - (body.y + body.height);
        int scrolled = selected.area.y + selected.area.height - (body.y + body.height);
        scrolled = std::clamp(scrolled, 0, std::max(selected.area.y - body.y, 0));
        for (const Placed& one : placed) {
            Rect area = one.area;
            area.y -= scrolled;
            draw_panel(one, area, body, found != placed.end() && &one == &selected);
        }
        if (hidden <= 0) return;
        const bool below = hidden > scrolled;
        const std::string where =
            fmt::format(" more {} ", screen_.look.utf8 ? (below ? "↓" : "↑") : (below ? "below" : "above"));
        frame_.grid.put(body.width - static_cast<int>(sinks::columns(where)), tabs_row, where, Ink::notice);
    }

    void draw_panel(const Placed& placed, Rect area, Rect body, bool selected) {
        if (area.y >= body.y + body.height || area.y + area.height <= body.y) return;
        const Lines lines = placed.panel->draw(area.width, area.height);
        for (int i = 0; i < std::min(static_cast<int>(lines.size()), area.height); ++i) {
            const int y = area.y + i;
            if (y < body.y || y >= body.y + body.height) continue;
            if (i == 0 && selected) frame_.grid.light({area.x, y, area.width, 1});
            frame_.grid.put(area.x, y, lines[static_cast<size_t>(i)], area.x + area.width);
        }
        frame_.hits.push_back({area, Action::none, {}, placed.panel->id, false});
    }

    const Screen& screen_;
    Frame frame_;
    std::vector<Panel> panels_;
};

} // namespace

Frame draw(const Screen& screen, int width, int height) {
    return Painter(screen, width, height).paint();
}

} // namespace visor::terminal
