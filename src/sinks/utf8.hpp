// UTF-8 as text from the wire has to be taken: character by character, with what is none told.
// Threads: pure functions. Format: RFC 3629 (shortest form, no surrogates).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace visor::sinks {

struct Character {
    char32_t code = 0;
    size_t bytes = 1;
    bool valid = false;
};

// The next character of a text that is not empty, or one byte that is none.
Character next_character(std::string_view text);

void append_character(std::string& text, char32_t code); // nothing of 0

// The same text, with U+FFFD for each byte that belongs to no character, and for NUL, which ends the input of
// many a parser.
std::string clean_utf8(std::string_view text);

} // namespace visor::sinks
