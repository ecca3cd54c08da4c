// What there is to serve and to write of the page: its files with their types, the text that stands in for it
// when it is not in this program, and reports with their data filled in.
// Threads: any; pure functions of what is in the program.
#pragma once

#include "base/result.hpp"
#include "control/page/bundle.hpp"

#include <string>

namespace visor::page {

// Null when there is none of that path.
const BundledFile* find_file(std::string_view path);
std::string_view content_type(std::string_view path); // by the ending of its name

// A page without script or style that says that the page is not included, why, and how to get it.
std::string substitute(std::string_view why);

// The report with this JSON in it, as one file; `template_html` has one empty element for it.
Result<std::string> fill_report(std::string_view template_html, std::string_view json);
// JSON that may stand in an element of HTML, whatever strings are in it.
std::string escape_for_html(std::string_view json);

} // namespace visor::page
