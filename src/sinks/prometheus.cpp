#include "sinks/prometheus.hpp"

#include "sinks/names.hpp"

#include <cmath>

namespace visor::sinks {

namespace {

MetricType type_of(Kind kind) {
    switch (kind) {
    case Kind::counter:
    case Kind::cardinality:
    case Kind::top:
        return MetricType::gauge;
    case Kind::quantiles:
    case Kind::rate:
        return MetricType::summary;
    case Kind::histogram:
        break;
    }
    return MetricType::histogram;
}

class Renderer {
public:
    Renderer(Exposition& out, const Source& source)
        : out_(out), labels_(source.labels), reader_(*source.view), schema_(reader_.schema()) {}

    void all() {
        if (reader_.off()) return;
        reader_.for_each(false, [&](const Row& row) { add(row); });
    }

private:
    void add(const Row& row) {
        switch (row.ops->kind) {
        case Kind::counter:
            gauge(row, static_cast<double>(reader_.count(row)));
            break;
        case Kind::cardinality:
            gauge(row, std::round(row.ops->cardinality(reader_.cell(row)).estimate));
            break;
        case Kind::top:
            top(row);
            break;
        case Kind::quantiles:
            quantiles(row);
            break;
        case Kind::histogram:
            histogram(row);
            break;
        case Kind::rate:
            rate(row);
            break;
        }
    }

    Family* family(const Row& row) {
        return out_.family(compatible_name(schema_, row), type_of(row.ops->kind), row.facts.help);
    }

    void put(const Row& row, Series&& series) {
        if (Family* family = this->family(row)) family->series.push_back(std::move(series));
    }

    void gauge(const Row& row, double value) {
        Series series = series_of(schema_, row, labels_);
        series.value = value;
        put(row, std::move(series));
    }

    void top(const Row& row) {
        for (TopSeries& item : top_series(schema_, row, reader_.top(row), ItemLabels::name_too)) {
            Series series;
            series.shared = &labels_;
            series.own = std::move(item.labels);
            series.value = static_cast<double>(item.lower);
            put(row, std::move(series));
        }
    }

    void quantiles(const Row& row) {
        const void* cell = reader_.cell(row);
        if (row.ops->count(cell) == 0) return;
        Series series = series_of(schema_, row, labels_);
        for (const double q : printed_quantiles) {
            const double value = row.ops->quantile(cell, q);
            series.steps.emplace_back(q, row.ops->integral ? std::round(value) : value);
        }
        series.sum = row.ops->sum(cell);
        series.count = row.ops->count(cell);
        put(row, std::move(series));
    }

    void rate(const Row& row) {
        const engine::RateLine seconds = reader_.seconds(row);
        if (seconds.size() == 0) return;
        Series series = series_of(schema_, row, labels_);
        series.sum = static_cast<double>(seconds.sum());
        series.count = seconds.size();
        for (const double q : printed_quantiles)
            series.steps.emplace_back(q, static_cast<double>(seconds.quantile(q)));
        put(row, std::move(series));
    }

    void histogram(const Row& row) {
        const void* cell = reader_.cell(row);
        if (row.ops->count(cell) == 0) return;
        Series series = series_of(schema_, row, labels_);
        for (const auto& [bound, cumulative] : row.ops->bins(cell))
            series.steps.emplace_back(static_cast<double>(bound), static_cast<double>(cumulative));
        series.sum = row.ops->sum(cell);
        series.count = row.ops->count(cell);
        put(row, std::move(series));
    }

    Exposition& out_;
    const Labels& labels_;
    RowReader reader_;
    const Schema& schema_;
};

} // namespace

std::string prometheus_text(std::vector<Source> sources) {
    prepare(sources);
    Exposition exposition;
    for (const Source& source : sources) Renderer(exposition, source).all();
    return exposition_text(exposition, TextForm::prometheus);
}

} // namespace visor::sinks
