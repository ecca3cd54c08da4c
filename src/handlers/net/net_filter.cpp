#include "handlers/net/net_filter.hpp"

#include <algorithm>

namespace visor::net {

namespace {
// For every id of the table, whether its text satisfies the test.
template <class F>
std::vector<uint8_t> ids_where(const GeoTable* table, F&& test) {
    if (!table) return {};
    std::vector<uint8_t> wanted(table->places() + 1);
    for (uint32_t id = 0; id < wanted.size(); ++id) wanted[id] = test(table->text(id));
    return wanted;
}

bool has(const std::vector<uint8_t>& wanted, uint32_t id) {
    return id < wanted.size() && wanted[id];
}
} // namespace

std::string wrong_asn(const OptionValue& value) {
    for (const std::string& number : value.list)
        if (number.empty() ||
            !std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }))
            return "NetStreamHandler: only_asn_number filter contained an invalid/unsupported value: " +
                   number + ". Valid values: numbers in digits, like 64496";
    return {};
}

Result<Filter> Filter::make(const OptionValues& values, const Services& services) {
    if (std::string wrong = wrong_value(filter_options, values); !wrong.empty())
        return Error{std::move(wrong)};
    Filter f;
    f.city_ = services.city;
    f.asn_ = services.asn;
    f.geoloc_notfound_ = values.get_bool("geoloc_notfound");
    f.asn_notfound_ = values.get_bool("asn_notfound");
    f.by_place_ = values.has("only_geoloc_prefix");
    f.by_asn_ = values.has("only_asn_number");
    const auto prefixes = values.get_list("only_geoloc_prefix");
    const auto numbers = values.get_list("only_asn_number");
    f.places_ = ids_where(f.by_place_ ? f.city_ : nullptr, [&](std::string_view text) {
        return std::any_of(prefixes.begin(), prefixes.end(),
                           [&](const auto& p) { return text.starts_with(p); });
    });
    f.asns_ = ids_where(f.by_asn_ ? f.asn_ : nullptr, [&](std::string_view text) {
        return std::any_of(numbers.begin(), numbers.end(),
                           [&](const auto& n) { return text.starts_with(n + "/"); });
    });
    f.active_ = f.geoloc_notfound_ || f.asn_notfound_ || f.by_place_ || f.by_asn_;
    return f;
}

bool Filter::passes(const wire::Packet& packet) const {
    if (packet.direction == wire::Direction::unknown) return false;
    const uint8_t* ip = packet.direction == wire::Direction::in ? packet.src_ip() : packet.dst_ip();
    const auto find = [&](const GeoTable& table) {
        return packet.is_v4() ? table.find_v4(load_be32(ip)) : table.find_v6(ip);
    };
    if ((geoloc_notfound_ || by_place_) && !city_) return false;
    if ((asn_notfound_ || by_asn_) && !asn_) return false;
    if (geoloc_notfound_ && find(*city_) != 0) return false;
    if (asn_notfound_ && find(*asn_) != 0) return false;
    if (by_place_ && !has(places_, find(*city_))) return false;
    return !by_asn_ || has(asns_, find(*asn_));
}

} // namespace visor::net
