#include "sinks/docs.hpp"

#include "engine/live_worker.hpp"
#include "sinks/modern.hpp"
#include "sinks/names.hpp"

#include <algorithm>
#include <set>
#include <spdlog/fmt/fmt.h>

namespace visor::sinks {

namespace {

constexpr std::string_view generated =
    "<!-- Made by `make docs` from the program's own tables; changes belong there. -->\n\n";

// Text in a cell of a table: a bar would end the cell.
std::string cell(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '|') out += '\\';
        out += c;
    }
    return out;
}

std::string code(std::string_view text) {
    return text.empty() ? "" : fmt::format("`{}`", text);
}

std::string groups_text(const Schema& schema, const Row& row) {
    std::string out;
    for (unsigned i = 0; i < schema.groups.size(); ++i)
        if (row.facts.groups & group_bit(i))
            out += fmt::format("{}{}", out.empty() ? "" : ", ", schema.groups[i].name);
    if (row.facts.extended) out += out.empty() ? "--extended" : ", --extended";
    return out;
}

std::string schema_markdown(const Schema& schema) {
    std::string out =
        fmt::format("## {}\n\nThe object `{}` of a handler's results.", schema.title, schema.key);
    if (!schema.dimension.empty()) {
        std::set<std::string_view> values;
        for (const Row& row : schema.rows)
            if (!row.dimension.empty()) values.insert(row.dimension);
        std::string names;
        for (const std::string_view value : values)
            names += fmt::format("{}`{}`", names.empty() ? "" : ", ", value);
        out += fmt::format(" Rows under `<{0}>` are there for each {0} seen: {1}.", schema.dimension, names);
    }
    out += "\n\n";
    if (!schema.groups.empty()) {
        out += "Groups:";
        for (const Group& group : schema.groups)
            out += fmt::format(" `{}`{}", group.name, group.default_on ? "" : " (off unless enabled)");
        out += "\n\n";
    }
    out += "| JSON path | compatible name | modern name | kind | unit | group | label | what "
           "|\n|---|---|---|---|---|---|---|---|\n";
    std::set<std::string> told; // a row of a dimension stands for all its values
    for (const Row& row : schema.rows) {
        const std::string path = row.dimension.empty()
                                     ? std::string(row.facts.path)
                                     : fmt::format("<{}>.{}", schema.dimension, row.facts.path);
        if (!told.insert(path).second) continue;
        out += fmt::format("| `{}` | `{}` | `{}` | {} | {} | {} | {} | {} |\n", path,
                           compatible_name(schema, row), modern_families(schema, row).front(),
                           kind_name(row.ops->kind, row.ops->gauge), code(row.facts.unit),
                           groups_text(schema, row), code(row.facts.label), cell(row.facts.help));
    }
    return out + "\n";
}

std::string_view type_name(OptionType type) {
    switch (type) {
    case OptionType::boolean:
        return "true or false";
    case OptionType::uint:
        return "number";
    case OptionType::text:
        return "text";
    case OptionType::list:
        return "list";
    case OptionType::uint_or_list:
        return "number or list";
    case OptionType::map:
        return "map";
    case OptionType::presence:
        return "present or not";
    }
    return {};
}

std::string range_text(const Option& option) {
    if (!option.choices.texts.empty()) return option.choices.listed();
    const std::string limit = option.range == OptionRange::clamp ? " (clamped)" : "";
    if (option.max != UINT64_MAX) return fmt::format("{} to {}{}", option.min, option.max, limit);
    return option.min ? fmt::format("{} or more{}", option.min, limit) : "";
}

std::string options_table(OptionTable options) {
    std::string out = "| key | value | range | what |\n|---|---|---|---|\n";
    for (const Option& option : options)
        out += fmt::format("| `{}` | {} | {} | {} |\n", option.key, type_name(option.type),
                           range_text(option), cell(option.help));
    return out + "\n";
}

