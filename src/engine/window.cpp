#include "engine/window.hpp"

#include <algorithm>

namespace visor::engine {

namespace {
constexpr int64_t second_ns = 1'000'000'000;
constexpr int64_t period_s = period_ns / second_ns;

int64_t seconds_of(int64_t ns) {
    return ns / second_ns;
}

void merge_bucket(const PlannedHandler& handler, Bucket& into, const Bucket& from) {
    merge_cells(handler.handler->cells(), into.cells(), from.cells());
}

std::map<uint32_t, Seconds> rates_of(const PlannedHandler& handler, const Bucket& bucket, size_t seconds) {
    std::map<uint32_t, Seconds> rates;
    for (const CellPlace& cell : handler.handler->cells()) {
        if (cell.ops->kind != Kind::rate) continue;
        const auto slots = cell.ops->seconds(static_cast<const std::byte*>(bucket.cells()) + cell.offset);
        const auto used = slots.first(std::min(slots.size(), seconds));
        rates[cell.offset] = Seconds(used.begin(), used.end());
    }
    return rates;
}
} // namespace

Window::Window(const Plan& plan, const Feed& feed, unsigned writers)
    : plan_(plan), feed_(feed), passed_(writers, 0) {
    for (const auto& policy : plan_.policies)
        for (const auto& handler : policy.handlers) windows_.push_back({&handler, {}, 0, 0});
}

PeriodBuckets Window::fresh(int64_t period) const {
    PeriodBuckets fresh{period, {}};
    for (const HandlerWindow& window : windows_)
        fresh.buckets.emplace_back(window.plan->handler->schema().cells_size);
    return fresh;
}

void Window::add(PeriodBuckets&& buckets) {
    const std::lock_guard lock(mutex_);
    const auto [at, added] = open_.try_emplace(buckets.period);
    if (added) {
        at->second = std::move(buckets);
        return;
    }
    for (size_t i = 0; i < windows_.size(); ++i)
        merge_bucket(*windows_[i].plan, at->second.buckets[i], buckets.buckets[i]);
}

void Window::passed(unsigned writer, int64_t period) {
    const std::lock_guard lock(mutex_);
    passed_[writer] = std::max(passed_[writer], period);
    const int64_t settled = *std::min_element(passed_.begin(), passed_.end());
    while (!open_.empty() && open_.begin()->first < settled) {
        settle(std::move(open_.begin()->second), false);
        open_.erase(open_.begin());
    }
}

void Window::finish() {
    const std::lock_guard lock(mutex_);
    while (!open_.empty()) {
        settle(std::move(open_.begin()->second), open_.size() == 1);
        open_.erase(open_.begin());
    }
}

// Whole seconds a period lasted: a minute, or to the last frame.
int64_t Window::length_of(int64_t period, bool last) const {
    const int64_t start = feed_.period_start(period);
    return last ? std::max<int64_t>(seconds_of(feed_.totals().last_ns) - seconds_of(start), 0) : period_s;
}

void Window::settle(PeriodBuckets&& period, bool last) {
    const int64_t length = length_of(period.period, last);
    const int64_t start_ns = feed_.period_start(period.period);
    const int64_t seen_s = last ? (feed_.totals().last_ns - start_ns) / second_ns + 1 : period_s;
    for (size_t i = 0; i < windows_.size(); ++i) {
        Bucket& bucket = period.buckets[i];
        auto rates = rates_of(*windows_[i].plan, bucket, static_cast<size_t>(seen_s));
        keep(windows_[i], {period.period, period.period, length, std::move(bucket), std::move(rates)});
    }
}

void Window::keep(HandlerWindow& window, Kept&& period) {
    const uint32_t wanted = window.plan->window.periods;
    if (wanted == 1 && !window.kept.empty()) {
        join(window, window.kept.front(), std::move(period));
        return;
    }
    window.kept.push_back(std::move(period));
    ++window.periods;
    if (window.kept.size() <= wanted) return;
    window.kept.pop_front();
    --window.periods;
    ++window.left_out;
}

// Adds the next period to what came before: cells merge, seconds follow one another, silence between them as
// zeros.
void Window::join(const HandlerWindow& window, Kept& into, Kept&& next) {
    const int64_t silent = std::max<int64_t>(next.first_period - into.last_period - 1, 0);
    const auto zeros = static_cast<size_t>(std::min<int64_t>(silent, seconds_max / period_s) * period_s);
    merge_bucket(*window.plan, into.bucket, next.bucket);
    for (auto& [offset, seconds] : into.rates) {
        const Seconds& more = next.rates[offset];
        seconds.insert(seconds.end(), zeros, 0);
        seconds.insert(seconds.end(), more.begin(), more.end());
        if (seconds.size() > seconds_max)
            seconds.erase(seconds.begin(), seconds.end() - static_cast<ptrdiff_t>(seconds_max));
    }
    // One summary of everything lasts from its first frame to its last, silence included.
    into.length_s += next.length_s + (window.plan->window.periods == 1 ? silent * period_s : 0);
    into.last_period = next.last_period;
}

HandlerView Window::view_of(HandlerWindow& window) const {
    if (window.kept.empty()) {
        Kept nothing;
        nothing.bucket = Bucket(window.plan->handler->schema().cells_size);
        window.kept.push_back(std::move(nothing));
    }
    while (window.kept.size() > 1) {
        join(window, window.kept[0], std::move(window.kept[1]));
        window.kept.erase(window.kept.begin() + 1);
    }
    const Kept& all = window.kept.front();
    const int64_t start = window.periods ? seconds_of(feed_.period_start(all.first_period)) : 0;
    return {window.plan, all.bucket.cells(), &all.rates, start, all.length_s};
}

std::vector<PolicyView> Window::view() {
    std::vector<PolicyView> views;
    size_t next = 0;
    for (const PlannedPolicy& policy : plan_.policies) {
        PolicyView view{&policy, {}, 0, 0};
        for (size_t i = 0; i < policy.handlers.size(); ++i) {
            HandlerWindow& window = windows_[next++];
            view.handlers.push_back(view_of(window));
            if (i > 0 && window.left_out <= view.periods_left_out) continue;
            view.periods = window.periods;
            view.periods_left_out = window.left_out;
        }
        views.push_back(std::move(view));
    }
    return views;
}

PeriodBuckets& BucketBook::at(int64_t period) {
    for (PeriodBuckets& buckets : open_)
        if (buckets.period == period) return buckets;
    while (!open_.empty() && open_.front().period < period - 1) {
        window_.add(std::move(open_.front()));
        open_.pop_front();
    }
    window_.passed(writer_, period - 1);
    const auto place =
        std::find_if(open_.begin(), open_.end(), [&](const auto& b) { return b.period > period; });
    return *open_.insert(place, window_.fresh(period));
}

void BucketBook::close() {
    for (PeriodBuckets& buckets : open_) window_.add(std::move(buckets));
    open_.clear();
}

} // namespace visor::engine
