#include "sinks/protobuf.hpp"

#include <cmath>
#include <protozero/pbf_builder.hpp>
#include <protozero/pbf_writer.hpp>

namespace visor::sinks {

namespace {

using protozero::pbf_writer;

// Field numbers of io/prometheus/client/metrics.proto.
namespace family_field {
constexpr protozero::pbf_tag_type name = 1, help = 2, type = 3, metric = 4, unit = 5;
}
namespace metric_field {
constexpr protozero::pbf_tag_type label = 1, gauge = 2, counter = 3, summary = 4, histogram = 7;
}
namespace label_field {
constexpr protozero::pbf_tag_type name = 1, value = 2;
}
namespace value_field { // of gauges and counters
constexpr protozero::pbf_tag_type value = 1, created = 3;
}
namespace summary_field {
constexpr protozero::pbf_tag_type count = 1, sum = 2, quantile = 3, created = 4;
}
namespace histogram_field {
constexpr protozero::pbf_tag_type count = 1, sum = 2, bucket = 3, schema = 5, zero_threshold = 6,
                                  zero_count = 7, positive_span = 12, positive_delta = 13, created = 15;
}
namespace span_field {
constexpr protozero::pbf_tag_type offset = 1, length = 2;
}

constexpr int32_t schema = 5; // 32 bins a doubling
constexpr double zero_threshold = 0x1p-128;
constexpr int widest_gap = 2; // of empty bins told one by one; a wider one begins a new span

int32_t type_number(MetricType type) {
    switch (type) {
    case MetricType::counter:
        return 0;
    case MetricType::gauge:
        return 1;
    case MetricType::summary:
        return 2;
    case MetricType::histogram:
        break;
    }
    return 4;
}

void add_label(pbf_writer& metric, const Label& label) {
    pbf_writer pair(metric, metric_field::label);
    pair.add_string(label_field::name, label.name.data(), label.name.size());
    pair.add_string(label_field::value, label.value);
}

void add_created(pbf_writer& out, protozero::pbf_tag_type field, double created) {
    if (created <= 0) return;
    pbf_writer timestamp(out, field);
    timestamp.add_int64(1, static_cast<int64_t>(created));
    timestamp.add_int32(2, static_cast<int32_t>((created - std::floor(created)) * 1e9));
}

struct Span {
    int32_t offset;
    uint32_t length;
};

void add_bins(pbf_writer& out, const std::vector<std::pair<int, uint64_t>>& bins) {
    std::vector<Span> spans;
    std::vector<int64_t> deltas;
    int next = 0;     // index after the last told
    int64_t told = 0; // count of the last told
    const auto tell = [&](uint64_t count) {
        deltas.push_back(static_cast<int64_t>(count) - told);
        told = static_cast<int64_t>(count);
        ++spans.back().length;
        ++next;
    };
    for (const auto& [index, count] : bins) {
        if (spans.empty() || index - next > widest_gap) {
            spans.push_back({index - next, 0});
            next = index;
        }
        while (next < index) tell(0);
        tell(count);
    }
    if (spans.empty()) spans.push_back({0, 0}); // an exponential histogram, though an empty one
    for (const Span& span : spans) {
        pbf_writer message(out, histogram_field::positive_span);
        message.add_sint32(span_field::offset, span.offset);
        message.add_uint32(span_field::length, span.length);
    }
    out.add_packed_sint64(histogram_field::positive_delta, deltas.begin(), deltas.end());
}

void add_histogram(pbf_writer& metric, const Series& series) {
    pbf_writer out(metric, metric_field::histogram);
    out.add_uint64(histogram_field::count, series.count);
    out.add_double(histogram_field::sum, series.sum);
    for (const auto& [upper, cumulative] : series.steps) {
        pbf_writer bucket(out, histogram_field::bucket);
        bucket.add_uint64(1, static_cast<uint64_t>(cumulative));
        bucket.add_double(2, upper);
    }
    if (series.exponential) {
        out.add_sint32(histogram_field::schema, schema);
        out.add_double(histogram_field::zero_threshold, zero_threshold);
        out.add_uint64(histogram_field::zero_count, series.zeros);
        add_bins(out, series.bins);
    }
    add_created(out, histogram_field::created, series.created);
}

void add_summary(pbf_writer& metric, const Series& series) {
    pbf_writer out(metric, metric_field::summary);
    out.add_uint64(summary_field::count, series.count);
    out.add_double(summary_field::sum, series.sum);
    for (const auto& [quantile, value] : series.steps) {
        pbf_writer step(out, summary_field::quantile);
        step.add_double(1, quantile);
        step.add_double(2, value);
    }
    add_created(out, summary_field::created, series.created);
}

void add_series(pbf_writer& family, MetricType type, const Series& series) {
    pbf_writer metric(family, family_field::metric);
    for_each_label(series, [&](const Label& label) { add_label(metric, label); });
    switch (type) {
    case MetricType::gauge: {
        pbf_writer gauge(metric, metric_field::gauge);
        gauge.add_double(value_field::value, series.value);
        break;
    }
    case MetricType::counter: {
        pbf_writer counter(metric, metric_field::counter);
        counter.add_double(value_field::value, series.value);
        add_created(counter, value_field::created, series.created);
        break;
    }
    case MetricType::summary:
        add_summary(metric, series);
        break;
    case MetricType::histogram:
        add_histogram(metric, series);
        break;
    }
}

} // namespace

std::string exposition_protobuf(const Exposition& exposition) {
    std::string out, message;
    for (const Family& family : exposition.families()) {
        if (family.series.empty()) continue;
        message.clear();
        pbf_writer writer(message);
        writer.add_string(family_field::name,
                          family.name + (family.type == MetricType::counter ? "_total" : ""));
        writer.add_string(family_field::help, family.help);
        writer.add_enum(family_field::type, type_number(family.type));
        if (!family.unit.empty()) writer.add_string(family_field::unit, family.unit);
        for (const Series& series : family.series) add_series(writer, family.type, series);
        protozero::add_varint_to_buffer(&out, message.size());
        out += message;
    }
    return out;
}

} // namespace visor::sinks
