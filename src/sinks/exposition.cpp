#include "sinks/exposition.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace visor::sinks {

namespace {

constexpr std::string_view type_names[] = {"gauge", "counter", "summary", "histogram"};

// Help and label values differ in whether a quote is escaped.
void append_escaped(std::string& out, std::string_view text, bool quote) {
    for (const char c : text) {
        if (c == '\\')
            out += "\\\\";
        else if (c == '\n')
            out += "\\n";
        else if (c == '"' && quote)
            out += "\\\"";
        else
            out += c;
    }
}

void append_count(std::string& out, uint64_t value) {
    std::array<char, 24> text;
    out.append(text.data(), std::to_chars(text.begin(), text.end(), value).ptr);
}

class TextWriter {
public:
    explicit TextWriter(TextForm form) : open_(form == TextForm::open_metrics) { out_.reserve(64 * 1024); }

    std::string text(const Exposition& exposition) {
        for (const Family& family : exposition.families()) {
            if (family.series.empty()) continue;
            head(family);
            for (const Series& series : family.series) samples(family, series);
        }
        if (open_) out_ += "# EOF\n";
        return std::move(out_);
    }

private:
    void head(const Family& family) {
        const std::string_view total = family.type == MetricType::counter && !open_ ? "_total" : "";
        ((out_ += "# HELP ") += family.name) += total;
        out_ += ' ';
        append_escaped(out_, family.help, open_);
        (((out_ += "\n# TYPE ") += family.name) += total) += ' ';
        (out_ += type_names[static_cast<size_t>(family.type)]) += '\n';
        if (open_ && !family.unit.empty())
            ((((out_ += "# UNIT ") += family.name) += ' ') += family.unit) += '\n';
    }

    void samples(const Family& family, const Series& series) {
        switch (family.type) {
        case MetricType::gauge:
            sample(family, "", series, {}, series.value);
            break;
        case MetricType::counter:
            sample(family, "_total", series, {}, series.value);
            created(family, series);
            break;
        case MetricType::summary:
            for (const auto& [quantile, value] : series.steps)
                sample(family, "", series, {"quantile", bound(quantile)}, value);
            sum_and_count(family, series);
            break;
        case MetricType::histogram:
            for (const auto& [upper, cumulative] : series.steps)
                sample(family, "_bucket", series, {"le", bound(upper)}, cumulative);
            sample(family, "_bucket", series, {"le", "+Inf"}, static_cast<double>(series.count));
            sum_and_count(family, series);
            break;
        }
    }

    void sum_and_count(const Family& family, const Series& series) {
        sample(family, "_sum", series, {}, series.sum);
        sample(family, "_count", series, {}, static_cast<double>(series.count));
        created(family, series);
    }

    void created(const Family& family, const Series& series) {
        if (open_ && series.created > 0) sample(family, "_created", series, {}, series.created);
    }

    // OpenMetrics wants numbers in labels written as floating point.
    std::string bound(double value) const {
        std::string text;
        append_number(text, value);
        if (open_ && text.find_first_of(".e") == std::string::npos) text += ".0";
        return text;
    }

    void sample(const Family& family, std::string_view suffix, const Series& series, const Label& more,
                double value) {
        ((out_ += family.name) += suffix) += '{';
        labels(series, more);
        out_ += "} ";
        append_number(out_, value);
        out_ += '\n';
    }

    void labels(const Series& series, const Label& more) {
        bool first = true;
        for_each_label(
            series,
            [&](const Label& label) {
                if (!first) out_ += ',';
                first = false;
                (out_ += label.name) += "=\"";
                append_escaped(out_, label.value, true);
                out_ += '"';
            },
            more);
    }

    std::string out_;
    bool open_;
};

} // namespace

void sort_labels(Labels& labels) {
    std::sort(labels.begin(), labels.end(),
              [](const Label& a, const Label& b) { return label_before(a.name, b.name); });
}

Family* Exposition::family(const std::string& name, MetricType type, std::string_view help,
                           std::string_view unit, std::string_view more_help) {
    const auto found = by_name_.find(name);
    if (found != by_name_.end()) return found->second->type == type ? found->second : nullptr;
    Family& added = families_.emplace_back(
        Family{name, std::string(help).append(more_help), std::string(unit), type, {}});
    by_name_.emplace(added.name, &added);
    return &added;
}

std::string exposition_text(const Exposition& exposition, TextForm form) {
    return TextWriter(form).text(exposition);
}

std::string metric_name(std::string_view name) {
    std::string out;
    for (const char c : name) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        const bool digit = c >= '0' && c <= '9';
        if (digit && out.empty()) out += '_';
        out += letter || digit ? c : '_';
    }
    return out;
}

void append_number(std::string& out, double value) {
    if (value >= 0 && value < 0x1p53 && value == std::floor(value)) {
        append_count(out, static_cast<uint64_t>(value));
        return;
    }
    if (std::isinf(value)) {
        out += value > 0 ? "+Inf" : "-Inf";
        return;
    }
    if (std::isnan(value)) {
        out += "NaN";
        return;
    }
    std::array<char, 32> text;
    out.append(text.data(), std::to_chars(text.begin(), text.end(), value).ptr);
}

} // namespace visor::sinks
