// What the programs' command lines share: help on a terminal of 80 columns, long options that may be
// shortened, and what is said when a command is wrong. Threads: one, at start-up.
#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace visor::cmd {

// Help that explains each option beside it, and --version.
void teach(CLI::App& app, const char* examples);

// The arguments with every long option spelled out that was shortened as far as it stays unambiguous
// (--ver for --version), up to "--". What only one of the others may have been does not become ambiguous by
// the `newer` ones. Error: what it may have meant, when that is several.
Result<std::vector<std::string>> spelled_out(const std::vector<std::string>& arguments,
                                             const std::vector<std::string>& long_names,
                                             const std::vector<std::string>& newer = {});

// Nothing: go on. Otherwise the exit code, and what there was to say has been said: help and the version on
// standard output, what is wrong on standard error. `operands`: "FILE...", for the usage.
// `newer`: long options, without dashes, that earlier versions of the program did not have.
std::optional<int> parse(CLI::App& app, int argc, const char* const* argv, std::string_view operands,
                         const std::vector<std::string>& newer = {});

// Says so, with the usage, on standard error. The exit code.
int wrong_use(const CLI::App& app, std::string_view what, std::string_view operands);

} // namespace visor::cmd
