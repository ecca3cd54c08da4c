#include "metric/options.hpp"

#include <algorithm>

namespace visor {

namespace {

using Kind = OptionValue::Kind;

bool kind_fits(OptionType type, Kind kind) {
    switch (type) {
    case OptionType::boolean:
        return kind == Kind::boolean;
    case OptionType::uint:
        return kind == Kind::uint;
    case OptionType::text:
        return kind == Kind::text;
    case OptionType::list:
        return kind == Kind::list;
    case OptionType::uint_or_list:
        return kind == Kind::uint || kind == Kind::list;
    case OptionType::map:
        return kind == Kind::map;
    case OptionType::presence:
        return true;
    }
    return false;
}

std::string unknown_key(std::span<const OptionTable> tables, std::string_view key) {
    std::string text(key);
    text += " is an invalid/unsupported config or filter. The valid configs/filters are: ";
    bool first = true;
    for (const auto table : tables)
        for (const auto& option : table) {
            if (!first) text += ", ";
            first = false;
            text += option.key;
        }
    return text;
}

std::string out_of_range(const Option& option) {
    if (!option.wrong_range.empty()) return std::string(option.wrong_range);
    return std::string(option.key) + " must be between " + std::to_string(option.min) + " and " +
           std::to_string(option.max);
}

std::string wrong_choice(const Option& option, std::string_view value) {
    std::string text = option.choices.wrong.empty()
                           ? "unknown " + std::string(option.key) + ": {}. The valid values are: "
                           : std::string(option.choices.wrong);
    const size_t place = text.find("{}");
    if (place != std::string::npos) text.replace(place, 2, value);
    return text + option.choices.listed();
}

std::string wrong_value(const Option& option, const OptionValue& value) {
    if (!option.choices.texts.empty()) {
        const bool list = value.kind == Kind::list;
        for (const std::string& text : list ? std::span(value.list) : std::span(&value.text, 1))
            if (!option.choices.find(text)) return wrong_choice(option, text);
    }
    return option.check ? option.check(value) : std::string();
}

bool same_value(const OptionValue& a, const OptionValue& b) {
    if (a.kind != b.kind) return false;
    switch (a.kind) {
    case Kind::boolean:
        return a.boolean == b.boolean;
    case Kind::uint:
        return a.number == b.number;
    case Kind::text:
        return a.text == b.text;
    case Kind::list:
        return a.list == b.list;
    case Kind::map:
        return a.map == b.map;
    }
    return false;
}

} // namespace

std::optional<size_t> OptionChoices::find(std::string_view value) const {
    const auto same = [this](char choice, char c) {
        return choice == (any_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    };
    for (size_t i = 0; i < texts.size(); ++i)
        if (std::equal(texts[i].begin(), texts[i].end(), value.begin(), value.end(), same)) return i;
    return std::nullopt;
}

std::string OptionChoices::listed() const {
    std::string all;
    for (const std::string_view text : texts) (all += all.empty() ? "" : ", ") += text;
    return all;
}

const OptionValue* OptionValues::find(std::string_view key) const {
    for (const auto& entry : entries_)
        if (entry.key == key) return &entry.value;
    return nullptr;
}

OptionValue* OptionValues::find_mutable(std::string_view key) {
    for (auto& entry : entries_)
        if (entry.key == key) return &entry.value;
    return nullptr;
}

bool OptionValues::get_bool(std::string_view key, bool fallback) const {
    const auto* value = find(key);
    return value && value->kind == Kind::boolean ? value->boolean : fallback;
}

uint64_t OptionValues::get_uint(std::string_view key, uint64_t fallback) const {
    const auto* value = find(key);
    return value && value->kind == Kind::uint ? value->number : fallback;
}

std::string_view OptionValues::get_text(std::string_view key, std::string_view fallback) const {
    const auto* value = find(key);
    return value && value->kind == Kind::text ? std::string_view(value->text) : fallback;
}

std::span<const std::string> OptionValues::get_list(std::string_view key) const {
    const auto* value = find(key);
    return value && value->kind == Kind::list ? std::span<const std::string>(value->list)
                                              : std::span<const std::string>{};
}

const OptionValues& OptionValues::get_map(std::string_view key) const {
    static const OptionValues none;
    const auto* value = find(key);
    return value && value->kind == Kind::map ? value->map : none;
}

void OptionValues::set(std::string_view key, OptionValue value) {
    if (auto* present = find_mutable(key)) {
        *present = std::move(value);
        return;
    }
    entries_.push_back({std::string(key), std::move(value)});
}

void OptionValues::set_bool(std::string_view key, bool value) {
    OptionValue v;
    v.kind = Kind::boolean;
    v.boolean = value;
    v.text = value ? "true" : "false";
    set(key, std::move(v));
}

void OptionValues::set_uint(std::string_view key, uint64_t value) {
    OptionValue v;
    v.kind = Kind::uint;
    v.number = value;
    v.text = std::to_string(value);
    set(key, std::move(v));
}

void OptionValues::set_text(std::string_view key, std::string_view value) {
    OptionValue v;
    v.text = value;
    set(key, std::move(v));
}

void OptionValues::set_list(std::string_view key, std::vector<std::string> value) {
    OptionValue v;
    v.kind = Kind::list;
    v.list = std::move(value);
    set(key, std::move(v));
}

void OptionValues::merge(const OptionValues& over) {
    for (const auto& entry : over.entries_) set(entry.key, entry.value);
}

std::span<const OptionEntry> OptionValues::entries() const& {
    return entries_;
}
std::span<OptionEntry> OptionValues::entries() & {
    return entries_;
}

bool OptionEntry::operator==(const OptionEntry& other) const {
    return key == other.key && same_value(value, other.value);
}

bool OptionValues::operator==(const OptionValues& other) const {
    if (entries_.size() != other.entries_.size()) return false;
    for (const auto& entry : entries_) {
        const auto* theirs = other.find(entry.key);
        if (!theirs || !same_value(entry.value, *theirs)) return false;
    }
    return true;
}

const Option* find_option(std::span<const OptionTable> tables, std::string_view key) {
    for (const auto table : tables)
        for (const auto& option : table)
            if (option.key == key) return &option;
    return nullptr;
}

std::optional<OptionError> check_options(std::span<const OptionTable> tables, OptionValues& values) {
    for (auto& [key, value] : values.entries()) {
        const auto fault = [&, &at = value](std::string text) {
            return OptionError{std::move(text), at.line, at.column};
        };
        const auto* option = find_option(tables, key);
        if (!option) return fault(unknown_key(tables, key));
        if (!kind_fits(option->type, value.kind))
            return fault(option->wrong_type.empty() ? "wrong type for key: " + key
                                                    : std::string(option->wrong_type));
        if (std::string wrong = wrong_value(*option, value); !wrong.empty()) return fault(std::move(wrong));
        if (value.kind != Kind::uint || option->type == OptionType::presence) continue;
        if (value.number >= option->min && value.number <= option->max) continue;
        if (option->range == OptionRange::refuse) return fault(out_of_range(*option));
        value.number = value.number < option->min ? option->min : option->max;
        value.text = std::to_string(value.number);
    }
    return std::nullopt;
}

std::string wrong_value(OptionTable table, const OptionValues& values) {
    for (const Option& option : table) {
        const OptionValue* value = values.find(option.key);
        if (std::string wrong = value ? wrong_value(option, *value) : std::string(); !wrong.empty())
            return wrong;
    }
    return {};
}

int64_t transaction_ttl_us(const OptionValues& values) {
    if (values.has("xact_ttl_ms")) return static_cast<int64_t>(values.get_uint("xact_ttl_ms")) * 1000;
    return static_cast<int64_t>(values.get_uint("xact_ttl_secs", 5)) * 1'000'000;
}

WindowSettings WindowSettings::with(const OptionValues& values) const {
    WindowSettings out = *this;
    const auto take = [&](std::string_view key, uint32_t& member) {
        member = static_cast<uint32_t>(values.get_uint(key, member));
    };
    take("num_periods", out.periods);
    take("deep_sample_rate", out.deep_sample_rate);
    take("topn_count", out.topn_count);
    take("topn_percentile_threshold", out.topn_percentile_threshold);
    return out;
}

} // namespace visor
