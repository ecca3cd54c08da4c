// Numbers as a person reads them: separators, prefixes and units. Threads: pure functions.
#pragma once

#include "sinks/text_canvas.hpp"

#include <string>
#include <string_view>

namespace visor::sinks {

uint64_t whole(double n);                              // rounded, within what it holds
std::string grouped(uint64_t n);                       // 12,345,678
std::string compact(double n);                         // at most 6 columns: 12,345 then 123k, 1.23M
std::string prefixed(double n, std::string_view unit); // three digits and an SI prefix: 1.54 MB
std::string percent(double share);                     // 12.3%, <0.1%
std::string short_percent(double share);               // at most 4 columns: 82%, 1.2%, <.1%
std::string micros(double us, const Look& look);       // 118 µs, 2.57 ms, 1.20 s
std::string duration(int64_t ns);                      // 4.21 s, 2 min 14 s, 3 h 05 min
std::string duration_of_minutes(double minutes);       // a century at most
std::string date_time(int64_t ns);                     // 2024-05-01 12:00:00 (UTC)
std::string time_of_day(int64_t seconds);              // 12:00:00 (UTC)
// A value of a row by the row's UCUM unit.
std::string measured(double value, std::string_view unit, bool integral, const Look& look);

} // namespace visor::sinks
