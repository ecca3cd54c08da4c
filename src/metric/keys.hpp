// How top-N keys are stored and printed: addresses, ports, names, places, numbers of a named domain.
// Threads: pure functions.
#pragma once

#include "metric/row.hpp"

namespace visor {

KeyText ipv4_key(std::string_view key, const Services& services);    // 4 bytes, network order
KeyText ipv6_key(std::string_view key, const Services& services);    // 16 bytes, network order
KeyText address_key(std::string_view key, const Services& services); // 4 or 16 bytes
KeyText text_key(std::string_view key, const Services& services);    // as it is
KeyText number_key(std::string_view key, const Services& services);  // 2 bytes, network order: a port
KeyText rcode_key(std::string_view key, const Services& services);
KeyText qtype_key(std::string_view key, const Services& services);
KeyText city_key(std::string_view key, const Services& services); // 4 bytes: an id of services.city
KeyText asn_key(std::string_view key, const Services& services);  // 4 bytes: an id of services.asn

// So many more of a place, under the key that city_key and asn_key print.
inline void add_place(sketch::TopNames& top, const sketch::HashKey& key, uint32_t id, uint64_t weight) {
    top.add(sketch::keyed_hash_u64(key, id), weight, &id, sizeof id);
}

} // namespace visor
