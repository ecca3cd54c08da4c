// What merging, closing a minute, rendering and scraping cost against the number of policies, workers,
// handlers, periods and lines of top lists. Every step's growth is told as an exponent: 1 is linear.
//
// Buckets are filled by the live engine itself with frames of captures; the caller is the window thread.
// Times are the calling thread's processor time, medians. Usage: bench_scale CAPTURE...     as pcapgen makes
// them: one of DNS, one of flows
#include "control/plan.hpp"
#include "engine/clock.hpp"
#include "engine/offline.hpp"
#include "scale/live_run.hpp"
#include "sinks/json.hpp"
#include "sinks/modern.hpp"
#include "sinks/prometheus.hpp"
#include "sinks/text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <map>

namespace {

using namespace visor;
using namespace visor::bench;

constexpr size_t hand_over_blocks = 40; // of up to 1024 frames, to each worker between two hand-overs
constexpr int hand_overs = 3;           // of a minute

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double time_us(const std::function<void()>& work, int repeats = 7) {
    std::vector<double> us;
    for (int i = 0; i < repeats; ++i) {
        const int64_t start = engine::clock_ns(CLOCK_THREAD_CPUTIME_ID);
        work();
        us.push_back(static_cast<double>(engine::clock_ns(CLOCK_THREAD_CPUTIME_ID) - start) / 1e3);
    }
    return median(us);
}

// Lines of a table: what was varied, and for each of its values the figures of each column.
class Table {
public:
    Table(std::string title, std::vector<std::string> columns)
        : title_(std::move(title)), columns_(std::move(columns)) {}
    void add(double x, std::vector<double> values) { lines_.emplace_back(x, std::move(values)); }
    void add(std::string name, std::vector<double> values) {
        lines_.emplace_back(static_cast<double>(lines_.size()), std::move(values));
        names_.push_back(std::move(name));
    }
    void print() const {
        std::printf("\n%-26s", title_.c_str());
        for (const auto& column : columns_) std::printf(" %12s", column.c_str());
        for (size_t i = 0; i < lines_.size(); ++i) {
            if (names_.empty())
                std::printf("\n%-26.0f", lines_[i].first);
            else
                std::printf("\n%-26s", names_[i].c_str());
            for (const double value : lines_[i].second)
                std::printf(value < 100 ? " %12.2f" : " %12.0f", value);
        }
        if (names_.empty()) print_growth();
        std::printf("\n");
        std::fflush(stdout);
    }

private:
    void print_growth() const {
        const auto exponents = [&](const char* what, size_t from) {
            const auto& [x, values] = lines_[from];
            const auto& [last_x, last] = lines_.back();
            std::printf("\n%-26s", what);
            for (size_t i = 0; i < values.size(); ++i)
                std::printf(" %12.2f", std::log(last[i] / values[i]) / std::log(last_x / x));
        };
        exponents("growth exponent, all", 0); // what is the same for all lines makes it less
        if (lines_.size() > 2) exponents("... of the last step", lines_.size() - 2);
    }

