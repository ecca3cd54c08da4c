// One client: reads a request, has it answered, writes the response, and again. Only connection.cpp and
// server.cpp include it, for what Asio costs the compiler.
// Threads: all steps run in the socket's strand, one at a time, on whichever thread is free.
// Owns: itself, through the operation it waits for; there is always exactly one besides the timer.
#pragma once

#include "control/http/server.hpp"

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <optional>

namespace visor::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

using AtomicCount = std::atomic<uint64_t>;

// What all connections of a server share.
struct Shared {
    Shared(ServerConfig given_config, Handler given_handler)
        : config(std::move(given_config)), handler(std::move(given_handler)) {}

    const ServerConfig config;
    const Handler handler;
    asio::ssl::context* tls = nullptr; // null: plain HTTP
    AtomicCount connections{0}, requests{0}, bad_requests{0}, read_timeouts{0}, write_timeouts{0},
        idle_timeouts{0}, tls_failures{0}, handler_failures{0}, streams{0}, refused_streams{0};
};

// The head of a response on the wire, up to and with its empty line.
struct HeadFacts {
    bool close = false;      // the connection ends after it
    bool old_client = false; // HTTP/1.0: has to be told that it does not end, and knows no chunks
};
std::string response_head(const Response& response, const HeadFacts& facts);

class Connection : public std::enable_shared_from_this<Connection> {
public:
    // `gone` is called by the destructor.
    Connection(tcp::socket socket, Shared& shared, std::function<void(Connection*)> gone);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void start();  // serve
    void refuse(); // say 503 and close
    void stop();   // from any thread: close now, or after the response that is being made or written

private:
    // What the connection waits for; decides what it means that time is up.
    enum class Phase { handshake, idle, reading, writing, pausing, lingering, closed };

    void enter(Phase phase, std::chrono::milliseconds limit);
    void watch_time();
    void time_is_up();
    void handshaken(const ErrorCode& error);
    void read_more();
    void received(const ErrorCode& error, size_t bytes);
    void act_on(RequestReader::State state);
    void send_continue();
    void answer(Request request);
    Response handled(const Request& request);
    void fail(int status); // answers with the status alone and closes
    void send(const Response& response, bool with_body);
    void write_piece();
    void written(const ErrorCode& error, size_t bytes);
    void response_sent();
    bool may_stream(); // takes its place among the streams there may be
    void next_piece();
    void send_piece(PieceSource::Next next);
    void pause(std::chrono::nanoseconds time);
    void linger();
    void drain();
    void close();
    template <class Buffers, class Done>
    void async_write(const Buffers& buffers, Done done);

    Shared& shared_;
    std::function<void(Connection*)> gone_;
    tcp::socket socket_;
    std::optional<asio::ssl::stream<tcp::socket&>> tls_;
    asio::steady_timer timer_;
    asio::steady_timer pause_; // until there may be another piece
    std::chrono::steady_clock::time_point deadline_;
    std::string peer_;
    RequestReader reader_;
    Phase phase_ = Phase::closed;
    bool client_certificate_ = false;
    bool close_after_ = false; // the response being made or written is the last
    bool stopping_ = false;
    bool watched_ = false; // the timer is set
    bool late_ = false;    // the request was not complete in time: 408 is due
    bool first_ = true;    // no request has been read yet
    std::string head_;     // of the response being written
    std::shared_ptr<const std::string> body_;
    std::string tail_;                    // behind the body
    size_t sent_ = 0;                     // of head, body and tail together
    std::shared_ptr<PieceSource> pieces_; // those still to come
    bool streams_ = false;                // counted as a stream
    bool chunked_ = false;
    size_t drained_ = 0;
};

} // namespace visor::http
