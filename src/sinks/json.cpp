#include "sinks/json.hpp"

#include "sinks/rows.hpp"
#include "sketch/histogram_bins.hpp"

#include <cmath>
#include <optional>

namespace visor::sinks {

using nlohmann::json;

namespace {

using sketch::second_ns;

// The object at a dotted path, made on the way; the last part is its key.
json& at_path(json& root, const std::string& path) {
    json* node = &root;
    for (size_t begin = 0; begin <= path.size();) {
        const size_t dot = std::min(path.find('.', begin), path.size());
        node = &(*node)[path.substr(begin, dot - begin)];
        begin = dot + 1;
    }
    return *node;
}

// Bins of a quarter of a doubling, by rising value: [lower, upper, count], values above lower up to upper.
// Their edges are edges of the exponential histograms too, so that no count of those is split.
json bins_json(const Row& row, const void* cell) {
    constexpr int joined = 8; // of 32 a doubling
    const auto edge = [&](int quarter) -> json {
        const double value = sketch::exp_bin_upper(quarter * joined);
        if (row.ops->integral && value < 0x1p53) return static_cast<uint64_t>(value);
        return value;
    };
    json out = json::array();
    std::optional<int> last; // the bin that is being filled
    for (const ValueBin& bin : row.ops->values(cell)) {
        if (bin.upper <= 0) {
            out.push_back({0, 0, bin.count});
            continue;
        }
        const int index = sketch::exp_bin_index(bin.upper);
        const int quarter = (index + (index > 0 ? joined - 1 : 0)) / joined;
        if (quarter == last)
            out.back()[2] = out.back()[2].get<uint64_t>() + bin.count;
        else
            out.push_back({edge(quarter - 1), edge(quarter), bin.count});
        last = quarter;
    }
    return out;
}

json quantiles_json(const Row& row, const void* cell, const JsonOptions& options) {
    json out;
    for (size_t i = 0; i < std::size(printed_quantiles); ++i) {
        const double value = row.ops->quantile(cell, printed_quantiles[i]);
        if (row.ops->integral)
            out[quantile_names[i]] = static_cast<uint64_t>(std::llround(value));
        else
            out[quantile_names[i]] = value;
    }
    if (options.more()) {
        out["count"] = row.ops->count(cell);
        out["min"] = row.ops->min(cell);
        out["max"] = row.ops->max(cell);
        out["sum"] = row.ops->sum(cell);
    }
    if (options.charts) out["bins"] = bins_json(row, cell);
    return out;
}

json top_json(const TopTable& table, bool extended) {
    json out = json::array();
    for (const TopLine& line : table.lines) {
        json item{{"estimate", line.lower}, {"name", line.key.name}};
        if (!line.key.lat.empty()) item["lat"] = line.key.lat;
        if (!line.key.lon.empty()) item["lon"] = line.key.lon;
        if (extended) item["lower"] = line.lower, item["upper"] = line.upper;
        out.push_back(std::move(item));
    }
    return out;
}

json histogram_json(const Row& row, const void* cell) {
    json buckets = json::object();
    for (const auto& [bound, cumulative] : row.ops->bins(cell)) buckets[std::to_string(bound)] = cumulative;
    buckets["+Inf"] = row.ops->count(cell);
    return json{{"buckets", buckets}};
}

// Means of so many seconds each; of the last ones there may be fewer.
json means_json(const engine::Seconds& seconds, size_t step) {
    json means = json::array();
    for (size_t i = 0; i < seconds.size(); i += step) {
        const size_t n = std::min(step, seconds.size() - i);
        uint64_t sum = 0;
        for (size_t j = i; j < i + n; ++j) sum += seconds[j];
        means.push_back(std::round(static_cast<double>(sum) * 1e3 / static_cast<double>(n)) / 1e3);
    }
    return means;
}

// A line may be shorter than its period (of a day at most) and longer (by the second that has just begun).
json seconds_json(const engine::RateLine& line, const engine::HandlerView& view, const JsonOptions& options) {
    const engine::Seconds newest = line.newest(options.seconds);
    const auto end = view.start_ts + std::max(view.length, static_cast<int64_t>(line.size()));
    json out{{"start_ts", end - static_cast<int64_t>(newest.size())}};
    if (options.step > 1) {
        out["step"] = options.step;
        out["values"] = means_json(newest, options.step);
    } else {
        out["values"] = newest;
    }
    return out;
}

void put_row(json& out, RowReader& reader, const Row& row, const engine::HandlerView& view,
             const JsonOptions& options) {
    const bool extended = options.more();
    const std::string path = row.json_path();
    const void* cell = reader.cell(row);
    switch (row.ops->kind) {
    case Kind::counter:
        at_path(out, path) = row.ops->count(cell);
        break;
    case Kind::cardinality: {
        const CardinalityRead read = row.ops->cardinality(cell);
        at_path(out, path) = static_cast<uint64_t>(std::llround(read.estimate));
        if (extended) at_path(out, path + "_bounds") = {{"lower", read.lower}, {"upper", read.upper}};
        break;
    }
    case Kind::top: {
        const TopTable table = reader.top(row);
        at_path(out, path) = top_json(table, extended);
        if (extended)
            at_path(out, path + "_bounds") = {{"total", table.total}, {"unlisted_max", table.unlisted_max}};
        break;
    }
    case Kind::quantiles:
        if (row.ops->count(cell)) at_path(out, path) = quantiles_json(row, cell, options);
        break;
    case Kind::histogram:
        if (row.ops->count(cell)) at_path(out, path) = histogram_json(row, cell);
        break;
    case Kind::rate: // of a recorded stream: beyond upstream's keys
        if (!view.live && !extended) break;
        if (const auto seconds = reader.seconds(row); view.live || seconds.size() != 0) {
            json& rate = at_path(out, path) = rate_json(seconds, view.live && view.open);
            if (options.charts) rate["seconds"] = seconds_json(seconds, view, options);
        }
        break;
    }
}

} // namespace

json rate_json(const engine::RateLine& seconds, bool with_live) {
    json out;
    if (with_live) out["live"] = seconds.last();
    for (size_t i = 0; i < std::size(printed_quantiles); ++i)
        out[quantile_names[i]] = seconds.quantile(printed_quantiles[i]);
    return out;
}

json handler_json(const engine::HandlerView& view, const JsonOptions& options) {
    json out;
    RowReader reader(view);
    if (reader.off()) return json::object();
    reader.for_each(options.more(), [&](const Row& row) { put_row(out, reader, row, view, options); });
    out["period"] = {{"start_ts", view.start_ts}, {"length", view.length}};
    if (options.more()) {
        const auto sampling = engine::configured_sampling(view.plan->window.deep_sample_rate);
        at_path(out, sampling.path) = sampling.count;
    }
    if (options.more() && view.periods_left_out)
        out["period"]["minutes"] = {{"shown", view.periods}, {"left_out", view.periods_left_out}};
    return out;
}

json ledger_json(const std::vector<engine::LedgerLine>& lines) {
    json out;
    for (const engine::LedgerLine& line : lines) at_path(out, line.path) = line.count;
    return out;
}

json ledger_json(const engine::Ledger& ledger) {
    json out = ledger_json(engine::ledger_lines(ledger));
    const engine::FeedTotals& feed = ledger.feed; // of everything, whatever the handlers' periods show
    if (feed.frames)
        out["period"] = {{"start_ts", feed.first_ns / second_ns},
                         {"length", feed.last_ns / second_ns - feed.first_ns / second_ns}};
    return out;
}

std::string dump_json(const json& value, bool pretty, bool for_terminal) {
    return value.dump(pretty ? 4 : -1, ' ', for_terminal, json::error_handler_t::replace);
}

} // namespace visor::sinks
