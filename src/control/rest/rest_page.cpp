// Routes of the page that is bundled into the program.
#include "control/http/encoding.hpp"
#include "control/page/page.hpp"
#include "control/rest/rest.hpp"

namespace visor::control {

using http::PathValues;
using http::Request;
using http::Response;

namespace {
// Nothing from elsewhere, nothing inline, in no frame of others: what names of the wire hold is never run.
constexpr const char* security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

Response guarded(Response reply, const char* caching) {
    reply.set_header("Content-Security-Policy", security_policy);
    reply.set_header("X-Content-Type-Options", "nosniff");
    reply.set_header("Referrer-Policy", "no-referrer");
    reply.set_header("Cache-Control", caching);
    return reply;
}

Response file_reply(std::string_view path, std::string_view bytes) {
    return {200, std::string(page::content_type(path)), std::string(bytes)};
}
} // namespace

Response Rest::page(const Request&, const PathValues&) const {
    constexpr std::string_view index = "index.html";
    const page::BundledFile* file = page::find_file(index);
    return guarded(file ? file_reply(index, file->bytes)
                        : file_reply(index, page::substitute(page::why_not_bundled())),
                   "no-cache");
}

// Names tell the content, so what was fetched once is never asked for again.
Response Rest::asset(const Request& request, const PathValues& path) const {
    const page::BundledFile* file = page::find_file("assets/" + std::string(path["name"]));
    if (!file) return Response(404);
    const bool packed = !file->gzip.empty() && http::accepts_gzip(request.header("Accept-Encoding"));
    Response reply = file_reply(file->path, packed ? file->gzip : file->bytes);
    if (packed) reply.set_header("Content-Encoding", "gzip");
    if (!file->gzip.empty()) http::add_vary(reply, "Accept-Encoding");
    return guarded(std::move(reply), "public, max-age=31536000, immutable");
}

} // namespace visor::control
