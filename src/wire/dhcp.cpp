#include "wire/dhcp.hpp"

namespace visor::wire {

namespace {
constexpr size_t fixed_size = 236, sname_offset = 44, sname_size = 64, file_offset = 108, file_size = 128;
constexpr uint32_t magic_cookie = 0x63825363;
constexpr uint8_t pad = 0, host_name = 12, overload = 52, message_type = 53, server_identifier = 54,
                  end_mark = 255;

// Names of fixed size fields come padded, and some clients count the terminator.
Bytes without_zeros(Bytes text) {
    size_t size = text.size();
    while (size > 0 && text[size - 1] == 0) --size;
    return size == 0 ? Bytes{} : text.first(size);
}

// One run of options; of an option that comes twice the first is taken. Returns the value of the overload
// option.
uint8_t read_options(Bytes b, Dhcp4& out) {
    uint8_t overloaded = 0;
    while (!b.empty()) {
        const uint8_t code = b.u8();
        if (code == pad) continue;
        if (code == end_mark) break;
        const Bytes value = b.take(b.u8());
        if (!b.ok()) break; // the options before it stand
        if (code == host_name && !out.hostname.ok()) out.hostname = without_zeros(value);
        if (value.empty()) continue;
        if (code == message_type && out.type == 0) out.type = value[0];
        if (code == server_identifier && value.size() >= 4 && out.server_id == nullptr)
            out.server_id = value.data();
        if (code == overload) overloaded = value[0];
    }
    return overloaded;
}

constexpr uint16_t option_server_id = 2;
constexpr size_t message_header = 4, relay_header = 34;
} // namespace

Dhcp4 parse_dhcp4(Bytes payload) {
    Dhcp4 out;
    if (payload.size() < fixed_size + 4) return out;
    const uint8_t* b = payload.data();
    if (load_be32(b + fixed_size) != magic_cookie) return out;
    out.ok = true;
    out.xid = load_be32(b + 4);
    out.your_ip = b + 16;
    out.client_mac = b + 28;
    const uint8_t overloaded = read_options(payload.from(fixed_size + 4), out);
    // RFC 2131 section 4.1: the file field comes before sname.
    if ((overloaded & 1) != 0) read_options({b + file_offset, file_size}, out);
    if ((overloaded & 2) != 0) read_options({b + sname_offset, sname_size}, out);
    return out;
}

Dhcp6 parse_dhcp6(Bytes payload) {
    Dhcp6 out;
    if (payload.empty()) return out;
    const uint8_t type = payload[0];
    const bool relayed = type == dhcp6_type::relay_forward || type == dhcp6_type::relay_reply;
    Bytes options = payload.from(relayed ? relay_header : message_header);
    if (!options.ok()) return out;
    out.ok = true;
    out.type = type;
    while (options.size() >= 4) {
        const uint16_t code = options.u16();
        options.skip(options.u16());
        if (options.ok() && code == option_server_id) out.has_server_id = true;
    }
    return out;
}

} // namespace visor::wire
