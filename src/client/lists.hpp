// Which top list of a picture is meant by "dns.qname2". Threads: pure functions. Owns: nothing: what is found
// is the picture's.
#pragma once

#include "client/picture.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace visor::client {

struct NamedList {
    const Handler* handler;
    const Metric* metric;
    std::string name; // short, as it may be asked for: "dns.qname2", "net.in.ipv4_packets"
};

std::vector<NamedList> lists_of(const Picture& picture);

// Those meant by HANDLER.LIST or LIST: handlers by schema key, type or instance; lists by the end of their
// path, with or without "top_" and in any case. Several when several sides or instances have it. When none is
// called exactly that, those that begin so: qname2 is also qname2_xacts.
std::vector<NamedList> find_lists(const Picture& picture, std::string_view name);

} // namespace visor::client