    std::string title_;
    std::vector<std::string> columns_;
    std::vector<std::string> names_;
    std::vector<std::pair<double, std::vector<double>>> lines_;
};

struct Live {
    double hand_over_us, minute_us;
    double mib; // while all minutes are kept and workers have something to hand over
};

// Minutes of a run; what the window thread took for each hand-over and for each end of a minute.
Live run_minutes(LiveRun& run, int minutes, size_t blocks = hand_over_blocks) {
    std::vector<double> asked, ended;
    double mib = 0;
    for (int minute = 0; minute < minutes; ++minute) {
        for (int i = 0; i < hand_overs; ++i) {
            run.feed(blocks);
            asked.push_back(run.hand_over_ns() / 1e3);
        }
        run.feed(blocks);
        mib = private_mib();
        ended.push_back(run.end_minute_ns() / 1e3);
    }
    return {median(asked), median(ended), mib};
}

std::string json_of(const engine::LiveView& view) {
    nlohmann::json out;
    for (const auto& handler : view.handlers) {
        auto shown = sinks::handler_json(handler, {});
        if (!shown.empty())
            out[handler.plan->name][std::string(handler.plan->handler->schema().key)] = std::move(shown);
    }
    return sinks::dump_json(out, false);
}

std::vector<sinks::Source> sources_of(const std::vector<engine::LiveView>& views,
                                      const std::vector<engine::LiveView>& lives) {
    std::vector<sinks::Source> sources;
    for (size_t i = 0; i < views.size(); ++i)
        for (size_t h = 0; h < views[i].handlers.size(); ++h)
            sources.push_back(
                {&views[i].handlers[h],
                 {{"policy", views[i].plan->name}, {"handler", views[i].handlers[h].plan->name}},
                 lives.empty() ? nullptr : &lives[i].handlers[h]});
    return sources;
}

struct Rendered {
    double json_us, prometheus_us, modern_us;
    double json_kib, prometheus_kib, modern_kib;
};

// All policies of a run: the last whole minute, as a scrape shows it.
Rendered render(const LiveRun& run) {
    Rendered out{};
    size_t bytes = 0;
    const auto views = [&](bool lifetime) {
        std::vector<engine::LiveView> all;
        for (size_t i = 0; i < run.policies(); ++i)
            all.push_back(lifetime ? run.results(i).lifetime(run.now_ns())
                                   : run.results(i).period(1, run.now_ns()));
        return all;
    };
    const auto kib = [&] { return static_cast<double>(bytes) / 1024; };
    const int repeats = run.policies() > 10 ? 5 : 9;
    out.json_us = time_us(
        [&] {
            bytes = 0;
            for (const auto& view : views(false)) bytes += json_of(view).size();
        },
        repeats);
    out.json_kib = kib();
    out.prometheus_us = time_us(
        [&] {
            const auto now = views(false);
            bytes = sinks::prometheus_text(sources_of(now, {})).size();
        },
        repeats);
    out.prometheus_kib = kib();
    out.modern_us = time_us(
        [&] {
            const auto now = views(false), lives = views(true);
            bytes = sinks::modern_exposition({sources_of(now, lives)}, sinks::ModernForm::text).size();
        },
        repeats);
    out.modern_kib = kib();
    return out;
}

void against_policies(const Recording& recording) {
    Table table("policies (us, all of them)", {"hand-over", "minute end", "JSON", "Prometheus", "modern",
                                               "worker/ask", "MiB", "modern KiB"});
    for (const unsigned policies : {1u, 10u, 50u}) {
        const double before = private_mib();
        LiveRun run(recording, {.policies = policies});
        const Live live = run_minutes(run, 6);
        const uint64_t control = run.control_ns();
        constexpr int asks = 5;
        for (int i = 0; i < asks; ++i) run.hand_over_ns();
        run.feed(1);
        const double worker_us = static_cast<double>(run.control_ns() - control) / 1e3 / asks;
        const Rendered rendered = render(run);
        table.add(policies, {live.hand_over_us, live.minute_us, rendered.json_us, rendered.prometheus_us,
                             rendered.modern_us, worker_us, live.mib - before, rendered.modern_kib});
    }
    table.print();
}

// With nothing in them: what finding each and passing messages takes.
void against_many_policies(const Recording& recording) {
    Table table("policies without traffic", {"hand-over", "minute end", "worker/ask"});
    for (const unsigned policies : {1u, 16u, 64u, 256u, 512u}) {
        LiveRun run(recording, {.policies = policies, .handlers = {"dhcp"}});
        std::vector<double> asked, ended;
        const uint64_t control = run.control_ns();
        for (int i = 0; i < 5; ++i) asked.push_back(run.hand_over_ns() / 1e3);
        run.feed(1);
        const double worker_us = static_cast<double>(run.control_ns() - control) / 1e3 / 5;
        for (int i = 0; i < 3; ++i) ended.push_back(run.end_minute_ns() / 1e3);
        table.add(policies, {median(asked), median(ended), worker_us});
    }
    table.print();
}

void against_workers(const Recording& recording) {
    Table table("workers (us, one policy)", {"hand-over", "minute end", "MiB"});
    for (const unsigned workers : {1u, 2u, 4u, 8u}) {
        const double before = private_mib();
        LiveRun run(recording, {.workers = workers});
        const Live live = run_minutes(run, 6);
        table.add(workers, {live.hand_over_us, live.minute_us, live.mib - before});
    }
    table.print();
}

void against_handlers(const Recording& recording) {
    Table table("handler (us, one policy)", {"hand-over", "minute end", "window 5", "JSON", "Prometheus",
                                             "modern", "JSON KiB", "modern KiB", "MiB"});
    for (const char* handler :
         {"net 1.0", "net 2.0", "dns 1.0", "dns 2.0", "dhcp", "pcap", "input_resources"}) {
        const double before = private_mib();
        LiveRun run(recording, {.handlers = {handler}});
        const Live live = run_minutes(run, 6);
        const double window = time_us([&] { run.results(0).window(5, run.now_ns()); });
        const Rendered r = render(run);
        table.add(handler, {live.hand_over_us, live.minute_us, window, r.json_us, r.prometheus_us,
                            r.modern_us, r.json_kib, r.modern_kib, live.mib - before});
    }
    table.print();
}

void against_periods(const Recording& recording) {
    Table table("periods merged (us)", {"view", "view + JSON"});
    WindowSettings ten;
    ten.periods = 10;
    LiveRun run(recording, {.window = ten});
    run_minutes(run, 10);
    for (const uint32_t periods : {2u, 5u, 10u}) { // one alone is not merged
        const auto view = [&] { return run.results(0).window(periods, run.now_ns()); };
        table.add(periods, {time_us([&] { view(); }), time_us([&] { json_of(view()); })});
    }
    table.print();
}

engine::Plan plan_of(unsigned policies, const WindowSettings& window) {
    engine::Plan plan;
    for (unsigned i = 0; i < policies; ++i)
        plan.policies.push_back(*plan_policy("policy" + std::to_string(i), {"net", "dns", "dhcp"}, window));
    return plan;
}

double text_us(const Recording& recording, const engine::Plan& plan) {
    ReplayFile file(recording, hand_over_blocks);
    engine::OfflineOptions how;
    how.decode = control::decode_settings(plan, {});
    const auto run = engine::OfflineRun::run(file, plan, {}, how);
    if (!run) return NAN;
    return time_us([&] { sinks::text_report(**run, {}); });
}

void against_lines(const Recording& recording) {
    Table table("topn_count (us, one policy)",
                {"JSON", "Prometheus", "modern", "text", "JSON KiB", "Prom. KiB", "modern KiB"});
    for (const uint32_t lines : {10u, 100u, 1000u, 10000u}) {
        WindowSettings window;
        window.topn_count = lines;
        LiveRun run(recording, {.window = window});
        run_minutes(run, 2);
        const Rendered r = render(run);
        table.add(lines, {r.json_us, r.prometheus_us, r.modern_us, text_us(recording, plan_of(1, window)),
                          r.json_kib, r.prometheus_kib, r.modern_kib});
    }
    table.print();
}

void against_pages(const Recording& recording) {
    Table table("policies on one text page", {"text"});
    for (const unsigned policies : {1u, 10u, 50u})
        table.add(policies, {text_us(recording, plan_of(policies, {}))});
    table.print();
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: bench_scale CAPTURE...\n", stderr);
        return 2;
    }
    const Recording recording({argv + 1, argv + argc});
    std::printf(
        "%zu blocks; %zu to each worker between two hand-overs, %d and an end each minute; processor time "
        "of the calling thread\n",
        recording.blocks(), hand_over_blocks, hand_overs);
    against_policies(recording);
    against_many_policies(recording);
    against_workers(recording);
    against_handlers(recording);
    against_periods(recording);
    against_lines(recording);
    against_pages(recording);
}
