// Which exposition a scrape gets, and it: by the `format` of its query and its Accept header.
//
// Without a format it is the compatible one, whatever is accepted: dashboards over it are older than any
// Accept header. `modern` lets the header choose; the other formats are what they say.
// Threads: pure functions. Format: RFC 9110 section 12.5.1.
#pragma once

#include "base/result.hpp"
#include "sinks/modern.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace visor::sinks {

enum class ExpositionFormat : uint8_t { compatible, text, open_metrics, protobuf };

// Of the forms a header accepts the one it prefers, the first among equals; text when it accepts none.
ExpositionFormat accepted_format(std::string_view accept);

Result<ExpositionFormat> choose_exposition(std::string_view format, std::string_view accept);

std::string_view content_type(ExpositionFormat format);
std::string exposition_of(ExpositionFormat format, Scrape scrape);

} // namespace visor::sinks
