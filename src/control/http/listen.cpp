#include "control/http/listen.hpp"

#include "control/http/text.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace visor::http {

namespace {

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;

    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
    bool ip6() const { return storage.ss_family == AF_INET6; }
    // The port stands at the same place in both families.
    uint16_t port() const { return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port); }
    void set_port(uint16_t port) { reinterpret_cast<sockaddr_in*>(&storage)->sin_port = htons(port); }
    bool any6() const {
        return ip6() &&
               IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_addr) != 0;
    }
};

std::string place(const std::string& host, uint16_t port) {
    const bool bare_ip6 = host.find(':') != std::string::npos && host.front() != '[';
    return (bare_ip6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Error bind_error(const std::string& host, uint16_t port, int error) {
    std::string text = "cannot listen on " + place(host, port) + ": ";
    switch (error) {
    case EADDRINUSE:
        text += "address already in use; another pktvisord? choose another port with -p";
        break;
    case EACCES:
        text += "permission denied; ports below 1024 need CAP_NET_BIND_SERVICE, choose another one with -p";
        break;
    case EADDRNOTAVAIL:
        text += "this host has no such address; choose one of its own with -l";
        break;
    default:
        text += std::strerror(error);
    }
    return {text};
}

// -1, with errno, when it cannot be bound; address says the port it was bound to.
int bound_socket(Address& address) {
    const int fd = ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return -1;
    const int on = 1;
    const int only6 = address.any6() ? 0 : 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.ip6()) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof only6);
    if (::bind(fd, address.get(), address.size) != 0 || ::listen(fd, SOMAXCONN) != 0 ||
        ::getsockname(fd, address.get(), &address.size) != 0) {
        const int error = errno;
        ::close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

Result<std::vector<Address>> resolve(const std::string& host, uint16_t port) {
    std::string name = host;
    if (name.size() > 2 && name.front() == '[' && name.back() == ']') name = name.substr(1, name.size() - 2);
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* found = nullptr;
    if (const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &found); error != 0)
        return Error{"cannot listen on " + place(host, port) + ": " + ::gai_strerror(error) +
                     "; give a name or an address of this host with -l"};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    std::vector<Address> addresses;
    for (const addrinfo* at = found; at; at = at->ai_next) {
        if (at->ai_family != AF_INET && at->ai_family != AF_INET6) continue;
        Address address;
        address.size = at->ai_addrlen;
        std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
        address.set_port(port);
        const bool known = std::any_of(addresses.begin(), addresses.end(), [&](const Address& old) {
            return std::memcmp(&old.storage, &address.storage, sizeof old.storage) == 0;
        });
        if (!known) addresses.push_back(address); // /etc/hosts may say the same twice
    }
    return addresses;
}

// Not what the resolver says: a host whose /etc/hosts names one of them only would be half reachable.
std::vector<Address> loopback(uint16_t port) {
    std::vector<Address> both(2);
    auto* ip4 = reinterpret_cast<sockaddr_in*>(&both[0].storage);
    ip4->sin_family = AF_INET;
    ip4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    both[0].size = sizeof *ip4;
    auto* ip6 = reinterpret_cast<sockaddr_in6*>(&both[1].storage);
    ip6->sin6_family = AF_INET6;
    ip6->sin6_addr = in6addr_loopback;
    both[1].size = sizeof *ip6;
    for (Address& address : both) address.set_port(port);
    return both;
}

bool not_there(int error) {
    return error == EADDRNOTAVAIL || error == EAFNOSUPPORT;
}

// All addresses on one port. Those this host has not are left out, unless there is no other.
Result<Listening> bind_all(const std::string& host, uint16_t port, std::vector<Address> addresses) {
    Listening listening;
    listening.port = port;
    int missing = EADDRNOTAVAIL;
    for (Address& address : addresses) {
        address.set_port(listening.port);
        const int fd = bound_socket(address);
        if (fd < 0 && !not_there(errno)) return bind_error(host, listening.port, errno);
        if (fd < 0) {
            missing = errno;
            continue;
        }
        listening.sockets.emplace_back(fd, address.ip6());
        listening.port = address.port();
    }
    if (listening.sockets.empty()) return bind_error(host, port, missing);
    return listening;
}

} // namespace

ListeningSocket::~ListeningSocket() {
    if (fd_ >= 0) ::close(fd_);
}

Result<Listening> listen_on(const std::string& host, uint16_t port) {
    std::vector<Address> addresses;
    if (same_ignoring_case(host, "localhost")) {
        addresses = loopback(port);
    } else {
        auto found = resolve(host, port);
        if (!found) return Error{found.error()};
        addresses = std::move(*found);
    }
    // A port that is free on one address may be taken on the next: another one is tried.
    for (int attempt = 0; port == 0 && addresses.size() > 1 && attempt < 16; ++attempt)
        if (auto listening = bind_all(host, port, addresses)) return listening;
    return bind_all(host, port, std::move(addresses));
}

} // namespace visor::http
