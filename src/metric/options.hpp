// Options of taps and handlers: each is declared once, and that one declaration validates the configuration,
// makes the list of valid keys an error shows, and feeds --help, the API description and the documentation.
//
// Threads: tables are immutable; OptionValues belongs to whoever holds it. Owns: its strings.
// Units: said by each option's key and help.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace visor {

// What a value may be. Scalars are typed as the configuration language types them: digits alone are an
// unsigned number, true and false a boolean, anything else text, quoted or not.
enum class OptionType : uint8_t { boolean, uint, text, list, uint_or_list, map, presence };

enum class OptionRange : uint8_t { refuse, clamp };

struct OptionValue;

// What is wrong with a value of the right type, with what would be right; empty = nothing.
using OptionCheck = std::string (*)(const OptionValue& value);

// The texts an option, or each of its list, may be: check, errors and documents read them here.
struct OptionChoices {
    std::span<const std::string_view> texts{};
    bool any_case = false;    // texts are lower-case, values may be written otherwise
    std::string_view wrong{}; // error in front of all texts, {} for the value; a general text when empty

    std::optional<size_t> find(std::string_view value) const; // its place among the texts
    std::string listed() const;                               // "in, out, unknown"
};

struct Option {
    std::string_view key;
    OptionType type;
    std::string_view help;
    uint64_t min = 0;
    uint64_t max = UINT64_MAX;
    OptionRange range = OptionRange::refuse; // what becomes of a number outside min..max
    std::string_view wrong_type = {}; // error for a value of another type; "wrong type for key: K" when empty
    std::string_view wrong_range = {}; // error for a refused number; a general text when empty
    OptionCheck check = nullptr;       // for values that are more than their type
    OptionChoices choices{};           // none: any text
};

using OptionTable = std::span<const Option>;

// Keys every handler accepts beside its own.
inline constexpr Option window_options[] = {
    {"num_periods", OptionType::uint, "periods of one minute kept; 1 never shifts", 1, 10,
     OptionRange::clamp},
    {"deep_sample_rate", OptionType::uint, "percent of events analysed deeply", 1, 100, OptionRange::clamp},
    {"topn_count", OptionType::uint, "entries shown of each top table", 0, 65536, OptionRange::clamp},
    {"topn_percentile_threshold",
     OptionType::uint,
     "show only top entries at or above this percentile of their table",
     0,
     100,
     OptionRange::refuse,
     {},
     "threshold must be between 0 and 100"},
};
// Keys of handlers that match requests with their answers.
inline constexpr std::array transaction_options{
    Option{"xact_ttl_secs", OptionType::uint, "seconds a request waits for its answer", 1, 1800,
           OptionRange::clamp},
    Option{"xact_ttl_ms", OptionType::uint,
           "milliseconds a request waits for its answer; wins over xact_ttl_secs", 1, 1'800'000,
           OptionRange::clamp},
};
inline constexpr Option stream_options[] = {
    {"recorded_stream", OptionType::presence, "events come from a recording, so time is theirs"},
};
inline constexpr Option group_options[] = {
    {"enable", OptionType::list, "metric groups switched on, after disable"},
    {"disable", OptionType::list, "metric groups switched off"},
};

struct OptionEntry;

// Values by key, in the order they were first set. Small: looked up by walking.
class OptionValues {
public:
    bool has(std::string_view key) const { return find(key) != nullptr; }
    const OptionValue* find(std::string_view key) const;
    // The value, or the fallback when the key is absent or holds another kind (check_options refuses the
    // latter).
    bool get_bool(std::string_view key, bool fallback = false) const;
    uint64_t get_uint(std::string_view key, uint64_t fallback = 0) const;
    std::string_view get_text(std::string_view key, std::string_view fallback = {}) const;
    std::span<const std::string> get_list(std::string_view key) const;
    const OptionValues& get_map(std::string_view key) const;

    void set(std::string_view key, OptionValue value); // replaces
    void set_bool(std::string_view key, bool value);
    void set_uint(std::string_view key, uint64_t value);
    void set_text(std::string_view key, std::string_view value);
    void set_list(std::string_view key, std::vector<std::string> value);
    void merge(const OptionValues& over); // over's values win

    bool empty() const { return entries_.empty(); }
    std::span<const OptionEntry> entries() const&;
    std::span<OptionEntry> entries() &;
    std::span<const OptionEntry> entries() const&& = delete; // would dangle
    bool operator==(const OptionValues& other) const; // same values; where they were written does not count

private:
    OptionValue* find_mutable(std::string_view key);
    std::vector<OptionEntry> entries_;
};

struct OptionValue {
    enum class Kind : uint8_t { boolean, uint, text, list, map };
    Kind kind = Kind::text;
    bool boolean = false;
    uint64_t number = 0;
    std::string text; // of a scalar of any kind: as it was written
    std::vector<std::string> list;
    OptionValues map;
    uint32_t line = 0, column = 0; // where it was written, from 1; 0 = not read from a file
};

struct OptionEntry {
    std::string key;
    OptionValue value;
    bool operator==(const OptionEntry& other) const; // as OptionValues
};

struct OptionError {
    std::string text;
    uint32_t line = 0, column = 0;
};

// Checks every value against the option declared for its key in one of the tables, and clamps where the
// option says so. The first fault is returned; none = the typed getters above can be relied on.
[[nodiscard]] std::optional<OptionError> check_options(std::span<const OptionTable> tables,
                                                       OptionValues& values);

// What is wrong with the first value that is none of its option's choices, or that its own check does not
// like; empty = nothing.
std::string wrong_value(OptionTable table, const OptionValues& values);

const Option* find_option(std::span<const OptionTable> tables, std::string_view key);

int64_t transaction_ttl_us(const OptionValues& values); // 5 s unless configured

struct WindowSettings {
    uint32_t periods = 5;
    uint32_t deep_sample_rate = 100; // percent
    uint32_t topn_count = 10;
    uint32_t topn_percentile_threshold = 0;

    // Keys absent from values keep what *this has.
    WindowSettings with(const OptionValues& values) const;
    bool operator==(const WindowSettings&) const = default;
};

} // namespace visor
