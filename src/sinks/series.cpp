#include "sinks/series.hpp"

#include "sinks/utf8.hpp"

#include <algorithm>
#include <map>

namespace visor::sinks {

namespace {

void add_dimension(Labels& labels, const Schema& schema, const Row& row) {
    if (!row.dimension.empty()) labels.push_back({schema.dimension, clean_utf8(row.dimension)});
}

std::string identity(const Source& source) {
    std::string text(source.view->plan->handler->schema().key);
    for (const Label& label : source.labels) ((text += '\0') += label.name) += '\0' + label.value;
    return text;
}

} // namespace

void prepare(std::vector<Source>& sources) {
    std::map<std::string, std::vector<Source*>> alike;
    for (Source& source : sources) {
        for (Label& label : source.labels) label.value = clean_utf8(label.value);
        sort_labels(source.labels);
        alike[identity(source)].push_back(&source);
    }
    for (const auto& [text, these] : alike) {
        if (these.size() == 1) continue;
        for (Source* source : these) {
            std::erase_if(source->labels, [](const Label& label) { return label.name == "handler"; });
            source->labels.push_back({"handler", clean_utf8(source->view->plan->name)});
            sort_labels(source->labels);
        }
    }
}

Series series_of(const Schema& schema, const Row& row, const Labels& shared) {
    Series series;
    series.shared = &shared;
    add_dimension(series.own, schema, row);
    return series;
}

std::vector<TopSeries> top_series(const Schema& schema, const Row& row, const TopTable& table,
                                  ItemLabels which) {
    std::vector<TopSeries> all;
    std::unordered_map<std::string, size_t> known; // by what tells items apart
    for (const TopLine& line : table.lines) {
        std::string key = clean_utf8(line.key.name);
        const auto [found, is_new] =
            known.try_emplace(key + '\0' + line.key.lat + '\0' + line.key.lon, all.size());
        if (!is_new) {
            all[found->second].lower += line.lower;
            all[found->second].upper += line.upper;
            continue;
        }
        TopSeries item{{}, line.lower, line.upper};
        const std::string_view label = row.facts.label.empty() ? "name" : row.facts.label;
        if (which == ItemLabels::name_too && label != "name") item.labels.push_back({"name", key});
        if (!line.key.lat.empty()) item.labels.push_back({"lat", clean_utf8(line.key.lat)});
        if (!line.key.lon.empty()) item.labels.push_back({"lon", clean_utf8(line.key.lon)});
        item.labels.push_back({label, std::move(key)});
        add_dimension(item.labels, schema, row);
        sort_labels(item.labels);
        all.push_back(std::move(item));
    }
    return all;
}

} // namespace visor::sinks
