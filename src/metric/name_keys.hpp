// The keys under which DNS names stand in top lists: keyed hashes of a name's ends.
//
// Threads: pure functions. Owns: nothing. Hot. A name's text lies as parse_dns() writes it: what stands in
// the 32 bytes before any of its ends may be read, whatever it is.
#pragma once

#include "sketch/hash.hpp"

#include <algorithm>
#include <string_view>

namespace visor {

inline uint64_t name_key(const sketch::HashKey& key, std::string_view name) {
    return sketch::keyed_hash_tail(key, name.data() + name.size(), name.size());
}

// Of the last two labels and of the last three (0 bytes: there is no third one, and its key means nothing).
struct NameKeys {
    uint64_t two, three;
};

inline NameKeys name_keys(const sketch::HashKey& key, const char* end, uint32_t two, uint32_t three) {
    const uint64_t short_key = name_key(key, {end - two, two});
    const uint32_t more = std::max(three, two) - two;
    if (more > 16) [[unlikely]]
        return {short_key, name_key(key, {end - three, three})};
    return {short_key, sketch::keyed_hash_longer(short_key, end - two, more)};
}

} // namespace visor
