#include "terminal/history.hpp"

#include "terminal/lookup.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <spdlog/fmt/fmt.h>

namespace visor::terminal {

using client::Handler;
using client::Metric;
using client::Picture;
using sinks::Names;

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t longest_gap = 3; // seconds
constexpr size_t steps_told = 3;
// What the charts of DNS are made of, by version of the handler.
constexpr Names query_count{"wire_packets.queries", "xacts"};
constexpr std::array<Names, 3> latencies = {Names{"xact.in.quantiles_us"}, Names{"xact.out.quantiles_us"},
                                            Names{"xact_time_us"}};

const sinks::Figure* nxdomain_figure() {
    const auto all = sinks::figures();
    const auto found =
        std::find_if(all.begin(), all.end(), [](const sinks::Figure& f) { return f.text == "NXDOMAIN"; });
    return found == all.end() ? nullptr : &*found;
}

int64_t second_of(const Picture& picture) {
    return picture.taken_ms / 1000;
}

void take_over(Series& into, const std::vector<const Metric*>& rates, int64_t now) {
    std::map<int64_t, double> sums;
    for (const Metric* metric : rates) {
        const client::Rate& rate = metric->rate;
        for (size_t i = 0; i < rate.seconds.size(); ++i)
            sums[rate.first_second + static_cast<int64_t>(i)] += rate.seconds[i];
        // An agent that tells of seconds has a clock of its own, also while there are none yet.
        if (rate.seconds.empty() && rate.live)
            sums[rate.first_second ? rate.first_second : now] += *rate.live;
    }
    for (const auto& [second, value] : sums) into.set(second, value);
}

// The one of a picture's latencies that most pairs make up.
const Metric* latency_of(const Handler& handler) {
    const Metric* most = nullptr;
    for (const Names& names : latencies)
        for (const Metric* metric : metrics_of(handler, names, Kind::quantiles))
            if (!most || metric->quantiles.count.value_or(0) > most->quantiles.count.value_or(0))
                most = metric;
    return most;
}

} // namespace

void Series::set(int64_t second, double value) {
    // A clock that was set back by more than what is kept begins anew, as after a long time without a look.
    if (values_.empty() || std::abs(second - last_second_) > static_cast<int64_t>(most)) {
        values_.assign(1, value);
        last_second_ = second;
        return;
    }
    // Looks are about a second apart, so now and then there is none in a second.
    const double between = second - last_second_ <= longest_gap ? values_.back() : unknown;
    for (; last_second_ < second; ++last_second_) values_.push_back(between);
    const int64_t back = last_second_ - second;
    if (back < static_cast<int64_t>(values_.size()))
        values_[values_.size() - 1 - static_cast<size_t>(back)] = value;
    while (values_.size() > most) values_.pop_front();
}

std::vector<double> Series::newest(size_t count) const {
    std::vector<double> out(count, unknown);
    const size_t n = std::min(count, values_.size());
    std::copy(values_.end() - static_cast<long>(n), values_.end(), out.end() - static_cast<long>(n));
    return out;
}

std::vector<double> Series::whole(size_t columns) const {
    std::vector<double> out;
    const size_t n = values_.size();
    for (size_t i = 0; n && i < columns; ++i) {
        const size_t from = i * n / columns, to = std::max((i + 1) * n / columns, from + 1);
        double top = unknown;
        for (size_t second = from; second < to; ++second) top = std::fmax(top, values_[second]);
        out.push_back(top);
    }
    return out;
}

std::optional<double> Series::mean() const {
    double sum = 0;
    for (const double value : values_)
        if (!std::isnan(value)) sum += value;
    const size_t seconds = known();
    return seconds ? std::optional(sum / static_cast<double>(seconds)) : std::nullopt;
}

std::optional<double> Series::last() const {
    for (auto value = values_.rbegin(); value != values_.rend(); ++value)
        if (!std::isnan(*value)) return *value;
    return std::nullopt;
}

size_t Series::known() const {
    return static_cast<size_t>(
        std::count_if(values_.begin(), values_.end(), [](double v) { return !std::isnan(v); }));
}

Series& History::series(const std::string& policy, Chart chart) {
    return charts_[policy][static_cast<size_t>(chart)];
}

