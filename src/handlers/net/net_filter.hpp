// The net handler's filters: on where a packet's remote address is.
// Threads: immutable once made; a handler exchanges it as a whole (swap_databases). Owns: its lists.
#pragma once

#include "metric/options.hpp"
#include "metric/places.hpp"
#include "wire/packet.hpp"

#include <string>
#include <vector>

namespace visor::net {

std::string wrong_asn(const OptionValue& value); // OptionCheck

inline constexpr Option filter_options[] = {
    {"geoloc_notfound", OptionType::boolean,
     "only packets whose remote address the city database does not know"},
    {"asn_notfound", OptionType::boolean, "only packets whose remote address the ASN database does not know"},
    {"only_geoloc_prefix", OptionType::list, "only packets whose remote place starts with one of these"},
    {.key = "only_asn_number",
     .type = OptionType::list,
     .help = "only packets whose remote autonomous system is one of these numbers",
     .check = wrong_asn},
};

class Filter {
public:
    static Result<Filter> make(const OptionValues& values, const Services& services);

    bool active() const { return active_; }
    // A packet without a direction has no remote address, and without a database there is no place: neither
    // passes.
    bool passes(const wire::Packet& packet) const;

private:
    bool active_ = false;
    bool geoloc_notfound_ = false, asn_notfound_ = false;
    std::vector<uint8_t> places_; // by id: 1 = its text starts with a wanted prefix; empty = no such filter
    std::vector<uint8_t> asns_;   // by id: 1 = its number is wanted
    const GeoTable* city_ = nullptr;
    const GeoTable* asn_ = nullptr;
    bool by_place_ = false, by_asn_ = false;
};

} // namespace visor::net
