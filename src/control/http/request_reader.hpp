// Bytes of a connection into requests, one after another; knows nothing of sockets and never waits.
// Threads: one at a time. Owns: the bytes received and not yet asked for. Limits: header and body sizes.
// Wire: RFC 9112.
#pragma once

#include "control/http/message.hpp"

#include <cstddef>
#include <memory>
#include <string_view>

namespace visor::http {

struct ReadLimits {
    size_t header_bytes = 16 * 1024;
    size_t target_bytes = 8 * 1024;
    size_t fields = 128; // of a header
    size_t body_bytes = 1024 * 1024;
};

class RequestReader {
public:
    enum class State {
        need_more,      // read more bytes into room()
        wants_continue, // send "100 Continue", then resume()
        ready,          // take() the request
        refused,        // status() says why; nothing more can be read from this connection
    };
    struct Room {
        char* data;
        size_t size;
    };

    explicit RequestReader(const ReadLimits& limits);
    ~RequestReader();
    RequestReader(const RequestReader&) = delete;
    RequestReader& operator=(const RequestReader&) = delete;

    Room room(); // where the next bytes are to be put, never empty
    State received(size_t bytes);
    State resume(); // after "100 Continue", or after take(): what the bytes at hand make of the next request
    Request take();

    bool begun() const;       // bytes of a request not yet ready have been received
    bool keep_alive() const;  // of the request taken last
    bool old_version() const; // the request taken last was HTTP/1.0
    int status() const;       // of a refusal

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

} // namespace visor::http
