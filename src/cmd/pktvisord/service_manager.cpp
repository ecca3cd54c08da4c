#include "cmd/pktvisord/service_manager.hpp"

#include <cstdlib>
#include <cstring>
#include <ctime>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace visor::cmd {

namespace {
std::string environment(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}
} // namespace

ServiceManager::ServiceManager() : socket_(environment("NOTIFY_SOCKET")) {
    if (socket_.size() >= sizeof sockaddr_un{}.sun_path ||
        (!socket_.starts_with('/') && !socket_.starts_with('@')))
        socket_.clear();
    const std::string whose = environment("WATCHDOG_PID"); // absent: whoever is told the time
    if (!whose.empty() && std::strtol(whose.c_str(), nullptr, 10) != getpid()) return;
    const std::chrono::microseconds limit(std::strtoll(environment("WATCHDOG_USEC").c_str(), nullptr, 10));
    if (limit.count() > 0) alive_interval_ = std::chrono::duration_cast<std::chrono::milliseconds>(limit / 2);
}

void ServiceManager::tell(std::string_view what) const {
    if (socket_.empty()) return;
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, socket_.data(), socket_.size());
    if (socket_[0] == '@') address.sun_path[0] = '\0'; // the abstract namespace
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    [[maybe_unused]] const ssize_t sent = sendto(fd, what.data(), what.size(), MSG_NOSIGNAL,
                                                 reinterpret_cast<const sockaddr*>(&address), length);
    close(fd);
}

void ServiceManager::ready(std::string_view status) const {
    tell("READY=1\nSTATUS=" + std::string(status));
}

void ServiceManager::reloading() const {
    timespec now = {};
    clock_gettime(CLOCK_MONOTONIC, &now); // so that the ready that belongs to it is known
    const auto us = int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

void ServiceManager::stopping() const {
    tell("STOPPING=1");
}

void ServiceManager::alive() const {
    tell("WATCHDOG=1");
}

} // namespace visor::cmd
