// What is done to a response before it is sent: a tag that tells its version, "not modified", compression.
// Threads: pure functions. Wire: RFC 9110 §8.8 (validators), §12.5.3 (Accept-Encoding), §13.1.2
// (If-None-Match).
#pragma once

#include "control/http/message.hpp"

#include <string>
#include <string_view>

namespace visor::http {

// Below it the header of gzip and the processor's time outweigh what is saved.
constexpr size_t min_compressed_bytes = 1024;

// Whether Accept-Encoding allows gzip and does not prefer the plain body. Garbage allows nothing.
bool accepts_gzip(std::string_view accept_encoding);

// Text, JSON, XML, YAML, JavaScript and SVG; not images, fonts or archives.
bool is_compressible(std::string_view content_type);

std::string gzip(std::string_view text); // empty when zlib fails

std::string entity_tag(std::string_view body); // a strong tag, quotes and all

// The strong tag of the same body in another coding; a weak one stays as it is.
std::string coded_tag(std::string_view tag, std::string_view coding);

// Whether If-None-Match names that tag (by weak comparison) or is "*".
bool none_match_names(std::string_view if_none_match, std::string_view tag);

// Adds a name to Vary unless it is there.
void add_vary(Response& response, std::string_view name);

// Tag, 304 and gzip, as the request allows: for 200 responses to GET and HEAD, the tag and 304; for any
// body large enough, gzip. A handler's own ETag is used in place of a hash of the body; a body that has a
// Content-Encoding is left alone, and one with "Cache-Control: no-store" gets no tag.
void finish_response(const Request& request, Response& response);

} // namespace visor::http
