#include "sinks/utf8.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace visor::sinks {

Character next_character(std::string_view text) {
    const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
    const uint8_t first = byte(0);
    if (first < 0x80) return {first, 1, true};
    const size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < bytes) return {first, 1, false};
    char32_t code = first & (0x7fU >> bytes);
    for (size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return {first, 1, false};
        code = code << 6 | (byte(i) & 0x3fU);
    }
    constexpr std::array<char32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};
    if (code < least[bytes] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return {first, 1, false};
    return {code, bytes, true};
}

void append_character(std::string& text, char32_t code) {
    if (code == 0) return;
    if (code < 0x80) {
        text += static_cast<char>(code);
        return;
    }
    const int behind = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3; // bytes that go on
    text += static_cast<char>((0xff80U >> behind & 0xffU) | code >> (6 * behind));
    for (int i = behind - 1; i >= 0; --i) text += static_cast<char>(0x80U | (code >> (6 * i) & 0x3fU));
}

std::string clean_utf8(std::string_view text) {
    const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return c > 0; });
    if (ascii) return std::string(text);
    std::string out;
    out.reserve(text.size() + 8);
    while (!text.empty()) {
        const Character next = next_character(text);
        if (next.valid && next.code != 0)
            out += text.substr(0, next.bytes);
        else
            out += "\xef\xbf\xbd";
        text.remove_prefix(next.bytes);
    }
    return out;
}

} // namespace visor::sinks
