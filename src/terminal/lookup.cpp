#include "terminal/lookup.hpp"

#include "sinks/text_units.hpp"

#include <algorithm>

namespace visor::terminal {

using client::Handler;
using client::Metric;

namespace {

bool ends_after_one_word(std::string_view path, std::string_view name) {
    if (name.empty() || path.size() <= name.size() + 1 || !path.ends_with(name)) return false;
    const std::string_view before = path.substr(0, path.size() - name.size());
    return before.find('.') == before.size() - 1;
}

std::optional<uint64_t> total(const Handler& handler, const sinks::Names& names) {
    std::optional<uint64_t> sum;
    for (const Metric* metric : metrics_of(handler, names, Kind::counter))
        sum = sum.value_or(0) + sinks::whole(metric->value);
    return sum;
}

} // namespace

bool called(const Metric& metric, const sinks::Names& names) {
    return names.have(metric.path) || ends_after_one_word(metric.path, names.first) ||
           ends_after_one_word(metric.path, names.second);
}

std::vector<const Metric*> metrics_of(const Handler& handler, const sinks::Names& names, Kind kind) {
    std::vector<const Metric*> found;
    for (const Metric& metric : handler.metrics)
        if (metric.kind == kind && called(metric, names)) found.push_back(&metric);
    return found;
}

std::optional<sinks::Reading> read(const Handler& handler, const sinks::Figure& figure) {
    return sinks::read_figure(figure, [&](const sinks::Names& names) { return total(handler, names); });
}

const sinks::Figure* figure_of(const Handler& handler, const Metric& counter) {
    for (const sinks::Figure& figure : sinks::figures())
        if (figure.schema.have(handler.key) && called(counter, figure.path)) return &figure;
    return nullptr;
}

} // namespace visor::terminal
