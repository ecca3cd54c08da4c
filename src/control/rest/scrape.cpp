#include "control/rest/scrape.hpp"

#include "control/log.hpp"
#include "control/rest/merged.hpp"
#include "control/rest/results.hpp"
#include "engine/ledger.hpp"
#include "sinks/modern.hpp"
#include "sinks/prometheus.hpp"

#include <algorithm>

namespace visor::control {

namespace {

// The last whole minute, or the open one while there is no other.
Asked scraped_period(const RunningPolicy& policy) {
    const Asked last_whole{false, 1};
    return wrong_period(policy, last_whole, "1").empty() ? last_whole : Asked{};
}

// Counters are of now; of gauges those that have no whole minute yet.
void refresh_scraped(Agent& agent, std::vector<PolicyPointer> policies, bool modern) {
    std::erase_if(policies, [&](const PolicyPointer& policy) {
        return !modern && scraped_period(*policy).periods != 0;
    });
    agent.refresh(policies);
}

// Figures of all policies asked for, as long as the exposition is made.
class Scraped {
public:
    Scraped(Agent& agent, const std::vector<PolicyPointer>& policies, const ScrapeOptions& options) {
        const bool modern = options.format != sinks::ExpositionFormat::compatible;
        refresh_scraped(agent, policies, modern);
        for (const PolicyPointer& policy : policies) {
            views_.push_back(views_of(*policy, scraped_period(*policy)));
            lives_.push_back(modern ? lifetimes_of(*policy) : std::vector<engine::LiveView>{});
        }
        for (size_t i = 0; i < views_.size(); ++i)
            if (policies[i]->config.merge_like_handlers)
                add_merged(views_[i], lives_[i], options);
            else
                for (size_t tap = 0; tap < views_[i].size(); ++tap)
                    add(views_[i][tap], modern ? &lives_[i][tap] : nullptr, options);
    }
    std::vector<sinks::Source>& sources() { return sources_; }
    // What share of their events handlers analyse deeply, as configured.
    std::vector<sinks::PlainMetric>& sampling() { return sampling_; }

private:
    static std::vector<engine::LiveView> lifetimes_of(const RunningPolicy& policy) {
        std::vector<engine::LiveView> lives;
        for (const auto& on_tap : policy.taps)
            lives.push_back(on_tap.live->results().lifetime(engine::wall_clock_ns()));
        return lives;
    }
    void add(const engine::LiveView& view, const engine::LiveView* life, const ScrapeOptions& options) {
        for (const auto& handler : view.handlers) {
            sinks::Labels labels{{"policy", view.plan->name}, {"tap", view.plan->tap}};
            if (!options.instance.empty()) labels.push_back({"instance", options.instance});
            add_sampling(handler, labels, handler.plan->name);
            if (options.with_handler) labels.push_back({"handler", handler.plan->name});
            const engine::HandlerView* since = nullptr;
            if (life)
                for (const auto& other : life->handlers)
                    if (other.plan == handler.plan) since = &other;
            put(handler, std::move(labels), since);
        }
    }
    // Of no tap, as the handlers are of several.
    void add_merged(const std::vector<engine::LiveView>& views, const std::vector<engine::LiveView>& lives,
                    const ScrapeOptions& options) {
        const auto& now = merged_.emplace_back(merged_handlers(views));
        const auto& whole = merged_.emplace_back(merged_handlers(lives));
        for (const MergedHandler& handler : now) {
            sinks::Labels labels{{"policy", views.front().plan->name}};
            if (!options.instance.empty()) labels.push_back({"instance", options.instance});
            add_sampling(handler.view(), labels, handler.name());
            if (options.with_handler) labels.push_back({"handler", handler.name()});
            const auto since = std::find_if(whole.begin(), whole.end(), [&](const MergedHandler& other) {
                return other.is_of_kind(handler.view());
            });
            put(handler.view(), std::move(labels), since == whole.end() ? nullptr : &since->view());
        }
    }
    void add_sampling(const engine::HandlerView& view, sinks::Labels labels, const std::string& handler) {
        labels.push_back({"handler", handler});
        sampling_.push_back(sinks::plain_metric(
            engine::configured_sampling(view.plan->window.deep_sample_rate), std::move(labels)));
    }
    void put(const engine::HandlerView& view, sinks::Labels&& labels, const engine::HandlerView* since) {
        sources_.push_back(
            {&view, std::move(labels), since, since ? static_cast<double>(since->start_ts) : 0});
    }
    std::deque<std::deque<MergedHandler>> merged_;
    std::vector<std::vector<engine::LiveView>> views_, lives_; // by policy and tap
    std::vector<sinks::Source> sources_;
    std::vector<sinks::PlainMetric> sampling_;
};

// Where every frame went, by stream; and every line of the log.
void add_ledgers(std::vector<sinks::PlainMetric>& metrics, const Agent& agent, const std::string& instance) {
    for (const auto& [name, state] : agent.streams()) {
        sinks::Labels labels{{"stream", name}, {"tap", state.stream->tap}};
        if (!instance.empty()) labels.push_back({"instance", instance});
        for (const auto& line : engine::ledger_lines(state.counts))
            metrics.push_back(sinks::plain_metric(line, labels));
    }
    sinks::Labels labels;
    if (!instance.empty()) labels.push_back({"instance", instance});
    for (const auto& line : log_ledger()) metrics.push_back(sinks::plain_metric(line, labels, ""));
}

} // namespace

std::string scrape(Agent& agent, const std::vector<PolicyPointer>& policies, const ScrapeOptions& options) {
    Scraped scraped(agent, policies, options);
    using Format = sinks::ExpositionFormat;
    if (options.format == Format::compatible) return sinks::prometheus_text(std::move(scraped.sources()));
    const auto form = options.format == Format::protobuf       ? sinks::ModernForm::protobuf
                      : options.format == Format::open_metrics ? sinks::ModernForm::open_metrics
                                                               : sinks::ModernForm::text;
    std::vector<sinks::PlainMetric> plain = std::move(scraped.sampling());
    if (options.with_agent) add_ledgers(plain, agent, options.instance);
    return sinks::modern_exposition({std::move(scraped.sources()), std::move(plain), options.start_time_s},
                                    form);
}

} // namespace visor::control
