// What a client asks and what it is answered, free of sockets and of the library that parses HTTP.
// Threads: plain values. Owns: its strings; a response shares its body with whoever rendered it.
// Wire: RFC 9110 (semantics), RFC 9112 (HTTP/1.1).
#pragma once

#include "control/http/piece_source.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace visor::http {

using Fields = std::vector<std::pair<std::string, std::string>>;

// The value of the first field of that name (whatever its case), or nothing.
const std::string* find_field(const Fields& fields, std::string_view name);

struct Request {
    std::string method;
    std::string path; // as sent: starts with '/', percent-encoded, without the query
    Fields query;     // decoded, in the order sent
    Fields headers;   // fields that were repeated are joined by ", "
    std::string host; // the authority asked for: of the target if that has one, else the Host field
    std::string body;
    std::string peer; // address of the client, without port
    bool tls = false;
    bool client_certificate = false; // the client showed one that the configured CA signed

    // Empty when there is no such header or parameter; has_parameter() tells that from an empty one.
    std::string_view header(std::string_view name) const;
    std::string_view parameter(std::string_view name) const;
    bool has_parameter(std::string_view name) const;
};

struct Response {
    int status = 200;
    std::string content_type;
    std::shared_ptr<const std::string> body; // null: empty
    std::shared_ptr<PieceSource> pieces;     // in place of a body; the connection ends with them
    Fields headers;

    Response() = default;
    explicit Response(int code) : status(code) {}
    Response(int code, std::string type, std::string text)
        : status(code), content_type(std::move(type)),
          body(std::make_shared<const std::string>(std::move(text))) {}

    std::string_view text() const { return body ? std::string_view(*body) : std::string_view(); }
    const std::string* header(std::string_view name) const { return find_field(headers, name); }
    void set_header(std::string_view name, std::string value); // in place of one that is there
};

// The phrase of a status line, "Unknown" for a code without one.
std::string_view reason_phrase(int status);

} // namespace visor::http
