// The page as it was bundled into this program when it was built, or why it was not.
// Threads: any; nothing changes. Owns: nothing, the bytes are part of the program. The functions are in a
// source that the build makes (cmake/bundle_page.cmake).
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace visor::page {

struct BundledFile {
    std::string_view path; // "index.html", "assets/page-0123456789ab.js"
    std::string_view bytes;
    std::string_view gzip; // the same compressed; empty where it is not kept
};

std::span<const BundledFile> bundled_files(); // none without the page
std::string_view bundled_report();            // a page that takes what it shows; empty without the page
std::string_view why_not_bundled();           // empty with the page

} // namespace visor::page
