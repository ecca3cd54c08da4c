// Sockets that listen: a name and a port become bound sockets, or one line that says what to do.
// Threads: any. Owns: the sockets until they are released.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace visor::http {

class ListeningSocket {
public:
    ListeningSocket(int fd, bool ip6) : fd_(fd), ip6_(ip6) {}
    ListeningSocket(ListeningSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)), ip6_(other.ip6_) {}
    ListeningSocket& operator=(ListeningSocket&&) = delete;
    ~ListeningSocket();
    bool ip6() const { return ip6_; }
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_;
    bool ip6_;
};

struct Listening {
    std::vector<ListeningSocket> sockets; // at least one, all on the same port
    uint16_t port = 0;
};

// "localhost" is 127.0.0.1 and, where there is one, ::1; "::" takes IPv4 as well; port 0: one that is free.
Result<Listening> listen_on(const std::string& host, uint16_t port);

} // namespace visor::http
