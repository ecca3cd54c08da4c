#include "metric/keys.hpp"

#include "wire/dns.hpp"

namespace visor {

namespace {
uint16_t number_of(std::string_view key) {
    return load_be16(reinterpret_cast<const uint8_t*>(key.data()));
}

std::string name_or_number(std::string_view name, uint16_t number) {
    return name.empty() ? std::to_string(number) : std::string(name);
}
} // namespace

KeyText ipv4_key(std::string_view key) {
    return {IpAddress::v4(reinterpret_cast<const uint8_t*>(key.data())).text(), {}, {}};
}

KeyText ipv6_key(std::string_view key) {
    return {IpAddress::v6(reinterpret_cast<const uint8_t*>(key.data())).text(), {}, {}};
}

KeyText address_key(std::string_view key) {
    return key.size() == 4 ? ipv4_key(key) : ipv6_key(key);
}

KeyText text_key(std::string_view key) {
    return {std::string(key), {}, {}};
}

KeyText number_key(std::string_view key) {
    return {std::to_string(number_of(key)), {}, {}};
}

KeyText rcode_key(std::string_view key) {
    return {name_or_number(wire::dns_rcode_name(number_of(key)), number_of(key)), {}, {}};
}

KeyText qtype_key(std::string_view key) {
    return {name_or_number(wire::dns_qtype_name(number_of(key)), number_of(key)), {}, {}};
}

KeyText place_key(std::string_view key) {
    KeyText text{std::string(text_of_place(key)), {}, {}};
    location_of_place(key, text.lat, text.lon);
    return text;
}

} // namespace visor
