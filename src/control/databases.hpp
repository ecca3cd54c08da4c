// The databases an operator may give: places and networks of addresses, public suffixes of names.
// Threads: immutable once loaded. Owns: the tables; handlers are lent views of them.
#pragma once

#include "base/result.hpp"
#include "engine/geo.hpp"
#include "engine/suffix.hpp"

#include <memory>
#include <optional>
#include <string>

namespace visor::control {

struct Databases {
    std::optional<GeoTable> city, asn;
    std::shared_ptr<const SuffixList> suffixes;

    Services services(const sketch::HashKey& key = sketch::offline_hash_key) const {
        return {city ? &*city : nullptr, asn ? &*asn : nullptr, suffixes.get(), key};
    }
    // For handlers that ask for no places: the rest.
    std::shared_ptr<const Databases> without_places() const {
        return std::make_shared<const Databases>(Databases{{}, {}, suffixes});
    }
};

// Paths of MMDB files; empty: none. The public suffixes come from the system. Error: one line naming the
// file.
Result<Databases> load_databases(const std::string& city, const std::string& asn, bool suffixes);

} // namespace visor::control
