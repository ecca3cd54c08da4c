#include "sinks/modern.hpp"

#include "sinks/names.hpp"
#include "sinks/protobuf.hpp"
#include "sinks/utf8.hpp"
#include "sketch/histogram_bins.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace visor::sinks {

namespace {

using Steps = std::vector<std::pair<double, double>>;

// Upper bounds of buckets, in the row's own unit. Every bound is an edge of the bins values are kept in, so
// the counts are exact.
std::vector<double> bounds_of(const Row& row) {
    std::vector<double> bounds;
    if (row.ops->kind == Kind::histogram) { // three a decade
        constexpr uint32_t a_third = 6;
        constexpr double most = 1e8;
        for (uint32_t power = a_third; bounds.empty() || bounds.back() < most; power += a_third) {
            const auto bound = std::pow(10.0, power / 18.0);
            bounds.push_back(std::floor(bound * (1 + 1e-12)));
        }
    } else if (row.facts.unit == "By") { // those of etherStatsPkts (RFC 2819), and larger ones
        bounds = {64, 127, 255, 511, 1023, 1518, 2047, 4095, 9215, 16383, 65535};
    } else if (row.facts.unit == "us") { // 16 us to 34 s
        for (int power = 4; power <= 25; ++power) bounds.push_back(std::ldexp(1.0, power));
    } else {
        for (int power = -4; power <= 10; ++power) bounds.push_back(std::ldexp(1.0, power));
    }
    return bounds;
}

// `next` tells bins one after another as {upper edge, count}, by rising edge; an edge of infinity ends them.
template <class Next>
Steps cumulated(const Row& row, double per_unit, Next&& next) {
    Steps steps;
    double seen = 0;
    auto bin = next();
    for (const double bound : bounds_of(row)) {
        for (; bin.first <= bound; bin = next()) seen += static_cast<double>(bin.second);
        steps.emplace_back(bound / per_unit, seen);
    }
    return steps;
}

constexpr std::pair<double, uint64_t> no_more_bins{HUGE_VAL, 0};

class Renderer {
public:
    Renderer(Exposition& out, const Source& source, double start_time, bool bins)
        : out_(out), labels_(source.labels), minute_(*source.view),
          life_(source.since_start ? *source.since_start : *source.view),
          life_view_(source.since_start ? *source.since_start : *source.view), schema_(life_.schema()),
          created_(source.start_time > 0 ? source.start_time : start_time), exponential_(bins) {}

    void all() {
        if (life_.off()) return;
        life_.for_each(true, [&](const Row& row) { add(row, modern_name(schema_, row)); });
    }

private:
    void add(const Row& row, const ModernName& name) {
        switch (row.ops->kind) {
        case Kind::counter:
            counter(row, name);
            break;
        case Kind::cardinality:
            cardinality(row, name);
            break;
        case Kind::top:
            top(row, name);
            break;
        case Kind::quantiles:
            quantiles(row, name);
            break;
        case Kind::histogram:
            if (!told_finer(row, name)) histogram(row, name);
            break;
        case Kind::rate:
            rate(row, name);
            break;
        }
    }

    Series series(const Row& row) const {
        Series series = series_of(schema_, row, labels_);
        series.created = created_;
        return series;
    }

    void put(Family* family, Series&& series) {
        if (family) family->series.push_back(std::move(series));
    }

    Family* gauges(const Row& row, const ModernName& name, std::string_view detail,
                   std::string_view more_help) {
        return out_.family(name.with(detail), MetricType::gauge, row.facts.help, name.unit, more_help);
    }
    void gauge(const Row& row, Family* family, double value) {
        Series one = series(row);
        one.value = value;
        put(family, std::move(one));
    }

    void counter(const Row& row, const ModernName& name) {
        if (row.ops->gauge) { // how many there are, not how many there were
            gauge(row, gauges(row, name, {}, {}), static_cast<double>(minute_.count(row)) / name.per_unit);
            return;
        }
        Series one = series(row);
        one.value = static_cast<double>(life_.count(row)) / name.per_unit;
        put(out_.family(name.with(), MetricType::counter, row.facts.help, name.unit), std::move(one));
    }

    void cardinality(const Row& row, const ModernName& name) {
        const CardinalityRead read = row.ops->cardinality(minute_.cell(row));
        gauge(row, gauges(row, name, {}, {}), std::round(read.estimate));
        gauge(row, gauges(row, name, "lower", ": at least (95 %)"), read.lower);
        gauge(row, gauges(row, name, "upper", ": at most (95 %)"), read.upper);
    }

    void top(const Row& row, const ModernName& name) {
        const TopTable table = minute_.top(row);
        Family* lower = gauges(row, name, {}, ": at least");
        Family* upper = gauges(row, name, "upper", ": at most");
        for (const TopSeries& item : top_series(schema_, row, table, ItemLabels::specific)) {
            Series one;
            one.shared = &labels_;
            one.own = item.labels;
            one.value = static_cast<double>(item.lower) / name.per_unit;
            put(lower, Series(one));
            one.value = static_cast<double>(item.upper) / name.per_unit;
            put(upper, std::move(one));
        }
        gauge(row, gauges(row, name, "all", ": all together, listed or not"),
              static_cast<double>(table.total) / name.per_unit);
        gauge(row, gauges(row, name, "unlisted_upper", ": at most, of one that could be listed and is not"),
              static_cast<double>(table.unlisted_max) / name.per_unit);
    }

