#include "taps/device/interfaces.hpp"

#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#endif

namespace visor::taps {

#ifdef __linux__

Result<std::unique_ptr<AddressWatch>> AddressWatch::open() {
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (fd < 0) return Error{std::string("netlink socket: ") + std::strerror(errno)};
    sockaddr_nl groups{};
    groups.nl_family = AF_NETLINK;
    groups.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
    if (bind(fd, reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0) {
        const int reason = errno;
        close(fd);
        return Error{std::string("netlink bind: ") + std::strerror(reason)};
    }
    return std::unique_ptr<AddressWatch>(new AddressWatch(fd));
}

AddressWatch::~AddressWatch() {
    close(fd_);
}

// What is told is not read but asked anew by the caller; a full queue (ENOBUFS) says that much has changed.
bool AddressWatch::changed() {
    bool any = false;
    uint8_t buffer[8192];
    for (;;) {
        const ssize_t got = recv(fd_, buffer, sizeof buffer, MSG_TRUNC);
        if (got > 0 || (got < 0 && errno == ENOBUFS)) {
            any = true;
        } else if (got == 0 || errno != EINTR) {
            return any;
        }
    }
}

#else

Result<std::unique_ptr<AddressWatch>> AddressWatch::open() {
    return std::unique_ptr<AddressWatch>(new AddressWatch(-1));
}

AddressWatch::~AddressWatch() = default;

bool AddressWatch::changed() {
    auto now = host_addresses({"any"});
    const bool other = !(now == last_);
    last_ = std::move(now);
    return other;
}

#endif

} // namespace visor::taps
