#include "results.hpp"

#include "control/page/page.hpp"
#include "control/registry.hpp"
#include "sinks/json.hpp"
#include "sinks/schema_json.hpp"
#include "sinks/text.hpp"
#include "version.hpp"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

namespace visor::cmd {

nlohmann::json input_json(const Finished& done) {
    return {{"bpf", done.job.input.bpf}, {"host_spec", done.job.input.host_spec}};
}

namespace {

nlohmann::json default_json(const PcapOptions& options, const engine::OfflineRun& run) {
    nlohmann::json out;
    nlohmann::json& window = out[std::to_string(options.periods) + "m"];
    for (const auto& handler : run.policies().front().handlers)
        window[std::string(handler.plan->handler->schema().key)] =
            sinks::handler_json(handler, {options.extended});
    return out;
}

nlohmann::json policies_json(const sinks::JsonOptions& options, const std::vector<Finished>& all) {
    nlohmann::json out;
    for (const Finished& done : all) {
        for (const auto& policy : done.run->policies()) {
            nlohmann::json& handlers = out[policy.plan->name];
            if (handlers.is_null()) handlers = nlohmann::json::object();
            for (const auto& handler : policy.handlers) {
                nlohmann::json shown = sinks::handler_json(handler, options);
                if (shown.empty()) continue; // all its groups are off
                handlers[handler.plan->name][std::string(handler.plan->handler->schema().key)] =
                    std::move(shown);
            }
        }
    }
    return out;
}

nlohmann::json result_json(const PcapOptions& options, const std::vector<Finished>& all) {
    nlohmann::json out = options.config.empty() ? default_json(options, *all.front().run)
                                                : policies_json({options.extended}, all);
    if (!options.extended) return out;
    if (all.front().whose.empty()) {
        out["ledger"] = sinks::ledger_json(all.front().run->ledger());
        return out;
    }
    for (const Finished& done : all) { // each balances by itself
        nlohmann::json ledger = sinks::ledger_json(done.run->ledger());
        ledger["input"] = input_json(done);
        for (const auto& policy : done.run->policies()) ledger["policies"].push_back(policy.plan->on_tap());
        out["ledgers"].push_back(std::move(ledger));
    }
    return out;
}

std::string result_text(const std::vector<Finished>& all) {
    std::string out;
    for (const Finished& done : all) {
        sinks::TextOptions how;
        how.colour = isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR");
        how.title = done.source;
        if (!done.whose.empty()) how.policies = done.job.policies;
        if (!out.empty()) out += '\n';
        out += sinks::text_report(*done.run, how);
    }
    return out;
}

// A report is drawn once, and from nothing else: it holds all there is of each rate, in no more points than a
// wide screen has.
constexpr size_t reported_points = 3600;

size_t report_step(const std::vector<Finished>& all) {
    size_t longest = 0;
    for (const Finished& done : all)
        for (const auto& policy : done.run->policies())
            for (const auto& handler : policy.handlers)
                longest = std::max(longest, static_cast<size_t>(handler.length));
    longest = std::min(longest, engine::seconds_max);
    return std::max<size_t>((longest + reported_points - 1) / reported_points, 1);
}

// What the page would have asked an agent for, of everything in the capture.
nlohmann::json report_data(const PcapOptions& options, const std::vector<Finished>& all) {
    nlohmann::json out{
        {"version", version_text},
        {"schema", sinks::metrics_schema_json(control::handler_classes())},
        {"policies",
         policies_json({.charts = true, .seconds = engine::seconds_max, .step = report_step(all)}, all)}};
    std::string title;
    for (const std::string& file : options.files) title += (title.empty() ? "" : ", ") + file;
    out["title"] = title;
    for (const Finished& done : all)
        for (const auto& policy : done.run->policies())
            out["policies"][policy.plan->name]["ledger"][done.job.policies] =
                sinks::ledger_json(engine::ledger_lines(done.run->ledger()));
    return out;
}

} // namespace

std::string no_report() {
    const std::string why(page::why_not_bundled());
    if (why.empty()) return {};
    return "--format html needs the page, which is not in this program: " + why +
           "; install Node 18 or later with npm, remove build/page from the source tree and run make build; "
           "--format text and json do without";
}

Result<std::string> result_of(const PcapOptions& options, const std::vector<Finished>& all) {
    if (options.format == "text") return result_text(all);
    if (options.format == "html")
        return page::fill_report(page::bundled_report(), sinks::dump_json(report_data(options, all), false));
    return sinks::dump_json(result_json(options, all), options.format == "pretty",
                            isatty(STDOUT_FILENO) == 1) +
           "\n";
}

} // namespace visor::cmd
