// How top-N keys are stored and printed: addresses, ports, names, places, numbers of a named domain.
// Threads: pure functions.
#pragma once

#include "metric/places.hpp"
#include "metric/row.hpp"

namespace visor {

KeyText ipv4_key(std::string_view key);    // 4 bytes, network order
KeyText ipv6_key(std::string_view key);    // 16 bytes, network order
KeyText address_key(std::string_view key); // 4 or 16 bytes
KeyText text_key(std::string_view key);    // as it is
KeyText number_key(std::string_view key);  // 2 bytes, network order: a port
KeyText rcode_key(std::string_view key);
KeyText qtype_key(std::string_view key);
KeyText place_key(std::string_view key); // Place::key

// A place once, as a top list takes it.
inline sketch::TopSeen seen_place(const sketch::HashKey& key, const Place& place) {
    return {sketch::keyed_hash_u64(key, place.identity), place.key.data(),
            static_cast<uint32_t>(place.key.size()), 1};
}

} // namespace visor
