#include "control/http/server.hpp"

#include "control/http/connection.hpp"
#include "control/http/listen.hpp"
#include "control/http/tls.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/strand.hpp>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <unordered_map>
#include <vector>

namespace visor::http {

namespace {

// Clients beyond the limit that may be told so at the same time; those beyond that are cut off.
constexpr size_t max_refusals = 64;
constexpr std::chrono::milliseconds accept_pause{100}; // after a descriptor could not be had

} // namespace

struct Server::Impl {
    Impl(ServerConfig config, Handler handler)
        : shared(std::move(config), std::move(handler)), io(static_cast<int>(shared.config.threads)) {}

    struct Listener {
        Listener(asio::io_context& io, ListeningSocket& socket)
            : acceptor(asio::make_strand(io), socket.ip6() ? tcp::v6() : tcp::v4(), socket.release()),
              pause(acceptor.get_executor()) {}
        tcp::acceptor acceptor;
        asio::steady_timer pause;
    };

    void accept(Listener& listener) {
        listener.acceptor.async_accept(
            asio::make_strand(io), [this, &listener](const ErrorCode& error, tcp::socket socket) {
                if (!listener.acceptor.is_open() || error == asio::error::operation_aborted) return;
                if (!error) {
                    admit(std::move(socket));
                    return accept(listener);
                }
                ++accept_errors;
                listener.pause.expires_after(accept_pause);
                listener.pause.async_wait([this, &listener](const ErrorCode& cancelled) {
                    if (!cancelled && listener.acceptor.is_open()) accept(listener);
                });
            });
    }

    void admit(tcp::socket socket) {
        std::unique_lock lock(mutex);
        if (stopping) return;
        const bool full = open.size() - refusals >= shared.config.max_connections;
        if (full) ++refused;
        if (full && refusals >= max_refusals) return;
        if (full) ++refusals;
        const auto connection = std::make_shared<Connection>(
            std::move(socket), shared, [this, full](Connection* which) { gone(which, full); });
        open.emplace(connection.get(), connection);
        lock.unlock();
        if (full)
            connection->refuse();
        else
            connection->start();
    }

    void gone(Connection* connection, bool was_refused) {
        const std::lock_guard lock(mutex);
        open.erase(connection);
        if (was_refused) --refusals;
        if (open.empty()) all_gone.notify_all();
    }

    void stop_connections() {
        std::vector<std::shared_ptr<Connection>> all;
        std::unique_lock lock(mutex);
        stopping = true;
        for (const auto& [key, weak] : open)
            if (auto connection = weak.lock()) all.push_back(std::move(connection));
        lock.unlock();
        for (const auto& connection : all) connection->stop();
        all.clear();
        lock.lock();
        all_gone.wait_for(lock, shared.config.stop_timeout, [this] { return open.empty(); });
    }

    void stop() {
        for (const auto& listener : listeners)
            asio::post(listener->acceptor.get_executor(), [&listener = *listener] {
                ErrorCode ignored;
                listener.acceptor.close(ignored);
                listener.pause.cancel();
            });
        if (!threads.empty()) stop_connections();
        work.reset();
        io.stop();
        for (std::thread& thread : threads) thread.join();
        threads.clear();
    }

    Shared shared;
    std::optional<asio::ssl::context> tls;
    uint16_t port = 0;
    AtomicCount accept_errors{0};
    mutable std::mutex mutex; // of the following
    std::condition_variable all_gone;
    std::unordered_map<Connection*, std::weak_ptr<Connection>> open;
    size_t refusals = 0; // of them, those that are only told 503
    uint64_t refused = 0;
    bool stopping = false;

    // Behind what connections use: its end is the end of those that are left.
    asio::io_context io;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work;
    std::vector<std::unique_ptr<Listener>> listeners;
    std::vector<std::thread> threads;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
    stop();
}

Result<std::unique_ptr<Server>> Server::open(ServerConfig config, Handler handler) {
    const bool with_tls = !config.tls.certificate.empty() || !config.tls.key.empty();
    if (config.threads == 0) config.threads = 1;
    auto impl = std::make_unique<Impl>(std::move(config), std::move(handler));
    if (with_tls) {
        auto context = make_tls_context(impl->shared.config.tls);
        if (!context) return Error{context.error()};
        impl->tls.emplace(context->release());
        impl->shared.tls = &*impl->tls;
    }
    auto listening = listen_on(impl->shared.config.host, impl->shared.config.port);
    if (!listening) return Error{listening.error()};
    for (ListeningSocket& socket : listening->sockets)
        impl->listeners.push_back(std::make_unique<Impl::Listener>(impl->io, socket));
    impl->port = listening->port;
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

uint16_t Server::port() const {
    return impl_->port;
}

void Server::start() {
    Impl& impl = *impl_;
    if (!impl.threads.empty()) return;
    impl.work.emplace(impl.io.get_executor());
    for (const auto& listener : impl.listeners) impl.accept(*listener);
    // Signals are for the program's own threads.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    for (unsigned i = 0; i < impl.shared.config.threads; ++i) {
        impl.threads.emplace_back([&io = impl.io] { io.run(); });
        ::pthread_setname_np(impl.threads.back().native_handle(), "http");
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Server::stop() {
    impl_->stop();
}

ServerCounters Server::counters() const {
    const Shared& shared = impl_->shared;
    ServerCounters out;
    out.connections = shared.connections;
    out.requests = shared.requests;
    out.bad_requests = shared.bad_requests;
    out.read_timeouts = shared.read_timeouts;
    out.write_timeouts = shared.write_timeouts;
    out.idle_timeouts = shared.idle_timeouts;
    out.tls_failures = shared.tls_failures;
    out.handler_failures = shared.handler_failures;
    out.accept_errors = impl_->accept_errors;
    out.open_streams = shared.streams;
    out.refused_streams = shared.refused_streams;
    const std::lock_guard lock(impl_->mutex);
    out.refused_connections = impl_->refused;
    out.open_connections = impl_->open.size() - impl_->refusals;
    return out;
}

} // namespace visor::http
