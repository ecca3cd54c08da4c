#include "sinks/negotiate.hpp"

#include "sinks/prometheus.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace visor::sinks {

namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blank = " \t";
    const size_t first = text.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// What stands before the separator, which goes too.
std::string_view take_until(std::string_view& text, char separator) {
    const size_t at = std::min(text.find(separator), text.size());
    const std::string_view part = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return trimmed(part);
}

bool same(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
}

struct MediaRange {
    std::string_view type;
    std::string_view version, proto, encoding;
    double quality = 1;
};

std::string_view unquoted(std::string_view value) {
    const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
    return quoted ? value.substr(1, value.size() - 2) : value;
}

// A weight that is none counts as 0: what cannot be read is not asked for.
double quality_of(std::string_view text) {
    double value = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    const bool read = error == std::errc() && end == text.data() + text.size();
    return read && value >= 0 && value <= 1 ? value : 0;
}

MediaRange media_range(std::string_view text) {
    MediaRange range;
    range.type = take_until(text, ';');
    while (!text.empty()) {
        std::string_view value = take_until(text, ';');
        const std::string_view name = take_until(value, '=');
        if (same(name, "q")) range.quality = quality_of(value);
        if (same(name, "version")) range.version = unquoted(value);
        if (same(name, "proto")) range.proto = unquoted(value);
        if (same(name, "encoding")) range.encoding = unquoted(value);
    }
    return range;
}

// Whether a range is met, and by which form.
bool met(const MediaRange& range, ExpositionFormat& by) {
    if (same(range.type, "application/vnd.google.protobuf")) {
        by = ExpositionFormat::protobuf;
        return range.proto == "io.prometheus.client.MetricFamily" && range.encoding == "delimited";
    }
    if (same(range.type, "application/openmetrics-text")) {
        by = ExpositionFormat::open_metrics;
        return range.version.empty() || range.version == "1.0.0" || range.version == "0.0.1";
    }
    by = ExpositionFormat::text;
    if (same(range.type, "text/plain")) return range.version.empty() || range.version == "0.0.4";
    return range.type == "*/*" || same(range.type, "text/*");
}

} // namespace

ExpositionFormat accepted_format(std::string_view accept) {
    ExpositionFormat best = ExpositionFormat::text;
    double best_quality = 0;
    while (!accept.empty()) {
        const MediaRange range = media_range(take_until(accept, ','));
        ExpositionFormat by{};
        if (!met(range, by) || range.quality <= best_quality) continue;
        best = by;
        best_quality = range.quality;
    }
    return best;
}

Result<ExpositionFormat> choose_exposition(std::string_view format, std::string_view accept) {
    if (format.empty() || format == "compatible") return ExpositionFormat::compatible;
    if (format == "modern") return accepted_format(accept);
    if (format == "text") return ExpositionFormat::text;
    if (format == "openmetrics") return ExpositionFormat::open_metrics;
    if (format == "protobuf") return ExpositionFormat::protobuf;
    return Error{"unknown format; valid formats: compatible, modern, text, openmetrics, protobuf"};
}

std::string_view content_type(ExpositionFormat format) {
    switch (format) {
    case ExpositionFormat::compatible:
        return "text/plain";
    case ExpositionFormat::open_metrics:
        return "application/openmetrics-text; version=1.0.0; charset=utf-8";
    case ExpositionFormat::protobuf:
        return "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";
    case ExpositionFormat::text:
        break;
    }
    return "text/plain; version=0.0.4; charset=utf-8";
}

std::string exposition_of(ExpositionFormat format, Scrape scrape) {
    switch (format) {
    case ExpositionFormat::compatible:
        return prometheus_text(std::move(scrape.sources));
    case ExpositionFormat::open_metrics:
        return modern_exposition(std::move(scrape), ModernForm::open_metrics);
    case ExpositionFormat::protobuf:
        return modern_exposition(std::move(scrape), ModernForm::protobuf);
    case ExpositionFormat::text:
        break;
    }
    return modern_exposition(std::move(scrape), ModernForm::text);
}

} // namespace visor::sinks
