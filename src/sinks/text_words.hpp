// What a metric is called in words, made of its path when its help text is too long for a title.
// Threads: pure functions.
#pragma once

#include "metric/cell.hpp"

#include <string>
#include <string_view>

namespace visor::sinks {

void append_word(std::string& text, std::string_view word);

// A path in words, its last and most telling part first: "slow xact in" of xact.in.top_slow. Words that
// `said` begins with are left out, and so are those that only say what kind of thing it is.
std::string words(std::string_view path, std::string_view dimension, Kind kind, std::string_view said = {});

std::string rate_noun(std::string_view unit); // "{packet}/s" -> "pkt/s", "By/s" -> "B/s"

} // namespace visor::sinks
