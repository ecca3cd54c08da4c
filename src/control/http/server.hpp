// The agent's HTTP/1.1 server: sockets and connections on one side, a function from request to response on
// the other. It knows nothing of what it serves. Threads: any may call; the handler runs on the server's own
// threads, several at once, and must not call stop(). Owns: its sockets, connections and threads; the handler
// is kept until the server is gone. Limits: those of the configuration, each with a counter. Wire: RFC 9110,
// RFC 9112; TLS 1.2 and 1.3.
#pragma once

#include "base/result.hpp"
#include "control/http/message.hpp"
#include "control/http/request_reader.hpp"
#include "control/http/tls_files.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace visor::http {

using Handler = std::function<Response(const Request&)>;

// Called on the server's threads, several at once, after each request that the handler answered.
struct Answered {
    const Request& request;
    int status;
    const Response& response; // as the handler gave it: not yet compressed or turned into 304
    std::chrono::nanoseconds took;
};
using AnsweredCallback = std::function<void(const Answered&)>;

struct ServerConfig {
    std::string host = "localhost";
    uint16_t port = 0; // 0: one that is free
    unsigned threads = 2;
    TlsFiles tls;
    ReadLimits limits;
    size_t max_connections = 512;
    size_t max_streams = 256; // of them; responses that go on until their reader leaves
    std::chrono::milliseconds handshake_timeout{10'000};
    std::chrono::milliseconds read_timeout{15'000};  // of a whole request, from the moment it is waited for
    std::chrono::milliseconds write_timeout{30'000}; // of each 256 KiB of a response
    std::chrono::milliseconds idle_timeout{60'000};  // between two requests of a connection
    std::chrono::milliseconds stop_timeout{5'000};   // what is being answered may take that long
    AnsweredCallback answered;
};

struct ServerCounters {
    uint64_t connections = 0;         // accepted and served
    uint64_t open_connections = 0;    // of them, those open now
    uint64_t requests = 0;            // the handler was called
    uint64_t bad_requests = 0;        // refused before: 400, 413, 414, 417, 431, 501, 505
    uint64_t refused_connections = 0; // beyond max_connections
    uint64_t open_streams = 0;        // of the connections, those whose response goes on
    uint64_t refused_streams = 0;     // beyond max_streams: answered with 503
    uint64_t read_timeouts = 0;       // a request begun and not completed in time, or none at all at first
    uint64_t write_timeouts = 0;      // a client that did not read its response
    uint64_t idle_timeouts = 0;
    uint64_t tls_failures = 0;     // handshakes that failed or took too long
    uint64_t accept_errors = 0;    // no descriptor or memory for a connection
    uint64_t handler_failures = 0; // the handler threw: answered with 500
};

class Server {
public:
    // Binds and reads the TLS files; an error is one line that says what to do.
    static Result<std::unique_ptr<Server>> open(ServerConfig config, Handler handler);
    ~Server(); // stops
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    uint16_t port() const;
    void start(); // once
    // Finishes what is being answered, for stop_timeout at most, and a call of the handler whatever it takes.
    // May be called again.
    void stop();
    ServerCounters counters() const;

private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

} // namespace visor::http
