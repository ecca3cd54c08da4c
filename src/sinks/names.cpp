#include "sinks/names.hpp"

#include "sinks/exposition.hpp"

#include <algorithm>
#include <array>

namespace visor::sinks {

namespace {

struct BaseUnit {
    std::string_view ucum, name;
    double per_unit;
};
constexpr BaseUnit base_units[] = {{"By", "bytes", 1},     {"s", "seconds", 1},    {"ms", "seconds", 1e3},
                                   {"us", "seconds", 1e6}, {"ns", "seconds", 1e9}, {"%", "ratio", 100}};

// "us" -> seconds; "{packet}/s" -> packets_per_second; "1" and what is not known -> nothing.
BaseUnit base_unit(std::string_view ucum) {
    for (const BaseUnit& unit : base_units)
        if (unit.ucum == ucum) return unit;
    return {ucum, {}, 1};
}

std::string unit_name(std::string_view ucum) {
    constexpr std::string_view a_second = "/s";
    if (!ucum.ends_with(a_second)) return std::string(base_unit(ucum).name);
    ucum.remove_suffix(a_second.size());
    std::string counted(base_unit(ucum).name);
    if (ucum.size() > 2 && ucum.front() == '{' && ucum.back() == '}')
        counted = metric_name(ucum.substr(1, ucum.size() - 2)) + "s";
    return counted.empty() ? "per_second" : counted + "_per_second";
}

// "top_geoLoc" -> "top_geo_loc", "top_ASN" -> "top_asn"; dots part words too.
std::vector<std::string> words_of(std::string_view path) {
    std::vector<std::string> words(1);
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    char before = '_';
    for (const char c : path) {
        if (c == '.' || c == '_' || (upper(c) && !upper(before))) words.emplace_back();
        if (c != '.' && c != '_') words.back() += static_cast<char>(upper(c) ? c - 'A' + 'a' : c);
        before = c;
    }
    std::erase(words, std::string());
    return words;
}

// Words the type, the unit or `_total` say.
bool needless(std::string_view word, const Row& row, std::string_view unit) {
    constexpr std::array<std::string_view, 3> of_type = {"quantiles", "histogram", "total"};
    constexpr std::array<std::string_view, 7> of_unit = {"us", "ms", "ns", "time", "pps", "bps", "bytes"};
    const auto in = [&](const auto& words) {
        return std::find(words.begin(), words.end(), word) != words.end();
    };
    return in(of_type) || (!unit.empty() && in(of_unit)) || (row.ops->kind == Kind::rate && in(of_unit));
}

} // namespace

std::string compatible_name(const Schema& schema, const Row& row) {
    if (!row.facts.metric.empty()) return metric_name(row.facts.metric);
    return metric_name(std::string(schema.key) + '_' + std::string(row.facts.path));
}

std::string ModernName::with(std::string_view detail) const {
    std::string name = stem;
    for (const std::string_view part : {detail, std::string_view(unit)})
        if (!part.empty()) (name += '_') += part;
    return name;
}

ModernName modern_name(const Schema& schema, const Row& row) {
    ModernName name{"pktvisor_" + metric_name(schema.key), unit_name(row.facts.unit),
                    base_unit(row.facts.unit).per_unit};
    for (std::string& word : words_of(row.facts.modern.empty() ? row.facts.path : row.facts.modern)) {
        if (needless(word, row, name.unit)) continue;
        if (word == "rates") word = "rate";
        (name.stem += '_') += metric_name(word);
    }
    return name;
}

std::vector<std::string> modern_families(const Schema& schema, const Row& row) {
    const ModernName name = modern_name(schema, row);
    switch (row.ops->kind) {
    case Kind::counter:
        return {name.with() + (row.ops->gauge ? "" : "_total")};
    case Kind::cardinality:
        return {name.with(), name.with("lower"), name.with("upper")};
    case Kind::top:
        return {name.with(), name.with("upper"), name.with("all"), name.with("unlisted_upper")};
    case Kind::quantiles:
    case Kind::histogram:
    case Kind::rate:
        break;
    }
    return {name.with()};
}

namespace {
struct KindName {
    Kind kind;
    bool gauge;
    std::string_view name;
};
constexpr KindName kind_names[] = {{Kind::counter, false, "counter"},
                                   {Kind::counter, true, "gauge"},
                                   {Kind::cardinality, false, "distinct count"},
                                   {Kind::top, false, "top list"},
                                   {Kind::quantiles, false, "quantiles"},
                                   {Kind::histogram, false, "histogram"},
                                   {Kind::rate, false, "rate"}};
} // namespace

std::string_view kind_name(Kind kind, bool gauge) {
    for (const KindName& known : kind_names)
        if (known.kind == kind && known.gauge == gauge) return known.name;
    return {};
}

std::optional<NamedKind> kind_named(std::string_view name) {
    for (const KindName& known : kind_names)
        if (known.name == name) return NamedKind{known.kind, known.gauge};
    return std::nullopt;
}

} // namespace visor::sinks
