#include "control/http/connection.hpp"

#include "control/http/encoding.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <ctime>

namespace visor::http {

namespace {

constexpr size_t piece_bytes = 256 * 1024;
// After a refusal the client may still be sending. Closing at once would reset the connection and take the
// answer with it, so for a while what comes is read and thrown away.
constexpr std::chrono::milliseconds linger_time{1000};
constexpr size_t linger_bytes = 4 * 1024 * 1024;

std::string http_date() {
    static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    std::array<char, 64> text{};
    const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %d %02d:%02d:%02d GMT",
                                   days[utc.tm_wday], utc.tm_mday, months[utc.tm_mon], utc.tm_year + 1900,
                                   utc.tm_hour, utc.tm_min, utc.tm_sec);
    return {text.data(), static_cast<size_t>(size)};
}

// A value with a line break in it would be a header of its own.
void add_line(std::string& head, std::string_view name, std::string_view value) {
    if (value.find_first_of("\r\n") != std::string_view::npos) return;
    head.append(name).append(": ").append(value).append("\r\n");
}

// A client of IPv4 that came to a socket of both families is known by its own address.
asio::ip::address plain(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

bool has_no_body(int status) {
    return status == 204 || status == 304 || status < 200;
}

} // namespace

std::string response_head(const Response& response, const HeadFacts& facts) {
    std::string head;
    head.reserve(256);
    head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
    head.append(reason_phrase(response.status)).append("\r\n");
    add_line(head, "Date", http_date());
    if (!response.content_type.empty() && (response.body || response.pieces))
        add_line(head, "Content-Type", response.content_type);
    for (const auto& [name, value] : response.headers) add_line(head, name, value);
    if (response.pieces && !facts.old_client)
        add_line(head, "Transfer-Encoding", "chunked");
    else if (!response.pieces && !has_no_body(response.status))
        add_line(head, "Content-Length", std::to_string(response.text().size()));
    if (facts.close)
        add_line(head, "Connection", "close");
    else if (facts.old_client)
        add_line(head, "Connection", "keep-alive");
    return head.append("\r\n");
}

Connection::Connection(tcp::socket socket, Shared& shared, std::function<void(Connection*)> gone)
    : shared_(shared), gone_(std::move(gone)), socket_(std::move(socket)), timer_(socket_.get_executor()),
      pause_(socket_.get_executor()), reader_(shared.config.limits) {
    ErrorCode error;
    const auto peer = socket_.remote_endpoint(error);
    if (!error) peer_ = plain(peer.address()).to_string();
    socket_.set_option(tcp::no_delay(true), error);
}

Connection::~Connection() {
    if (streams_) --shared_.streams;
    gone_(this);
}

void Connection::start() {
    ++shared_.connections;
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
        if (self->stopping_) return self->close();
        if (!self->shared_.tls) {
            self->enter(Phase::idle, self->shared_.config.read_timeout);
            return self->read_more();
        }
        self->enter(Phase::handshake, self->shared_.config.handshake_timeout);
        self->tls_.emplace(self->socket_, *self->shared_.tls);
        self->tls_->async_handshake(asio::ssl::stream_base::server,
                                    [self](const ErrorCode& error) { self->handshaken(error); });
    });
}

void Connection::refuse() {
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
        if (self->shared_.tls) return self->close();
        self->fail(503);
    });
}

void Connection::stop() {
    asio::post(socket_.get_executor(), [self = shared_from_this()] {
        self->stopping_ = true;
        self->close_after_ = true;
        if (self->phase_ == Phase::pausing)
            self->pause_.cancel(); // ends as it would without anything to come
        else if (self->phase_ != Phase::writing)
            self->close();
    });
}

void Connection::enter(Phase phase, std::chrono::milliseconds limit) {
    phase_ = phase;
    deadline_ = std::chrono::steady_clock::now() + limit;
    // Setting the deadline forward costs nothing: the timer finds out when it rings. Only one that comes
    // before what the timer waits for has to wake it.
    if (!watched_ || timer_.expiry() > deadline_) watch_time();
}

void Connection::watch_time() {
    watched_ = true;
    timer_.expires_at(deadline_);
    timer_.async_wait([weak = weak_from_this()](const ErrorCode& error) {
        const auto self = weak.lock();
        if (!self || error || self->phase_ == Phase::closed) return;
        if (std::chrono::steady_clock::now() < self->deadline_) return self->watch_time();
        self->time_is_up();
    });
}

