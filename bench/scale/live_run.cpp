#include "scale/live_run.hpp"

#include "control/plan.hpp"
#include "control/registry.hpp"
#include "engine/clock.hpp"

#include <cstdio>
#include <cstdlib>
#include <thread>

namespace visor::bench {

namespace {

// The addresses that are host in the captures pcapgen makes.
constexpr const char* hosts = "100.64.0.0/10,2001:db8:1::/48,2001:db8:2::/48";

double thread_ns() {
    return static_cast<double>(engine::clock_ns(CLOCK_THREAD_CPUTIME_ID));
}

void pause() {
    std::this_thread::sleep_for(std::chrono::microseconds(300));
}

engine::DecodeSettings decoding(const LiveShape& shape) {
    const engine::Plan plan{{*plan_policy("all", shape.handlers, shape.window)}};
    return control::decode_settings(plan, *PrefixSet::parse(hosts));
}

} // namespace

PolicyPlan plan_policy(const std::string& name, const std::vector<std::string>& handlers,
                       const WindowSettings& window) {
    auto policy = std::make_shared<engine::PlannedPolicy>();
    policy->name = name;
    policy->tap = "replay";
    policy->window = window;
    for (const std::string& handler : handlers) {
        const auto space = handler.find(' ');
        const std::string type = handler.substr(0, space);
        const HandlerClass* const found =
            control::find_handler(type, space == handler.npos ? "1.0" : handler.substr(space + 1));
        if (!found) {
            std::fprintf(stderr, "no handler %s\n", handler.c_str());
            std::exit(1);
        }
        engine::PlannedHandler planned{policy->on_tap() + "-" + type, found, {}, window};
        planned.config.groups = found->schema().default_groups();
        policy->handlers.push_back(std::move(planned));
    }
    return policy;
}

// Frames come in minutes of now, as workers look at the clock to see what waits too long.
LiveRun::LiveRun(const Recording& recording, const LiveShape& shape)
    : tap_(new ReplayTap(shape.workers)), recording_(recording),
      stream_(std::unique_ptr<engine::LiveTap>(tap_), decoding(shape), {.adaptive_sampling = false}),
      minute_ns_(engine::wall_clock_ns()), now_ns_(minute_ns_) {
    stream_.start();
    for (unsigned i = 0; i < shape.policies; ++i) {
        auto attached = stream_.attach(
            plan_policy("policy" + std::to_string(i), shape.handlers, shape.window), {}, minute_ns_);
        if (!attached) {
            std::fprintf(stderr, "%s\n", attached.error().c_str());
            std::exit(1);
        }
        policies_.push_back(*attached);
    }
}

void LiveRun::feed(size_t blocks) {
    for (size_t i = 0; i < blocks; ++i)
        for (unsigned queue = 0; queue < tap_->queues(); ++queue)
            tap_->queue(queue).give(recording_.block(next_block_++), minute_ns_);
    for (unsigned queue = 0; queue < tap_->queues(); ++queue) tap_->queue(queue).wait_until_done();
    now_ns_ = minute_ns_ + engine::period_ns / 2;
}

double LiveRun::hand_over_ns() {
    double spent = -thread_ns();
    stream_.ask();
    for (;;) {
        stream_.serve(now_ns_);
        if (stream_.answered()) break;
        spent += thread_ns();
        pause();
        spent -= thread_ns();
    }
    return spent + thread_ns();
}

double LiveRun::end_minute_ns() {
    const auto closed = [&] {
        const auto cells = policies_.back()->results().last_closed();
        return cells.empty() ? nullptr : cells.front();
    };
    const void* const before = closed();
    minute_ns_ += engine::period_ns;
    now_ns_ = minute_ns_ + engine::period_ns / 100; // those who are late have been waited for
    double spent = -thread_ns();
    for (;;) {
        stream_.serve(now_ns_);
        if (closed() != before) break;
        spent += thread_ns();
        pause();
        spent -= thread_ns();
    }
    return spent + thread_ns();
}

uint64_t LiveRun::control_ns() const {
    uint64_t sum = 0;
    for (const auto& counts : stream_.counts()) sum += counts.control_ns;
    return sum;
}

double private_mib() {
    long kib = 0;
    char line[256];
    FILE* const status = std::fopen("/proc/self/status", "re");
    while (status && std::fgets(line, sizeof line, status)) std::sscanf(line, "RssAnon: %ld kB", &kib);
    if (status) std::fclose(status);
    return static_cast<double>(kib) / 1024;
}

} // namespace visor::bench