// Of the live agent: those of its streams, and the configured share of each handler.
std::string ledger_markdown() {
    std::string out =
        "## Ledger\n\nWhere every frame went, by stream: `ledger` beside the handlers of a policy with "
        "`?extended=1`, and in the\nmodern exposition, on `/metrics` and of `__all`: of all streams, as a "
        "stream is of no one policy. The last line is\nof each handler, and stands with its own "
        "figures.\n\n| JSON path | modern name | kind | what |\n|---|---|---|---|\n";
    auto lines = engine::ledger_lines(std::vector<engine::WorkerCounts>{});
    lines.push_back(engine::configured_sampling(0));
    for (const engine::LedgerLine& line : lines)
        out += fmt::format("| `{}` | `pktvisor_{}{}` | {} | {} |\n", line.path, plain_metric(line, {}).name,
                           line.gauge ? "" : "_total", line.gauge ? "gauge" : "counter", cell(line.help));
    return out;
}

} // namespace

std::string metrics_markdown(std::span<const Schema* const> schemas) {
    std::string out = "# Metrics\n\n";
    out += generated;
    out +=
        "Every figure, by version of handler. Counters, rates and histograms are exact. Distinct counts, "
        "quantiles\n"
        "and top lists are estimates that know their error; `--extended` prints their bounds. Rows marked\n"
        "`--extended`, and the rates of recorded streams, are printed with that option only. Units are "
        "UCUM.\n\n"
        "Names are those of the two Prometheus expositions. In the modern one counters and histograms count "
        "from "
        "the\n"
        "start of the policy and times are seconds; a distinct count has `_lower` and `_upper` beside it, a "
        "top list\n"
        "`_upper` of each item, `_all` of everything and `_unlisted_upper` of what could be listed and is "
        "not (before\n"
        "a unit at the end of the name).\n\n";
    for (const Schema* schema : schemas) out += schema_markdown(*schema);
    return out + ledger_markdown();
}

std::string options_markdown(OptionTable process, std::span<const InputOptions> inputs,
                             std::span<const HandlerClass* const> handlers) {
    std::string out = "# Options\n\n";
    out += generated;
    out += "## The process\n\nUnder `visor.config` of a configuration file. On the command line of "
           "`pktvisord`, which wins, they are\nwritten with dashes (`--log-file`), but for `verbose` (`-v`), "
           "`daemon` (`-d`), `host` (`-l`) and `port` (`-p`).\n\n";
    out += options_table(process);
    for (const InputOptions& input : inputs) {
        out += fmt::format("## Input {}\n\nUnder `config` of a tap, or under `config` or `filter` of a "
                           "policy's input, which win.{}\n\n",
                           input.type, input.any_key ? " Other keys are accepted and passed over." : "");
        out += options_table(input.options);
    }
    out += "Those of handlers follow. Keys of one handler stand under its `config` or its `filter`.\n\n";
    out += "## Window\n\nUnder `handlers.window_config` of a policy, where they win, or under `config` of a "
           "handler.\n\n";
    out += options_table(window_options);
    out += "## Metric groups\n\nUnder `metric_groups` of any handler that has groups.\n\n";
    out += options_table(group_options);
    for (const HandlerClass* handler : handlers) {
        out += fmt::format("## {} {}\n\n", handler->type, handler->version);
        out += handler->options.empty() ? "No options of its own.\n\n" : options_table(handler->options);
    }
    out.pop_back();
    return out;
}

std::string routes_markdown(std::span<const RouteInfo> routes) {
    std::string out = "# REST\n\n";
    out += generated;
    out += "What the agent answers over HTTP. `/api/v1/openapi.json` says the same to programs. An error is\n"
           "`{\"error\": text}`, of routes for Prometheus text. An unknown path is 404, a document that is "
           "too large\n"
           "413, both without a body; the routes marked *admin* are unknown unless the agent runs with\n"
           "`--admin-api`. [rest_guide.md](rest_guide.md) has examples.\n\n";
    for (const RouteInfo& route : routes) {
        out += fmt::format("## {} {}\n\n{}.{}\n\n", route.method, route.path, route.summary,
                           route.admin ? " *admin*" : "");
        for (const RouteParameter& parameter : route.parameters) {
            out += fmt::format("- `{}`: {}", parameter.name, parameter.help);
            std::string choices;
            for (const auto choice : parameter.choices)
                choices += (choices.empty() ? "" : ", ") + code(choice);
            out += choices.empty() ? "\n" : " (" + choices + ")\n";
        }
        if (!route.parameters.empty()) out += "\n";
        out += "| status | answer |\n|---|---|\n";
        for (const RouteResponse& response : route.responses)
            out += fmt::format("| {} | {} |\n", response.status, cell(response.help));
        out += "\n";
    }
    out.pop_back();
    return out;
}

} // namespace visor::sinks
