#include "terminal/head.hpp"

#include "sinks/text_units.hpp"

#include <algorithm>
#include <span>
#include <spdlog/fmt/fmt.h>

namespace visor::terminal {

using client::Handler;
using client::Picture;

namespace {

constexpr int64_t second_ns = 1'000'000'000;

// Items of a line, in order of what should stay when there is no room.
void add_items(Line& line, std::span<const std::pair<std::string, Ink>> items, size_t width,
               const Look& look) {
    for (const auto& [text, ink] : items) {
        if (text.empty()) continue;
        Line item(look);
        if (line.width() > 1) item.add("  ");
        item.add(text, ink);
        if (line.width() + item.width() <= width) line.join(item);
    }
}

Line state(const Screen& screen) {
    Line line(screen.look);
    const Link& link = screen.link;
    const std::string_view dot = screen.look.utf8 ? "• " : "* ";
    if (link.lost_ms) {
        const int64_t gone = std::max<int64_t>(screen.now_ms - link.lost_ms, 0) / 1000;
        line.add(fmt::format("{}{}, trying again", dot,
                             screen.picture ? fmt::format("lost for {} s", gone) : "not connected"),
                 Ink::alarm);
    } else if (!screen.picture) {
        line.add("connecting", Ink::faint);
    } else if (!link.live) {
        line.add("capture", Ink::notice);
    } else {
        line.add(std::string(dot) + "live", Ink::good);
    }
    if (screen.view.paused) line.add("  ").add("PAUSED", Ink::notice);
    if (screen.picture && link.live)
        line.add(" ").add(sinks::time_of_day(screen.picture->taken_ms / 1000), Ink::faint);
    return line.add(" ");
}

void agent_line(const Screen& screen, Grid& grid) {
    const Line right = state(screen);
    const int width = grid.width();
    const auto room = static_cast<size_t>(std::max(width - static_cast<int>(right.width()) - 2, 1));
    Line line(screen.look);
    line.pad_to(1).add("pktvisor", Ink::title);
    const Picture* picture = screen.picture;
    const std::string agent = picture && !picture->agent.empty() ? picture->agent : screen.link.identity;
    std::vector<std::pair<std::string, Ink>> items = {
        {sinks::shortened(sinks::printable(agent, screen.look), std::min<size_t>(room * 2 / 3, 60),
                          screen.look),
         Ink::heading}};
    if (picture) {
        items.emplace_back(picture->version, Ink::faint);
        if (picture->up_minutes > 0)
            items.emplace_back("up " + sinks::duration_of_minutes(picture->up_minutes), Ink::faint);
    }
    add_items(line, items, room, screen.look);
    grid.light({0, 0, width, 1});
    grid.put(0, 0, line);
    grid.put(width - static_cast<int>(right.width()), 0, right);
}

std::string window_text(const Screen& screen) {
    if (!screen.link.live) return "whole capture";
    if (screen.view.minutes == 1) return "live (this minute)";
    return fmt::format("{} min", screen.view.minutes);
}

void policy_line(const Screen& screen, Grid& grid) {
    const View& view = screen.view;
    const auto& policies = screen.link.policies;
    std::string number;
    const auto at = std::find(policies.begin(), policies.end(), view.policy);
    // Then another one is shown.
    const bool missing = screen.picture && at == policies.end() && screen.picture->policy != view.policy;
    if (policies.size() > 1 && at != policies.end())
        number = fmt::format(" ({} of {})", at - policies.begin() + 1, policies.size());
    std::vector<std::pair<std::string, Ink>> items;
    const auto item = [&](std::string_view name, const std::string& value, Ink ink = Ink::plain) {
        if (!value.empty())
            items.emplace_back(
                fmt::format("{} {}", name,
                            sinks::shortened(sinks::printable(value, screen.look), 40, screen.look)),
                ink);
    };
    item("policy", (missing ? screen.picture->policy : view.policy) + number);
    if (missing && !view.policy.empty()) item("no policy", view.policy, Ink::alarm);
    item("tap", screen.picture ? screen.picture->tap : "");
    item("window", window_text(screen));
    if (view.sort != Sort::weight) item("sorted by", std::string(sort_name(view.sort)), Ink::notice);
    if (!view.filter.empty() && !view.typing) item("filter", view.filter, Ink::notice);
    if (screen.picture && !screen.picture->handlers.empty()) {
        const Handler& handler = screen.picture->handlers.front();
        if (handler.length_s > 0)
            items.emplace_back(fmt::format("since {} ({})", sinks::time_of_day(handler.start_ts),
                                           sinks::duration(handler.length_s * second_ns)),
                               Ink::faint);
    }
    Line line(screen.look);
    add_items(line.pad_to(1), items, static_cast<size_t>(grid.width()), screen.look);
    grid.put(0, 1, line);
}

struct Balance {
    double received = 0, delivered = 0, malformed = 0, dropped = 0;
    std::vector<std::pair<std::string, double>> reasons; // why frames were dropped, most first
};

Balance balance_of(const Picture& picture) {
    Balance sum;
    for (const client::LedgerLine& line : picture.ledger) {
        std::string_view path = line.path;
        if (path.starts_with("tap.")) path.remove_prefix(4);
        if (path == "received") sum.received += line.count;
        if (path == "delivered") sum.delivered += line.count;
        if (path.starts_with("malformed")) sum.malformed += line.count;
        if (!path.starts_with("dropped")) continue;
        sum.dropped += line.count;
        if (line.count <= 0 || !path.starts_with("dropped.")) continue;
        const std::string reason(path.substr(8));
        const auto known =
            std::find_if(sum.reasons.begin(), sum.reasons.end(), [&](auto& r) { return r.first == reason; });
        if (known == sum.reasons.end())
            sum.reasons.emplace_back(reason, line.count);
        else
            known->second += line.count;
    }
    std::stable_sort(sum.reasons.begin(), sum.reasons.end(),
                     [](auto& a, auto& b) { return a.second > b.second; });
    return sum;
}

void ledger_line(const Screen& screen, Grid& grid) {
    Line line(screen.look);
    line.pad_to(1);
    if (screen.link.lost_ms && screen.picture) {
        line.add(fmt::format("last picture, taken {}: {}",
                             sinks::time_of_day(screen.picture->taken_ms / 1000), screen.link.error),
                 Ink::alarm);
        grid.put(0, 2, line);
        return;
    }
    if (!screen.picture || screen.picture->ledger.empty()) return;
    const Balance b = balance_of(*screen.picture);
    const auto text = [&](double n) {
        return grid.width() < 100 ? sinks::compact(n) : sinks::grouped(sinks::whole(n));
    };
    Line malformed(screen.look), dropped(screen.look);
    malformed.add(text(b.malformed), b.malformed > 0 ? Ink::notice : Ink::title);
    malformed.add(" malformed", b.malformed > 0 ? Ink::notice : Ink::plain);
    dropped.add(text(b.dropped) + " dropped", b.dropped > 0 ? Ink::alarm : Ink::good);
    if (b.dropped > 0 && b.received > 0)
        dropped.add(fmt::format(" ({})", sinks::percent(b.dropped / b.received)), Ink::alarm);
    line.add(text(b.received), Ink::title).add(" received");
    Line whole(line);
    whole.add(" = ").add(text(b.delivered), Ink::title).add(" delivered + ").join(malformed).add(" + ");
    whole.join(dropped);
    if (whole.width() >
        static_cast<size_t>(grid.width())) { // no figure is cut: what matters most comes first
        line.add("  ").join(dropped).add("  ").join(malformed);
        grid.put(0, 2, line);
        return;
    }
    line = std::move(whole);
    const double waiting = b.received - b.delivered - b.malformed - b.dropped;
    if (waiting > 0) {
        Line item(screen.look);
        item.add(fmt::format(" + {} on their way", text(waiting)), Ink::faint);
        if (line.width() + item.width() <= static_cast<size_t>(grid.width())) line.join(item);
    }
    for (const auto& [reason, count] : b.reasons) {
        Line item(screen.look);
        item.add(fmt::format("  {} {}", reason, text(count)), Ink::alarm);
        if (line.width() + item.width() <= static_cast<size_t>(grid.width())) line.join(item);
    }
    grid.put(0, 2, line);
}

void tabs_line(const Screen& screen, Frame& frame, int y) {
    frame.panes = {""};
    std::vector<std::string> titles = {"overview"};
    if (screen.picture)
        for (const Handler& handler : screen.picture->handlers) {
            frame.panes.push_back(handler.instance);
            const auto same = std::count_if(screen.picture->handlers.begin(), screen.picture->handlers.end(),
                                            [&](const Handler& h) { return h.title == handler.title; });
            titles.push_back(sinks::printable(
                same > 1 || handler.title.empty() ? handler.instance : handler.title, screen.look));
        }
    const auto known = std::find(frame.panes.begin(), frame.panes.end(), screen.view.pane);
    const auto shown =
        known == frame.panes.end() ? size_t{0} : static_cast<size_t>(known - frame.panes.begin());
    const auto number = [](size_t i) { return i < 9 ? fmt::format(" {} ", i + 1) : std::string(" "); };
    const auto wide = [&](size_t i) { return number(i).size() + sinks::columns(titles[i]) + 2; };
    // The first ones make room for the one that is shown, and for how much more of it there is.
    const size_t room = static_cast<size_t>(frame.grid.width()) - 10;
    size_t begin = shown;
    for (size_t used = wide(shown); begin > 0 && (used += wide(begin - 1)) <= room;) --begin;
    if (begin > 0) frame.grid.put(0, y, "<", Ink::key);
    int x = 1;
    for (size_t i = begin; i < titles.size() && x < frame.grid.width(); ++i) {
        const bool on = i == shown;
        const int first = x;
        x = frame.grid.put(x, y, number(i), on ? Ink::title : Ink::key);
        x = frame.grid.put(x, y, titles[i] + " ", on ? Ink::title : Ink::plain);
        if (on) frame.grid.light({first, y, x - first, 1});
        frame.hits.push_back({{first, y, x - first, 1}, Action::none, frame.panes[i], {}, true});
        ++x;
    }
}

} // namespace

int head(const Screen& screen, Frame& frame) {
    agent_line(screen, frame.grid);
    policy_line(screen, frame.grid);
    ledger_line(screen, frame.grid);
    tabs_line(screen, frame, tabs_row);
    return frame.grid.height() >= 20 ? 5 : 4; // an empty line when there is room
}

void footer(const Screen& screen, Frame& frame) {
    Grid& grid = frame.grid;
    const int y = grid.height() - 1;
    if (screen.view.typing) {
        int x = grid.put(1, y, "filter: ", Ink::key);
        x = grid.put(x, y, sinks::printable(screen.view.filter, screen.look), Ink::title);
        grid.put(x, y, "_", Ink::notice);
        const std::string_view help = "enter keeps it, esc clears it";
        grid.put(std::max(x + 3, grid.width() - static_cast<int>(help.size()) - 1), y, help, Ink::faint);
        return;
    }
    // How to get help and how to leave have their place before all others.
    const auto always = [](const KeyRow& row) {
        return row.action == Action::help || row.action == Action::quit;
    };
    int x = 1, kept = 0;
    for (const KeyRow& row : key_rows())
        if (always(row)) kept += static_cast<int>(row.keys.size() + row.label.size()) + 3;
    const auto add = [&](const KeyRow& row, std::string_view keys, std::string_view label) {
        const auto width = static_cast<int>(keys.size() + 1 + label.size());
        if (x + width > grid.width() - (always(row) ? 0 : kept)) return;
        frame.hits.push_back({{x, y, width, 1}, row.action, {}, {}, false});
        x = grid.put(x, y, keys, Ink::key);
        x = grid.put(x + 1, y, label, Ink::faint) + 2;
    };
    for (const KeyRow& row : key_rows()) {
        if (screen.view.expanded && row.action == Action::back) add(row, "esc", "back");
        if (row.label.empty() || (screen.view.expanded && row.action == Action::expand)) continue;
        const std::string_view first = row.keys.substr(0, row.keys.find(','));
        const bool scrolls = screen.view.expanded && row.action == Action::down;
        add(row, first,
            scrolls                                             ? "scroll"
            : screen.view.paused && row.action == Action::pause ? "go on"
                                                                : row.label);
    }
}

void help_overlay(const Screen& screen, Frame& frame) {
    const auto rows = key_rows();
    Grid& grid = frame.grid;
    const auto told =
        std::count_if(rows.begin(), rows.end(), [](const KeyRow& r) { return !r.help.empty(); });
    const int wanted = static_cast<int>(told) + 6, inside = std::min(grid.width() - 6, 70);
    const int height = std::min(wanted, grid.height() - 1);
    const Rect box{(grid.width() - inside - 4) / 2, std::max((grid.height() - height) / 2, 0), inside + 4,
                   height};
    grid.blank(box);
    grid.light(box);
    int y = box.y;
    grid.put(box.x + 2, y++, "keys", Ink::heading);
    for (const KeyRow& row : rows) {
        if (y >= box.y + height) return;
        if (row.help.empty()) continue;
        Line line(screen.look);
        line.left(row.keys, 17, Ink::key).add(row.help);
        grid.put(box.x + 2, y++, line, box.x + 2 + inside);
    }
    constexpr std::string_view more[] = {
        "", "Mouse: click a pane, a table, a key; a table again to expand it.",
        "A figure behind +- is how far the one before it may be off;",
        "\"others <= n\": nothing that is not listed weighs more.", "Any key leaves."};
    for (const std::string_view text : more)
        if (y < box.y + height) grid.put(box.x + 2, y++, text, Ink::faint, box.x + 2 + inside);
}

std::vector<std::string> reasons(const Screen& screen) {
    const Link& link = screen.link;
    if (!screen.picture && link.lost_ms)
        return {"not connected", link.error, "", "It is asked again every second."};
    if (!screen.picture)
        return link.live ? std::vector<std::string>{fmt::format("asking {} ...", link.identity)}
                         : std::vector<std::string>{fmt::format("reading {} ...", link.identity)};
    if (link.policies.empty())
        return {"there is no policy", "",
                "A policy says what is counted on which tap: start pktvisord with an interface, "
                "give it one with --config, or send one to /api/v1/policies."};
    return {fmt::format("policy {} shows nothing yet", screen.view.policy), "",
            "Its handlers have not counted, or it has none.",
            "Try a longer window with w, or another policy with p."};
}

} // namespace visor::terminal
