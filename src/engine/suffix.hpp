// Public suffixes: the list of publicsuffix.org in its text form, compiled (suffix_rules.hpp, some tens of ns
// a name), or where only the compiled form is at hand libpsl, which asks one to two microseconds a name.
//
// Threads: immutable once made, shared. Owns: its tables.
#pragma once

#include "base/result.hpp"
#include "metric/places.hpp"

#include <memory>
#include <string>

namespace visor::engine {

// path: a list in the text or the compiled form; empty = the distribution's text list, else libpsl's own.
Result<std::unique_ptr<SuffixList>> load_suffixes(const std::string& path = {});
// The list libpsl brings, or the distribution's when newer.
Result<std::unique_ptr<SuffixList>> builtin_suffixes();

} // namespace visor::engine
