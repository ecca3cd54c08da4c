#include "control/rest/results.hpp"

#include "engine/ledger.hpp"
#include "sinks/json.hpp"

#include <algorithm>

namespace visor::control {

std::vector<engine::LiveView> views_of(const RunningPolicy& policy, const Asked& asked) {
    std::vector<engine::LiveView> views;
    const int64_t now_ns = engine::wall_clock_ns();
    for (const auto& on_tap : policy.taps) {
        const auto& results = on_tap.live->results();
        views.push_back(asked.merged ? results.window(asked.periods, now_ns)
                                     : results.period(asked.periods, now_ns));
    }
    return views;
}

std::string wrong_period(const RunningPolicy& policy, const Asked& asked, std::string_view text) {
    const uint32_t kept = policy.config.window.periods;
    const bool number = text.size() <= 6; // no more fits between the limits
    if (asked.merged) {
        if (number && asked.periods >= 2 && asked.periods <= kept) return {};
        return "invalid metrics period, specify [2, " + std::to_string(kept) + "]";
    }
    if (!number || asked.periods >= kept)
        return "invalid metrics period, specify [0, " + std::to_string(kept - 1) + "]";
    uint32_t available = 1;
    for (const auto& on_tap : policy.taps) available = std::max(available, on_tap.live->results().periods());
    if (asked.periods < available) return {};
    return "requested metrics period has not yet accumulated, current range is [0, " +
           std::to_string(available - 1) + "]";
}

namespace {

// All handlers of a kind as one: cells merge, and so do the seconds of their rates.
class MergedHandlers {
public:
    explicit MergedHandlers(const engine::HandlerView& first) : view_(first), bucket_(size_of(first)) {
        rates_ = *first.rates;
        merge_cells(first.plan->handler->cells(), bucket_.cells(), first.cells);
        view_.cells = bucket_.cells();
    }
    MergedHandlers(const MergedHandlers&) = delete;
    MergedHandlers& operator=(const MergedHandlers&) = delete;

    void add(const engine::HandlerView& other) {
        merge_cells(other.plan->handler->cells(), bucket_.cells(), other.cells);
        for (const auto& [offset, seconds] : *other.rates) {
            auto& sum = rates_[offset];
            sum.resize(std::max(sum.size(), seconds.size()));
            for (size_t i = 0; i < seconds.size(); ++i) sum[i] += seconds[i];
        }
        view_.start_ts = std::min(view_.start_ts, other.start_ts);
        view_.length = std::max(view_.length, other.length);
    }
    bool same_kind(const engine::HandlerView& other) const {
        return other.plan->handler == view_.plan->handler &&
               other.plan->config.groups == view_.plan->config.groups;
    }
    engine::HandlerView view() const {
        engine::HandlerView view = view_;
        view.rates = &rates_;
        return view;
    }

private:
    static size_t size_of(const engine::HandlerView& view) { return view.plan->handler->schema().cells_size; }
    engine::HandlerView view_;
    engine::Bucket bucket_;
    std::map<uint32_t, engine::Seconds> rates_;
};

std::string key_of(const engine::HandlerView& view) {
    return std::string(view.plan->handler->schema().key);
}

nlohmann::json merged_json(const std::vector<engine::LiveView>& views, const Services& services,
                           const sinks::JsonOptions& options) {
    std::deque<MergedHandlers> kinds;
    for (const auto& view : views) {
        for (const auto& handler : view.handlers) {
            const auto same = std::find_if(kinds.begin(), kinds.end(),
                                           [&](const auto& kind) { return kind.same_kind(handler); });
            if (same != kinds.end())
                same->add(handler);
            else
                kinds.emplace_back(handler);
        }
    }
    nlohmann::json out = nlohmann::json::object();
    for (const auto& kind : kinds) {
        const engine::HandlerView view = kind.view();
        auto shown = sinks::handler_json(view, services, options);
        if (!shown.empty()) out[key_of(view) + "_merged"][key_of(view)] = std::move(shown);
    }
    return out;
}

} // namespace

nlohmann::json policy_json(const RunningPolicy& policy, const std::vector<engine::LiveView>& views,
                           const Services& services, bool extended) {
    const sinks::JsonOptions options{extended};
    nlohmann::json out = nlohmann::json::object();
    if (policy.config.merge_like_handlers) {
        out = merged_json(views, services, options);
    } else {
        for (const auto& view : views) {
            for (const auto& handler : view.handlers) {
                auto shown = sinks::handler_json(handler, services, options);
                if (!shown.empty()) out[handler.plan->name][key_of(handler)] = std::move(shown);
            }
        }
    }
    return out;
}

nlohmann::json flat_json(const std::vector<engine::LiveView>& views, const Services& services,
                         bool extended) {
    nlohmann::json out = nlohmann::json::object();
    for (const auto& view : views)
        for (const auto& handler : view.handlers)
            if (auto shown = sinks::handler_json(handler, services, {extended}); !shown.empty())
                out[key_of(handler)] = std::move(shown);
    return out;
}

nlohmann::json ledger_of(const RunningPolicy& policy) {
    nlohmann::json out = nlohmann::json::object();
    for (const auto& on_tap : policy.taps)
        if (on_tap.stream->live)
            out[on_tap.stream->name] =
                sinks::ledger_json(engine::ledger_lines(on_tap.stream->live->counts()));
    return out;
}

} // namespace visor::control
