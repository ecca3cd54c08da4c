// Prints what a scrape of every handler this build has would get, all metric groups on, after reading a
// capture. Usage: print_exposition FORMAT CAPTURE [REPEAT]   FORMAT as in the query of /metrics; with REPEAT
// the exposition is made so often, and the time of one is told on standard error.
#include "control/plan.hpp"
#include "control/registry.hpp"
#include "engine/offline.hpp"
#include "sinks/negotiate.hpp"
#include "taps/pcap/merged_source.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

namespace {
using namespace visor;

// One policy for each version, as two versions of a handler share their schema key.
engine::Plan plan_of_everything() {
    engine::Plan plan;
    for (const HandlerClass* handler : control::handler_classes()) {
        if (getenv("V1") && handler->version != "1.0") continue;
        const std::string name = "all-" + std::string(handler->version);
        auto policy = std::find_if(plan.policies.begin(), plan.policies.end(),
                                   [&](const auto& p) { return p.name == name; });
        if (policy == plan.policies.end())
            policy = plan.policies.insert(policy,
                                          engine::PlannedPolicy{name, "tap \"one\"\\\n\xff", {}, false, {}});
        engine::PlannedHandler planned{name + "-" + std::string(handler->type), handler, {}, {}};
        planned.config.groups =
            getenv("V1") ? handler->schema().default_groups() : handler->schema().all_groups();
        policy->handlers.push_back(std::move(planned));
    }
    return plan;
}

std::vector<sinks::Source> sources_of(const engine::OfflineRun& run) {
    std::vector<sinks::Source> sources;
    for (const auto& policy : run.policies())
        for (const auto& view : policy.handlers)
            sources.push_back(
                {&view, {{"policy", policy.plan->name}, {"tap", policy.plan->tap}, {"instance", "here"}}});
    return sources;
}

std::string exposition(const engine::OfflineRun& run, sinks::ExpositionFormat format) {
    sinks::Scrape scrape{sources_of(run), {}, 1'700'000'000.25};
    for (const auto& line : engine::ledger_lines(run.ledger()))
        scrape.plain.push_back({line.path, line.help, true, static_cast<double>(line.count)});
    return sinks::exposition_of(format, std::move(scrape));
}

int print(const std::string& format, const std::string& capture, int repeat) {
    const auto chosen = sinks::choose_exposition(format, "");
    if (!chosen) return std::fprintf(stderr, "%s\n", chosen.error().c_str()), 2;
    auto source = taps::MergedSource::open({capture}, {});
    if (!source) return std::fprintf(stderr, "%s\n", source.error().c_str()), 2;
    const engine::Plan plan = plan_of_everything();
    auto hosts = PrefixSet::parse("10.77.0.2/32,fd77::2/128");
    engine::OfflineOptions how;
    how.decode = control::decode_settings(plan, std::move(*hosts));
    auto run = engine::OfflineRun::run(**source, plan, {}, how);
    if (!run) return std::fprintf(stderr, "%s\n", run.error().c_str()), 2;
    std::string text;
    const std::clock_t begin = std::clock();
    for (int i = 0; i < repeat; ++i) text = exposition(**run, *chosen);
    const double ms = static_cast<double>(std::clock() - begin) * 1e3 / CLOCKS_PER_SEC;
    if (repeat > 1) std::fprintf(stderr, "%.3f ms, %zu bytes\n", ms / repeat, text.size());
    std::fwrite(text.data(), 1, text.size(), stdout);
    return 0;
}
} // namespace

int main(int argc, char** argv) {
    if (argc < 3) return std::fprintf(stderr, "usage: print_exposition FORMAT CAPTURE [REPEAT]\n"), 2;
    return print(argv[1], argv[2], argc > 3 ? std::max(std::atoi(argv[3]), 1) : 1);
}
