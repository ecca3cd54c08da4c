#include "client/shapes.hpp"

#include "client/json_text.hpp"
#include "sinks/rows.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace visor::client {

using nlohmann::json;

namespace {

constexpr const char* bounds_suffix = "_bounds";

bool read_count(const json& value, Metric& metric) {
    const auto number = number_of(value);
    metric.value = number.value_or(0);
    return number.has_value();
}

bool read_top(const json& value, const json* bounds, Metric& metric) {
    if (!value.is_array()) return false;
    for (const json& from : value) {
        if (metric.top.items.size() == lines_max) break;
        Item item;
        const auto estimate = number_at(from, "estimate");
        if (!estimate) continue;
        item.name = text_at(from, "name");
        item.lat = text_at(from, "lat");
        item.lon = text_at(from, "lon");
        item.estimate = *estimate;
        item.lower = number_at(from, "lower").value_or(*estimate);
        item.upper = number_at(from, "upper").value_or(*estimate);
        metric.top.items.push_back(std::move(item));
    }
    if (bounds) {
        metric.top.total = number_at(*bounds, "total");
        metric.top.unlisted_max = number_at(*bounds, "unlisted_max");
    }
    return true;
}

void read_percentiles(const json& value, std::array<std::optional<double>, 4>& p) {
    for (size_t i = 0; i < p.size(); ++i) p[i] = number_at(value, sinks::quantile_names[i]);
}

bool read_quantiles(const json& value, Quantiles& quantiles) {
    if (!value.is_object()) return false;
    read_percentiles(value, quantiles.p);
    quantiles.count = number_at(value, "count");
    quantiles.min = number_at(value, "min");
    quantiles.max = number_at(value, "max");
    quantiles.sum = number_at(value, "sum");
    if (const json* bins = member(value, "bins"); bins && bins->is_array()) {
        for (const json& from : *bins) {
            if (quantiles.bins.size() == lines_max || !from.is_array() || from.size() != 3) break;
            const auto lower = number_of(from[0]), upper = number_of(from[1]), count = number_of(from[2]);
            if (!lower || !upper || !count || *upper < *lower || *count < 0) break;
            if (!quantiles.bins.empty() && *lower < quantiles.bins.back().upper) break; // they rise
            quantiles.bins.push_back({*lower, *upper, *count});
        }
    }
    return true;
}

// {"buckets": {"1": 3, "8": 5, "+Inf": 6}}: counts of all up to a bound, as Prometheus has them.
bool read_histogram(const json& value, Quantiles& histogram) {
    const json* buckets = member(value, "buckets");
    if (!buckets || !buckets->is_object()) return false;
    std::vector<std::pair<double, double>> cumulative;
    for (const auto& [bound, count] : buckets->items()) {
        const auto number = number_of(count);
        double upper = std::numeric_limits<double>::infinity();
        const bool last = bound == "+Inf";
        if (!last && std::from_chars(bound.data(), bound.data() + bound.size(), upper).ec != std::errc())
            continue;
        if (!number || std::isnan(upper) || cumulative.size() == lines_max) continue;
        cumulative.emplace_back(upper, *number);
        if (last) histogram.count = *number;
    }
    std::sort(cumulative.begin(), cumulative.end());
    double lower = 0, before = 0;
    for (const auto& [upper, count] : cumulative) {
        if (count > before) histogram.bins.push_back({lower, upper, count - before});
        lower = upper;
        before = std::max(before, count);
    }
    return true;
}

bool read_rate(const json& value, Rate& rate) {
    if (!value.is_object()) return false;
    read_percentiles(value, rate.p);
    rate.live = number_at(value, "live");
    const json* seconds = member(value, "seconds");
    const json* values = seconds ? member(*seconds, "values") : nullptr;
    if (!values || !values->is_array()) return true;
    rate.first_second = seconds_at(*seconds, "start_ts");
    const size_t from = values->size() > seconds_max ? values->size() - seconds_max : 0;
    rate.first_second += static_cast<int64_t>(from);
    for (size_t i = from; i < values->size(); ++i)
        rate.seconds.push_back(number_of((*values)[i]).value_or(0));
    return true;
}

bool read_value(const json& value, const json* bounds, Metric& metric) {
    switch (metric.kind) {
    case Kind::counter:
        return read_count(value, metric);
    case Kind::cardinality:
        if (bounds) {
            metric.lower = number_at(*bounds, "lower");
            metric.upper = number_at(*bounds, "upper");
        }
        return read_count(value, metric);
    case Kind::top:
        return read_top(value, bounds, metric);
    case Kind::quantiles:
        return read_quantiles(value, metric.quantiles);
    case Kind::histogram:
        return read_histogram(value, metric.quantiles);
    case Kind::rate:
        return read_rate(value, metric.rate);
    }
    return false;
}

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// What earlier versions' names say of the unit.
std::string unit_of(std::string_view path, Kind kind) {
    const bool bytes = has(path, "bytes") || has(path, "payload_size");
    if (kind == Kind::rate) return bytes ? "By/s" : has(path, "bps") ? "By/s" : "1/s";
    if (kind == Kind::top || bytes) return bytes ? "By" : "1";
    return has(path, "_us") ? "us" : "1";
}

std::optional<Kind> kind_of(const std::string& path, const json& value) {
    if (value.is_number()) return has(path, "cardinality.") ? Kind::cardinality : Kind::counter;
    if (value.is_array()) {
        const bool items = std::all_of(value.begin(), value.end(), [](const json& item) {
            return number_at(item, "estimate").has_value();
        });
        return items ? std::optional(Kind::top) : std::nullopt;
    }
    if (member(value, "buckets")) return Kind::histogram;
    if (!member(value, "p50")) return std::nullopt;
    return member(value, "live") || has(path, "rates.") ? Kind::rate : Kind::quantiles;
}

// By recursion, which the depth of what read_json() gives limits.
void guess(const std::string& path, const json& object, std::vector<Metric>& metrics) {
    for (const auto& [key, value] : object.items()) {
        if (metrics.size() == metrics_max) return;
        if (path.empty() && key == "period") continue;
        if (key.ends_with(bounds_suffix) && object.contains(key.substr(0, key.rfind('_')))) continue;
        Metric metric;
        metric.path = path_below(path, key);
        const auto kind = kind_of(metric.path, value);
        if (!kind) {
            if (value.is_object()) guess(metric.path, value, metrics);
            continue;
        }
        metric.kind = *kind;
        metric.unit = unit_of(metric.path, *kind);
        if (*kind == Kind::top) metric.label = "name";
        if (read_value(value, member(object, key + bounds_suffix), metric))
            metrics.push_back(std::move(metric));
    }
}

} // namespace

bool read_metric(const json& handler, Metric& metric) {
    const json* value = at_path(handler, metric.path);
    return value && read_value(*value, at_path(handler, metric.path + bounds_suffix), metric);
}

std::vector<Metric> guessed_metrics(const json& handler) {
    std::vector<Metric> metrics;
    if (handler.is_object()) guess({}, handler, metrics);
    return metrics;
}

} // namespace visor::client
