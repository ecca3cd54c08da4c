// What every command prints with. Threads: one.
#pragma once

#include "client/picture.hpp"
#include "sinks/text_canvas.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace visor::cmd {

// To standard output. False: it cannot be written, which has been said.
bool print(const std::string& text);
bool print(const sinks::Lines& lines);
bool print_json(const nlohmann::json& document, bool pretty = false);

// One line on standard error, with whatever the network put into it made printable.
void tell(std::string_view what);
int failed(std::string_view what); // tells it; the exit status

std::string count_text(double count);                                             // 12,345
std::string figure(double value, std::string_view unit, const sinks::Look& look); // 1.5 kB, 118 µs
std::string period_text(const client::Handler& handler, const sinks::Look& look);

// The lines of a top list as far as `lines`: names, counts with their bounds, shares and bars.
sinks::Lines top_lines(const client::Metric& metric, size_t lines, const sinks::Look& look);

} // namespace visor::cmd