void History::add(const Picture& picture) {
    if (std::max({rates_.size(), counts_.size(), charts_.size()}) >= most) *this = History();
    bool traffic = false, dns = false;
    for (const Handler& handler : picture.handlers) {
        add_rates(picture, handler);
        if (sinks::traffic_schema.have(handler.key) && !std::exchange(traffic, true))
            add_traffic(picture, handler);
        if (!metrics_of(handler, query_count, Kind::counter).empty() && !std::exchange(dns, true))
            add_dns(picture, handler);
    }
}

void History::add_rates(const Picture& picture, const Handler& handler) {
    for (const Metric& metric : handler.metrics)
        if (metric.kind == Kind::rate && rates_.size() < most)
            take_over(rates_[{picture.policy, handler.instance + '/' + metric.path}], {&metric},
                      second_of(picture));
}

void History::add_traffic(const Picture& picture, const Handler& handler) {
    const auto take = [&](Chart chart, const Names& names) {
        const auto rates = metrics_of(handler, names, Kind::rate);
        if (!rates.empty()) take_over(series(picture.policy, chart), rates, second_of(picture));
    };
    take(Chart::packets, sinks::packet_rate);
    take(Chart::bytes, sinks::byte_rate);
}

void History::add_dns(const Picture& picture, const Handler& handler) {
    const int64_t now = second_of(picture);
    double queries = 0;
    for (const Metric* metric : metrics_of(handler, query_count, Kind::counter)) queries += metric->value;
    const auto asked = step(picture, handler, "queries", queries);
    if (asked && asked->seconds > 0)
        series(picture.policy, Chart::queries).set(now, asked->added / asked->seconds);

    const sinks::Figure* figure = nxdomain_figure();
    if (const auto reading = figure ? read(handler, *figure) : std::nullopt) {
        const auto part = step(picture, handler, "nxdomain", static_cast<double>(reading->count));
        const auto whole = step(picture, handler, "replies", static_cast<double>(reading->base));
        if (part && whole && whole->added > 0)
            series(picture.policy, Chart::nxdomain).set(now, std::min(part->added / whole->added, 1.0));
        alarms_[picture.policy][static_cast<size_t>(Chart::nxdomain)] = sinks::abnormal(*figure, *reading);
    }
    if (const Metric* latency = latency_of(handler)) {
        const auto& p = latency->quantiles.p;
        if (p[0]) series(picture.policy, Chart::median).set(now, *p[0]);
        if (p[3]) series(picture.policy, Chart::tail).set(now, *p[3]);
    }
}

std::optional<History::Step> History::step(const Picture& picture, const Handler& handler, const char* what,
                                           double value) {
    std::deque<Count>& looks =
        counts_[{picture.policy, fmt::format("{}/{}/{}", handler.instance, what, picture.minutes)}];
    const Count now{value, picture.taken_ms, handler.start_ts};
    const bool first = looks.empty();
    // A minute left the window, or the counting began anew: what was added in between is not known.
    if (!first && (now.start_ts != looks.back().start_ts || value < looks.back().value)) looks.clear();
    if (!looks.empty() && now.taken_ms <= looks.back().taken_ms) return std::nullopt;
    looks.push_back(now);
    if (looks.size() > steps_told + 1) looks.pop_front();
    const Count& from = looks.front();
    if (looks.size() > 1)
        return Step{value - from.value, static_cast<double>(now.taken_ms - from.taken_ms) / 1000};
    const auto shown = static_cast<double>(handler.length_s);
    return first && shown > 0 ? std::optional(Step{value, shown}) : std::nullopt;
}

const Series* History::chart(const std::string& policy, Chart chart) const {
    const auto found = charts_.find(policy);
    if (found == charts_.end()) return nullptr;
    const Series& series = found->second[static_cast<size_t>(chart)];
    return series.empty() ? nullptr : &series;
}

const Series* History::rate(const std::string& policy, const std::string& instance,
                            const std::string& path) const {
    const auto found = rates_.find({policy, instance + '/' + path});
    return found == rates_.end() ? nullptr : &found->second;
}

bool History::alarming(const std::string& policy, Chart chart) const {
    const auto found = alarms_.find(policy);
    return found != alarms_.end() && found->second[static_cast<size_t>(chart)];
}

} // namespace visor::terminal
