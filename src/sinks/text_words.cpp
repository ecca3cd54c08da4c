#include "sinks/text_words.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <spdlog/fmt/fmt.h>
#include <vector>

namespace visor::sinks {

namespace {

// Words of a path that only say what kind of thing it is.
bool is_noise(std::string_view word, Kind kind) {
    static constexpr std::array<std::string_view, 8> always = {"wire",      "packets",     "counts", "rates",
                                                               "quantiles", "cardinality", "top",    "us"};
    static constexpr std::array<std::string_view, 3> units = {"pps", "bps", "bytes"};
    const bool measure = kind == Kind::quantiles || kind == Kind::rate;
    return std::find(always.begin(), always.end(), word) != always.end() ||
           (measure && std::find(units.begin(), units.end(), word) != units.end());
}

} // namespace

void append_word(std::string& text, std::string_view word) {
    if (word.empty()) return;
    if (!text.empty()) text += ' ';
    text += word;
}

std::string words(std::string_view path, std::string_view dimension, Kind kind, std::string_view said) {
    std::vector<std::string> parts;
    std::string part, word;
    for (const char c : fmt::format("{}.", path)) {
        if (c != '.' && c != '_') {
            word += c;
            continue;
        }
        if (!is_noise(word, kind) && !said.starts_with(word)) append_word(part, word);
        word.clear();
        if (c == '.') parts.push_back(std::exchange(part, {}));
    }
    std::string text = parts.back();
    for (const std::string& earlier : std::span(parts).first(parts.size() - 1)) append_word(text, earlier);
    append_word(text, dimension);
    return text;
}

std::string rate_noun(std::string_view unit) {
    const std::string_view what = unit.substr(0, unit.find('/'));
    if (what == "{packet}") return "pkt/s";
    if (what == "{message}") return "msg/s";
    if (what.starts_with('{') && what.ends_with('}'))
        return fmt::format("{}s/s", what.substr(1, what.size() - 2));
    return fmt::format("{}/s", what == "By" ? "B" : what);
}

} // namespace visor::sinks
