#include "control/http/target.hpp"

#include "control/http/text.hpp"

namespace visor::http {

namespace {

int hex_digit(char c) {
    if (is_digit(c)) return c - '0';
    const char letter = lower(c);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

// The byte that "%XY" at that place stands for, or -1.
int escaped(std::string_view text, size_t at) {
    if (text[at] != '%' || text.size() - at < 3) return -1;
    const int high = hex_digit(text[at + 1]);
    const int low = hex_digit(text[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::string decode_leniently(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        const int byte = escaped(text, i);
        if (byte >= 0) i += 2;
        out += byte >= 0 ? static_cast<char>(byte) : text[i] == '+' ? ' ' : text[i];
    }
    return out;
}

} // namespace

std::optional<Target> split_target(std::string_view text) {
    Target target;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!same_ignoring_case(text.substr(0, scheme.size()), scheme)) continue;
        text.remove_prefix(scheme.size());
        const size_t end = text.find_first_of("/?#");
        target.authority = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end);
        if (target.authority.empty()) return std::nullopt;
        if (text.empty() || text.front() != '/') { // "http://host?x" asks for "/"
            target.path = "/";
            if (!text.empty() && text.front() == '?') target.query = text.substr(1, text.find('#') - 1);
            return target;
        }
        break;
    }
    text = text.substr(0, text.find('#'));
    target.path = take_until(text, '?');
    target.query = text;
    if (target.path != "*" && (target.path.empty() || target.path.front() != '/')) return std::nullopt;
    return target;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out += text[i];
            continue;
        }
        const int byte = escaped(text, i);
        if (byte < 0) return std::nullopt;
        out += static_cast<char>(byte);
        i += 2;
    }
    return out;
}

Fields parse_query(std::string_view text) {
    Fields pairs;
    while (!text.empty() && pairs.size() < max_query_pairs) {
        std::string_view value = take_until(text, '&');
        if (value.empty()) continue;
        const std::string_view key = take_until(value, '=');
        pairs.emplace_back(decode_leniently(key), decode_leniently(value));
    }
    return pairs;
}

} // namespace visor::http