void Connection::time_is_up() {
    ErrorCode ignored;
    watched_ = false;
    if (late_ && phase_ == Phase::reading) return close();
    switch (phase_) {
    case Phase::handshake:
        ++shared_.tls_failures;
        return close();
    case Phase::idle:
        ++(first_ ? shared_.read_timeouts : shared_.idle_timeouts);
        return close();
    case Phase::reading:
        ++shared_.read_timeouts;
        late_ = true;
        enter(Phase::reading, linger_time);
        socket_.cancel(ignored); // whoever waits for the socket says 408
        return;
    case Phase::writing:
        ++shared_.write_timeouts;
        return close();
    case Phase::pausing: // has its own timer
    case Phase::lingering:
    case Phase::closed:
        return close();
    }
}

void Connection::handshaken(const ErrorCode& error) {
    if (phase_ == Phase::closed) return;
    if (error || stopping_) {
        if (error) ++shared_.tls_failures;
        return close();
    }
    client_certificate_ = SSL_get0_peer_certificate(tls_->native_handle()) != nullptr &&
                          SSL_get_verify_result(tls_->native_handle()) == X509_V_OK;
    enter(Phase::idle, shared_.config.read_timeout);
    read_more();
}

void Connection::read_more() {
    const auto room = reader_.room();
    auto done = [self = shared_from_this()](const ErrorCode& error, size_t bytes) {
        self->received(error, bytes);
    };
    const auto buffer = asio::buffer(room.data, room.size);
    if (tls_)
        tls_->async_read_some(buffer, std::move(done));
    else
        socket_.async_read_some(buffer, std::move(done));
}

void Connection::received(const ErrorCode& error, size_t bytes) {
    if (phase_ == Phase::closed) return;
    if (late_) return fail(408);
    if (error) return close();
    act_on(reader_.received(bytes));
}

void Connection::act_on(RequestReader::State state) {
    switch (state) {
    case RequestReader::State::need_more:
        if (phase_ != Phase::reading && reader_.begun()) enter(Phase::reading, shared_.config.read_timeout);
        return read_more();
    case RequestReader::State::wants_continue:
        enter(Phase::reading, shared_.config.read_timeout);
        return send_continue();
    case RequestReader::State::ready:
        return answer(reader_.take());
    case RequestReader::State::refused:
        ++shared_.bad_requests;
        return fail(reader_.status());
    }
}

template <class Buffers, class Done>
void Connection::async_write(const Buffers& buffers, Done done) {
    if (tls_)
        asio::async_write(*tls_, buffers, std::move(done));
    else
        asio::async_write(socket_, buffers, std::move(done));
}

void Connection::send_continue() {
    static constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
    async_write(asio::buffer(interim), [self = shared_from_this()](const ErrorCode& error, size_t) {
        if (self->phase_ == Phase::closed) return;
        if (self->late_) return self->fail(408);
        if (error) return self->close();
        self->act_on(self->reader_.resume());
    });
}

void Connection::answer(Request request) {
    first_ = false;
    ++shared_.requests;
    request.peer = peer_;
    request.tls = tls_.has_value();
    request.client_certificate = client_certificate_;
    const auto begin = std::chrono::steady_clock::now();
    Response response = handled(request);
    if (shared_.config.answered)
        shared_.config.answered(
            {request, response.status, response, std::chrono::steady_clock::now() - begin});
    finish_response(request, response);
    close_after_ = close_after_ || response.pieces || !reader_.keep_alive();
    send(response, request.method != "HEAD");
}

Response Connection::handled(const Request& request) {
    try {
        Response response = shared_.handler(request);
        if (!response.pieces || request.method == "HEAD" || may_stream()) return response;
        response = Response(503, "text/plain", "too many streams are open\n");
        response.set_header("Retry-After", "10");
        return response;
    } catch (const std::exception& error) {
        ++shared_.handler_failures;
        return Response(500, "text/plain", error.what());
    }
}

bool Connection::may_stream() {
    streams_ = ++shared_.streams <= shared_.config.max_streams;
    if (streams_) return true;
    --shared_.streams;
    ++shared_.refused_streams;
    return false;
}

