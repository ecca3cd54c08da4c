#include "control/http/encoding.hpp"

#include "control/http/text.hpp"

#include <array>
#include <cstdint>
#include <openssl/evp.h>
#include <optional>
#include <zlib.h>

namespace visor::http {

namespace {

constexpr int gzip_level =
    1; // of a body that changes every minute: 4 % larger than at level 6, in a third of the time

// A weight in thousandths (RFC 9110 §12.4.2); nothing when it is none.
std::optional<int> weight(std::string_view text) {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
    int value = (text[0] - '0') * 1000;
    if (text.size() == 1) return value;
    if (text[1] != '.') return std::nullopt;
    int unit = 100;
    for (const char c : text.substr(2)) {
        if (!is_digit(c)) return std::nullopt;
        value += (c - '0') * unit;
        unit /= 10;
    }
    return value <= 1000 ? std::optional<int>(value) : std::nullopt;
}

struct Coding {
    std::string_view name;
    int weight;
};

std::optional<Coding> parse_coding(std::string_view text) {
    Coding coding{trim(take_until(text, ';')), 1000};
    if (!is_token(coding.name)) return std::nullopt;
    while (!text.empty()) {
        std::string_view value = trim(take_until(text, ';'));
        const std::string_view name = trim(take_until(value, '='));
        if (!same_ignoring_case(name, "q")) return std::nullopt;
        const auto parsed = weight(trim(value));
        if (!parsed) return std::nullopt;
        coding.weight = *parsed;
    }
    return coding;
}

bool forbids_store(const Response& response) {
    const std::string* control = response.header("Cache-Control");
    return control && lower(*control).find("no-store") != std::string::npos;
}

} // namespace

bool accepts_gzip(std::string_view accept_encoding) {
    std::optional<int> gzip_weight, any_weight, identity_weight;
    while (!accept_encoding.empty()) {
        const auto coding = parse_coding(take_until(accept_encoding, ','));
        if (!coding) continue;
        if (same_ignoring_case(coding->name, "gzip") || same_ignoring_case(coding->name, "x-gzip"))
            gzip_weight = coding->weight;
        else if (same_ignoring_case(coding->name, "identity"))
            identity_weight = coding->weight;
        else if (coding->name == "*")
            any_weight = coding->weight;
    }
    const int wanted = gzip_weight.value_or(any_weight.value_or(0));
    return wanted > 0 && wanted >= identity_weight.value_or(0);
}

bool is_compressible(std::string_view content_type) {
    const std::string type = lower(trim(take_until(content_type, ';')));
    const std::string_view text = type;
    if (text.substr(0, 5) == "text/" || text == "image/svg+xml") return true;
    if (text.substr(0, 12) != "application/") return false;
    for (const std::string_view kind :
         {"json", "xml", "yaml", "x-yaml", "javascript", "openmetrics-text", "x-ndjson"}) {
        if (text.substr(12) == kind) return true;
        if (text.size() > kind.size() && text.substr(text.size() - kind.size()) == kind &&
            text[text.size() - kind.size() - 1] == '+')
            return true;
    }
    return false;
}

std::string gzip(std::string_view text) {
    constexpr int gzip_format = 15 + 16;
    z_stream stream{};
    if (deflateInit2(&stream, gzip_level, Z_DEFLATED, gzip_format, 8, Z_DEFAULT_STRATEGY) != Z_OK) return {};
    std::string out(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream.avail_in = static_cast<uInt>(text.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(done ? stream.total_out : 0);
    deflateEnd(&stream);
    return out;
}

std::string entity_tag(std::string_view body) {
    constexpr size_t tag_bytes = 16; // half of a SHA-256
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    EVP_Digest(body.data(), body.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    std::string tag = "\"";
    for (size_t i = 0; i < tag_bytes; ++i) {
        tag += "0123456789abcdef"[digest[i] >> 4];
        tag += "0123456789abcdef"[digest[i] & 15];
    }
    return tag + "\"";
}

std::string coded_tag(std::string_view tag, std::string_view coding) {
    if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"') return std::string(tag);
    tag.remove_suffix(1);
    return std::string(tag).append("-").append(coding).append("\"");
}

bool none_match_names(std::string_view if_none_match, std::string_view tag) {
    if (trim(if_none_match) == "*") return true;
    while (!if_none_match.empty()) {
        std::string_view one = trim(take_until(if_none_match, ','));
        if (one.substr(0, 2) == "W/") one.remove_prefix(2);
        if (!one.empty() && one == tag) return true;
    }
    return false;
}

void add_vary(Response& response, std::string_view name) {
    const std::string* vary = response.header("Vary");
    std::string_view rest = vary ? std::string_view(*vary) : std::string_view();
    std::string all(rest);
    while (!rest.empty()) {
        const std::string_view one = trim(take_until(rest, ','));
        if (one == "*" || same_ignoring_case(one, name)) return;
    }
    if (!all.empty()) all += ", ";
    response.set_header("Vary", all.append(name));
}

void finish_response(const Request& request, Response& response) {
    if (!response.body || response.header("Content-Encoding")) return;
    const bool may_compress = response.body->size() > min_compressed_bytes &&
                              response.body->size() <= UINT32_MAX && is_compressible(response.content_type);
    if (may_compress) add_vary(response, "Accept-Encoding");
    const bool compress = may_compress && accepts_gzip(request.header("Accept-Encoding"));
    const bool readable = request.method == "GET" || request.method == "HEAD";
    if (readable && response.status == 200 && !forbids_store(response)) {
        const std::string* given = response.header("ETag");
        std::string tag = given ? *given : entity_tag(*response.body);
        if (compress) tag = coded_tag(tag, "gzip");
        response.set_header("ETag", tag);
        if (none_match_names(request.header("If-None-Match"), tag)) {
            response.status = 304;
            response.body = nullptr;
            return;
        }
    }
    if (!compress) return;
    std::string packed = gzip(*response.body);
    if (packed.empty() || packed.size() >= response.body->size()) return;
    response.set_header("Content-Encoding", "gzip");
    response.body = std::make_shared<const std::string>(std::move(packed));
}

} // namespace visor::http
