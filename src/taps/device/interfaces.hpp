// Which interfaces a configuration means, and which addresses they have.
//
// Threads: functions ask the system each time; an AddressWatch belongs to one thread. Owns: copies; the watch
// owns its socket.
#pragma once

#include "base/ip.hpp"
#include "base/result.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace visor::taps {

// A name; an address, for the interface that has it; `auto`, for the busiest that is up and no loopback;
// `any`, for all; or several of these, but `any`, separated by commas. Names, each once; "any" stays as it
// is.
Result<std::vector<std::string>> resolve_interfaces(std::string_view spec);

struct HostAddresses {
    std::vector<IpPrefix> exact;         // each address alone
    std::vector<std::string> ipv4, ipv6; // "192.0.2.5/24": with the network it is in
    bool operator==(const HostAddresses& other) const { return ipv4 == other.ipv4 && ipv6 == other.ipv6; }
};
// Of these interfaces; of all when one of them is "any".
HostAddresses host_addresses(const std::vector<std::string>& interfaces);

// Tells when addresses or interfaces came, went or changed.
class AddressWatch {
public:
    static Result<std::unique_ptr<AddressWatch>> open();
    AddressWatch(const AddressWatch&) = delete;
    AddressWatch& operator=(const AddressWatch&) = delete;
    ~AddressWatch();
    // Readable when something may have changed; -1 where the system has no such thing: then ask now and then.
    int fd() const { return fd_; }
    bool changed(); // since the last call; never waits

private:
    explicit AddressWatch(int fd) : fd_(fd) {}
    int fd_;
#ifndef __linux__
    HostAddresses last_ = host_addresses({"any"});
#endif
};

} // namespace visor::taps
