// The only file that sees Boost.Beast: it costs the compiler dearly.
//
// Its assertion that a last chunk's line has at least five bytes is wrong: a first chunk that is the last,
// "0\r\n", has three, and a client that pauses there would end a build with assertions. What it guards holds
// without it.
#define BOOST_DISABLE_ASSERTS

#include "control/http/request_reader.hpp"

#include "control/http/target.hpp"
#include "control/http/text.hpp"

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <limits>
#include <optional>

namespace visor::http {

namespace beast = boost::beast;

namespace {

constexpr size_t read_bytes = 8 * 1024;

std::string_view view(beast::string_view text) {
    return {text.data(), text.size()};
}

int status_of(const beast::error_code& fault) {
    using beast::http::error;
    if (fault == error::body_limit) return 413;
    if (fault == error::bad_version) return 505;
    return 400;
}

// A field that was repeated is one list (RFC 9110 §5.3).
void add_field(Fields& fields, std::string_view name, std::string_view value) {
    for (auto& [key, old] : fields)
        if (same_ignoring_case(key, name)) {
            old.append(", ").append(value);
            return;
        }
    fields.emplace_back(std::string(name), std::string(value));
}

} // namespace

struct RequestReader::Parts {
    explicit Parts(const ReadLimits& given) : limits(given), buffer(given.header_bytes + read_bytes) {
        start();
    }

    void start() {
        parser.emplace();
        // Its own limit is another one for a header that comes in pieces.
        parser->header_limit(std::numeric_limits<uint32_t>::max());
        parser->body_limit(limits.body_bytes);
        header_checked = false;
        header_bytes = 0;
    }

    State refuse(int why) {
        status = why;
        return State::refused;
    }

    // What the library lets through and a server must not: ambiguous lengths (request smuggling), several
    // hosts or none, codings that nobody here undoes.
    int header_fault() const {
        const auto& message = parser->get();
        if (message.target().size() > limits.target_bytes) return 414;
        if (header_bytes > limits.header_bytes) return 431;
        if (std::distance(message.begin(), message.end()) > static_cast<std::ptrdiff_t>(limits.fields))
            return 431;
        if (!split_target(view(message.target()))) return 400;
        const auto hosts = message.count(beast::http::field::host);
        if (hosts > 1 || (hosts == 0 && message.version() >= 11)) return 400;
        const auto coding = message.find(beast::http::field::transfer_encoding);
        if (coding != message.end()) {
            if (message.count(beast::http::field::content_length) || message.version() < 11) return 400;
            if (message.count(beast::http::field::transfer_encoding) > 1) return 501;
            if (!same_ignoring_case(view(coding->value()), "chunked")) return 501;
        }
        const auto expected = message.find(beast::http::field::expect);
        if (expected != message.end() && !same_ignoring_case(view(expected->value()), "100-continue"))
            return 417;
        return 0;
    }

    // A header longer than allowed: 414 when its first line already is, else 431.
    int header_too_long() const {
        return header_bytes != 0 || pending().find('\n') != std::string_view::npos ? 431 : 414;
    }

    // Now, since the library adds what a trailer says to them: nobody checks that.
    void keep_fields() {
        fields.clear();
        for (const auto& field : parser->get())
            add_field(fields, view(field.name_string()), view(field.value()));
    }

    bool awaits_continue() const {
        const auto& message = parser->get();
        return !parser->is_done() && message.version() >= 11 &&
               message.count(beast::http::field::expect) != 0 && buffer.size() == 0;
    }

    // An empty line before a request is nothing (RFC 9112 §2.2).
    void skip_empty_lines() {
        const std::string_view text = pending();
        if (!parser->got_some()) buffer.consume(std::min(text.find_first_not_of("\r\n"), text.size()));
    }

    std::string_view pending() const {
        return {static_cast<const char*>(buffer.data().data()), buffer.size()};
    }

    State parse() {
        skip_empty_lines();
        while (!parser->is_done() && buffer.size() != 0) {
            beast::error_code error;
            const size_t used = parser->put(buffer.data(), error);
            if (error && error != beast::http::error::need_more) return refuse(status_of(error));
            buffer.consume(used);
            if (!header_checked) header_bytes += used;
            if (parser->is_header_done() && !header_checked) {
                header_checked = true;
                if (const int fault = header_fault()) return refuse(fault);
                keep_fields();
                if (awaits_continue()) return State::wants_continue;
            }
            if (error || used == 0) break;
        }
        if (parser->is_done()) return State::ready;
        if (!header_checked && header_bytes + buffer.size() > limits.header_bytes)
            return refuse(header_too_long());
        // A chunk's extension or a trailer that does not end: the library has no limit for those.
        return buffer.size() == buffer.max_size() ? refuse(431) : State::need_more;
    }

    const ReadLimits limits;
    beast::flat_buffer buffer;
    std::optional<beast::http::request_parser<beast::http::string_body>> parser;
    Fields fields;
    bool header_checked = false;
    size_t header_bytes = 0; // taken of the header so far
    bool keep_alive = true;
    bool old_version = false;
    int status = 0;
};

RequestReader::RequestReader(const ReadLimits& limits) : parts_(std::make_unique<Parts>(limits)) {}
RequestReader::~RequestReader() = default;

RequestReader::Room RequestReader::room() {
    const size_t free = parts_->buffer.max_size() - parts_->buffer.size();
    const auto space = parts_->buffer.prepare(std::min(free, read_bytes));
    return {static_cast<char*>(space.data()), space.size()};
}

RequestReader::State RequestReader::received(size_t bytes) {
    parts_->buffer.commit(bytes);
    return parts_->parse();
}

RequestReader::State RequestReader::resume() {
    return parts_->parse();
}

Request RequestReader::take() {
    Parts& parts = *parts_;
    auto message = parts.parser->release();
    parts.keep_alive = message.keep_alive();
    parts.old_version = message.version() < 11;
    Request request;
    request.method = view(message.method_string());
    request.headers = std::move(parts.fields);
    const auto target = split_target(view(message.target()));
    request.path = target->path;
    request.query = parse_query(target->query);
    request.host = target->authority.empty() ? request.header("host") : target->authority;
    request.body = std::move(message.body());
    parts.start();
    return request;
}

bool RequestReader::begun() const {
    return parts_->buffer.size() != 0 || parts_->parser->got_some();
}
bool RequestReader::keep_alive() const {
    return parts_->keep_alive;
}
bool RequestReader::old_version() const {
    return parts_->old_version;
}
int RequestReader::status() const {
    return parts_->status;
}

} // namespace visor::http
