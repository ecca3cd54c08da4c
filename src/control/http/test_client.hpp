// For tests: a client that sends bytes as they are told and reads what comes, with a limit in time.
// Threads: one. Owns: its socket.
#pragma once

#include <arpa/inet.h>
#include <chrono>
#include <cstdlib>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace visor::http::testing {

using Clock = std::chrono::steady_clock;

class RawClient {
public:
    explicit RawClient(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    RawClient(RawClient&& other) noexcept
        : fd_(other.fd_), connected_(other.connected_), pending_(std::move(other.pending_)) {
        other.fd_ = -1;
    }
    RawClient& operator=(RawClient&&) = delete;
    ~RawClient() {
        if (fd_ >= 0) ::close(fd_);
    }

    bool connected() const { return connected_; }
    int fd() const { return fd_; }

    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            bytes.remove_prefix(static_cast<size_t>(sent));
        }
        return true;
    }
    void half_close() { ::shutdown(fd_, SHUT_WR); }

    // One response by its Content-Length (none: head only), or what came before the end; empty at an orderly
    // end, a reset or when nothing comes in time.
    std::string response(bool with_body = true, std::chrono::milliseconds limit = std::chrono::seconds(10)) {
        const auto until = Clock::now() + limit;
        size_t wanted = std::string::npos;
        for (;;) {
            const size_t head_end = pending_.find("\r\n\r\n");
            if (wanted == std::string::npos && head_end != std::string::npos) {
                const size_t at = pending_.find("Content-Length: ");
                wanted = head_end + 4;
                if (with_body && at < head_end)
                    wanted += std::strtoul(pending_.c_str() + at + 16, nullptr, 10);
            }
            if (pending_.size() >= wanted || !read_some(until)) break;
        }
        std::string out = pending_.substr(0, wanted);
        pending_.erase(0, out.size());
        return out;
    }

    // Everything until the server closes; closed() tells whether it did.
    std::string rest(std::chrono::milliseconds limit = std::chrono::seconds(10)) {
        const auto until = Clock::now() + limit;
        while (read_some(until)) {
        }
        return std::exchange(pending_, {});
    }
    bool closed() const { return closed_; }

private:
    bool read_some(Clock::time_point until) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
        pollfd waiting{fd_, POLLIN, 0};
        if (left <= 0 || ::poll(&waiting, 1, static_cast<int>(left)) <= 0) return false;
        char buffer[65536];
        const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
        closed_ = got <= 0;
        if (got > 0) pending_.append(buffer, static_cast<size_t>(got));
        return got > 0;
    }

    int fd_;
    bool connected_ = false;
    bool closed_ = false;
    std::string pending_;
};

inline int status_of(std::string_view response) {
    return response.substr(0, 9) == "HTTP/1.1 " ? std::atoi(std::string(response.substr(9, 3)).c_str()) : 0;
}
inline std::string body_of(const std::string& response) {
    const size_t at = response.find("\r\n\r\n");
    return at == std::string::npos ? std::string() : response.substr(at + 4);
}

} // namespace visor::http::testing
