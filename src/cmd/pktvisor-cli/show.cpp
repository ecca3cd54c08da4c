// --once and top.
#include "client/lists.hpp"
#include "cmd/pktvisor-cli/commands.hpp"
#include "cmd/pktvisor-cli/page.hpp"
#include "cmd/pktvisor-cli/printing.hpp"

#include <algorithm>
#include <set>

namespace visor::cmd {

using client::NamedList;
using client::Picture;
using sinks::Ink;
using sinks::Line;
using sinks::Lines;

namespace {

constexpr uint32_t usual_minutes = 5;

Result<Picture> looked(client::Source& source, const CliOptions& options) {
    const auto policy = chosen_policy(source, options);
    if (!policy) return Error{policy.error()};
    return source.look(*policy, options.minutes.value_or(usual_minutes));
}

// The names that can be asked for, those with something in them first.
std::string known_lists(const Picture& picture) {
    std::set<std::string> full, empty;
    for (const NamedList& list : client::lists_of(picture))
        (list.metric->top.items.empty() ? empty : full).insert(list.name);
    std::string text;
    for (const auto& name : full) text += (text.empty() ? "" : ", ") + name;
    std::string rest;
    for (const auto& name : empty)
        if (!full.contains(name)) rest += (rest.empty() ? "" : ", ") + name;
    if (!rest.empty()) text += (text.empty() ? "" : "; ") + ("nothing came in: " + rest);
    return text;
}

Lines list_page(const NamedList& list, const CliOptions& options, const sinks::Look& look) {
    const client::Top& top = list.metric->top;
    Line head(look);
    head.add(list.name, Ink::heading).add("  " + list.handler->instance, Ink::faint);
    if (!list.metric->help.empty()) head.add("  " + list.metric->help);
    Lines lines{head, Line(look).add("  " + period_text(*list.handler, look), Ink::faint)};
    const Lines items = top_lines(*list.metric, options.lines, look);
    lines.insert(lines.end(), items.begin(), items.end());
    if (items.empty()) lines.push_back(Line(look).add("  nothing came"));
    const std::string rest = top.unlisted_max.value_or(0) > 0
                                 ? "  any other: " + std::string(look.at_most()) + " " +
                                       figure(*top.unlisted_max, list.metric->unit, look)
                                 : "";
    if (!rest.empty()) lines.push_back(Line(look).add(rest, Ink::faint));
    if (options.lines > top.items.size() && top.total) {
        double told = 0;
        for (const client::Item& item : top.items) told += item.estimate;
        if (told < *top.total)
            lines.push_back(Line(look).add(
                "  there is more than the policy lists: its topn_count says how much it does", Ink::faint));
    }
    return lines;
}

nlohmann::json list_json(const NamedList& list, size_t lines) {
    client::Metric cut = *list.metric;
    if (cut.top.items.size() > lines) cut.top.items.resize(lines);
    nlohmann::json out = metric_json(cut);
    out["list"] = list.name;
    out["path"] = list.metric->path;
    out["handler"] = list.handler->instance;
    out["start_ts"] = list.handler->start_ts;
    out["length_s"] = list.handler->length_s;
    return out;
}

} // namespace

Result<std::string> chosen_policy(client::Source& source, const CliOptions& options) {
    if (!options.policy.empty()) return options.policy;
    const auto names = source.policies();
    if (!names) return Error{names.error()};
    const std::string* usual = client::usual_policy(*names);
    if (!usual)
        return Error{source.identity() + " has no policy yet: start it with an interface or --config, or add "
                                         "one with pktvisor-cli policies apply FILE"};
    return *usual;
}

int show_once(client::Source& source, const CliOptions& options) {
    const auto picture = looked(source, options);
    if (!picture) return failed(picture.error());
    const sinks::Look look = options.look();
    const bool printed = options.json() ? print_json(picture_json(*picture))
                                        : print(picture_page(*picture, options.lines, look));
    return printed ? 0 : 1;
}

int show_top(client::Source& source, const CliOptions& options) {
    const auto picture = looked(source, options);
    if (!picture) return failed(picture.error());
    const std::string& wanted = options.words.front();
    auto lists = client::find_lists(*picture, wanted);
    if (lists.empty()) {
        const std::string known = known_lists(*picture);
        return failed("policy '" + picture->policy + "' has no list '" + wanted + "'" +
                      (known.empty() ? ", nor any other" : "; it has: " + known));
    }
    if (options.json()) {
        nlohmann::json out = nlohmann::json::array();
        for (const NamedList& list : lists) out.push_back(list_json(list, options.lines));
        return print_json(out) ? 0 : 1;
    }
    const bool some = std::any_of(lists.begin(), lists.end(),
                                  [](const NamedList& list) { return !list.metric->top.items.empty(); });
    if (some) // of several sides, those without anything are left out
        std::erase_if(lists, [](const NamedList& list) { return list.metric->top.items.empty(); });
    const sinks::Look look = options.look();
    Lines lines;
    for (const NamedList& list : lists) {
        const Lines page = list_page(list, options, look);
        lines.insert(lines.end(), page.begin(), page.end());
    }
    return print(lines) ? 0 : 1;
}

} // namespace visor::cmd