    void quantiles(const Row& row, const ModernName& name) {
        const void* cell = life_.cell(row);
        const std::vector<ValueBin> bins = row.ops->values(cell);
        Series one = series(row);
        size_t at = 0;
        one.steps = cumulated(row, name.per_unit, [&] {
            if (at == bins.size()) return no_more_bins;
            const ValueBin& bin = bins[at++];
            return std::pair{bin.upper, bin.count};
        });
        if (exponential_) add_exponential(one, bins, name.per_unit);
        put_histogram(row, name, cell, std::move(one));
    }

    // Into bins of the base unit: a bin goes where what its values are taken for lies. Edges of microseconds
    // and seconds lie 0.19 of a bin apart, so a value may be 0.4 % outside of the bin it is told in.
    static void add_exponential(Series& series, const std::vector<ValueBin>& bins, double per_unit) {
        series.exponential = true;
        for (const ValueBin& bin : bins) {
            if (bin.middle <= 0) {
                series.zeros += bin.count;
                continue;
            }
            const int index = sketch::exp_bin_index(bin.middle / per_unit);
            if (!series.bins.empty() && series.bins.back().first == index)
                series.bins.back().second += bin.count;
            else
                series.bins.emplace_back(index, bin.count);
        }
    }

    void put_histogram(const Row& row, const ModernName& name, const void* cell, Series&& one) {
        one.sum = row.ops->sum(cell) / name.per_unit;
        one.count = row.ops->count(cell);
        put(out_.family(name.with(), MetricType::histogram, row.facts.help, name.unit), std::move(one));
    }

    void histogram(const Row& row, const ModernName& name) {
        const void* cell = life_.cell(row);
        const auto bins = row.ops->bins(cell); // cumulative
        Series one = series(row);
        size_t at = 0;
        uint64_t before = 0;
        one.steps = cumulated(row, name.per_unit, [&] {
            if (at == bins.size()) return no_more_bins;
            const auto& [bound, cumulative] = bins[at++];
            return std::pair{static_cast<double>(bound), cumulative - std::exchange(before, cumulative)};
        });
        put_histogram(row, name, cell, std::move(one));
    }

    // The same values are shown in finer bins under the same name.
    bool told_finer(const Row& row, const ModernName& name) const {
        return std::any_of(schema_.rows.begin(), schema_.rows.end(), [&](const Row& other) {
            return other.ops->kind == Kind::quantiles && other.dimension == row.dimension &&
                   life_.shown(other) && modern_name(schema_, other).with() == name.with();
        });
    }

    void rate(const Row& row, const ModernName& name) {
        Series one = series(row);
        const engine::RateLine seconds = minute_.seconds(row);
        if (seconds.size() != 0)
            for (const double q : printed_quantiles)
                one.steps.emplace_back(q, static_cast<double>(seconds.quantile(q)));
        one.sum = static_cast<double>(life_.count(row));
        one.count = static_cast<uint64_t>(std::max<int64_t>(life_view_.length, 0));
        put(out_.family(name.with(), MetricType::summary, row.facts.help, name.unit), std::move(one));
    }

    Exposition& out_;
    const Labels& labels_;
    RowReader minute_, life_;
    const engine::HandlerView& life_view_;
    const Schema& schema_;
    double created_;
    bool exponential_;
};

void add_plain(Exposition& out, PlainMetric& metric, double start_time) {
    for (Label& label : metric.labels) label.value = clean_utf8(label.value);
    sort_labels(metric.labels);
    const MetricType type = metric.counter ? MetricType::counter : MetricType::gauge;
    Family* family = out.family("pktvisor_" + metric_name(metric.name), type, metric.help, metric.unit);
    if (!family) return;
    Series series;
    series.own = metric.labels;
    series.value = metric.value;
    series.created = start_time;
    family->series.push_back(std::move(series));
}

} // namespace

PlainMetric plain_metric(const engine::LedgerLine& line, Labels labels, std::string_view family) {
    struct BaseUnit {
        std::string_view from, ending, unit; // a name ends in the unit
        double factor;
    };
    static constexpr BaseUnit base_units[] = {{"ns", "ns", "seconds", 1e-9}, {"%", "rate", "ratio", 1e-2}};
    PlainMetric metric{.name = std::string(family) + line.path,
                       .help = line.help,
                       .counter = !line.gauge,
                       .value = static_cast<double>(line.count),
                       .labels = std::move(labels)};
    std::replace(metric.name.begin(), metric.name.end(), '.', '_');
    for (const BaseUnit& base : base_units) {
        if (line.unit != base.from || !metric.name.ends_with(base.ending)) continue;
        metric.name.replace(metric.name.size() - base.ending.size(), base.ending.size(), base.unit);
        metric.value *= base.factor;
        metric.unit = base.unit;
    }
    return metric;
}

std::string modern_exposition(Scrape scrape, ModernForm form) {
    prepare(scrape.sources);
    Exposition exposition;
    for (PlainMetric& metric : scrape.plain) add_plain(exposition, metric, scrape.start_time);
    for (const Source& source : scrape.sources)
        Renderer(exposition, source, scrape.start_time, form == ModernForm::protobuf).all();
    if (form == ModernForm::protobuf) return exposition_protobuf(exposition);
    return exposition_text(exposition,
                           form == ModernForm::text ? TextForm::prometheus : TextForm::open_metrics);
}

} // namespace visor::sinks