void Connection::fail(int status) {
    close_after_ = true;
    send(Response(status), true);
}

void Connection::send(const Response& response, bool with_body) {
    enter(Phase::writing, shared_.config.write_timeout);
    head_ = response_head(response, {close_after_, reader_.old_version()});
    body_ = with_body && !has_no_body(response.status) ? response.body : nullptr;
    pieces_ = with_body ? response.pieces : nullptr;
    chunked_ = !reader_.old_version();
    sent_ = 0;
    write_piece();
}

// A piece at a time, each with its own time: a large response to a slow client takes long, one to a client
// that does not read ends.
void Connection::write_piece() {
    const std::string_view parts[] = {head_, body_ ? std::string_view(*body_) : std::string_view(), tail_};
    std::array<asio::const_buffer, std::size(parts)> buffers;
    size_t before = 0, room = piece_bytes;
    for (size_t i = 0; i < std::size(parts); before += parts[i++].size()) {
        const std::string_view left =
            parts[i].substr(std::min(sent_ - std::min(sent_, before), parts[i].size()));
        buffers[i] = asio::buffer(left.substr(0, room));
        room -= buffers[i].size();
    }
    async_write(buffers, [self = shared_from_this()](const ErrorCode& error, size_t bytes) {
        self->written(error, bytes);
    });
}

void Connection::written(const ErrorCode& error, size_t bytes) {
    if (phase_ == Phase::closed) return;
    if (error) return close();
    sent_ += bytes;
    if (sent_ < head_.size() + (body_ ? body_->size() : 0) + tail_.size()) {
        enter(Phase::writing, shared_.config.write_timeout);
        return write_piece();
    }
    response_sent();
}

void Connection::response_sent() {
    body_ = nullptr;
    tail_.clear();
    if (pieces_) return next_piece();
    if (close_after_) return linger();
    enter(Phase::idle, shared_.config.idle_timeout);
    act_on(reader_.resume());
}

void Connection::next_piece() {
    PieceSource::Next next{.last = true};
    try {
        if (!stopping_) next = pieces_->next();
    } catch (const std::exception&) {
        ++shared_.handler_failures; // the client sees that it broke off: no last chunk comes
        return close();
    }
    if (!next.piece && !next.last) return pause(next.wait);
    send_piece(std::move(next));
}

// As a chunk of its own, and behind the last the one without bytes that says so (RFC 9112 section 7.1).
void Connection::send_piece(PieceSource::Next next) {
    head_.clear();
    if (next.last) pieces_ = nullptr;
    if (next.piece && !next.piece->empty()) body_ = std::move(next.piece); // an empty chunk is the last
    if (chunked_ && body_) {
        std::array<char, 24> size{};
        std::snprintf(size.data(), size.size(), "%zx\r\n", body_->size());
        head_ = size.data();
        tail_ = "\r\n";
    }
    if (chunked_ && next.last) tail_ += "0\r\n\r\n";
    if (head_.empty() && !body_ && tail_.empty()) return response_sent();
    enter(Phase::writing, shared_.config.write_timeout);
    sent_ = 0;
    write_piece();
}

void Connection::pause(std::chrono::nanoseconds time) {
    enter(Phase::pausing,
          shared_.config.write_timeout + std::chrono::duration_cast<std::chrono::milliseconds>(time));
    pause_.expires_after(time);
    pause_.async_wait([self = shared_from_this()](const ErrorCode&) {
        if (self->phase_ != Phase::closed) self->next_piece();
    });
}

void Connection::linger() {
    enter(Phase::lingering, stopping_ ? linger_time / 10 : linger_time);
    if (tls_) {
        tls_->async_shutdown([self = shared_from_this()](const ErrorCode&) { self->close(); });
        return;
    }
    ErrorCode ignored;
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    drain();
}

void Connection::drain() {
    const auto room = reader_.room();
    socket_.async_read_some(asio::buffer(room.data, room.size),
                            [self = shared_from_this()](const ErrorCode& error, size_t bytes) {
                                self->drained_ += bytes;
                                if (error || self->drained_ > linger_bytes) return self->close();
                                self->drain();
                            });
}

void Connection::close() {
    phase_ = Phase::closed;
    timer_.cancel();
    pause_.cancel();
    ErrorCode ignored;
    socket_.close(ignored);
}

} // namespace visor::http
