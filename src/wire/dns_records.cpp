// The walk over answer, authority and additional records: EDNS (RFC 6891) and its client subnet (RFC 7871).
#include "wire/dns.hpp"
#include "wire/dns_question.hpp"

#include <algorithm>

namespace visor::wire {

namespace {
constexpr uint16_t type_rrsig = 46, option_client_subnet = 8;

enum class Section : uint8_t { answer, authority, additional };

bool skip_owner(Bytes& b, DnsAnomaly& why) {
    for (;;) {
        const uint8_t length = b.u8();
        if (!b.ok()) break;
        if (length == 0) return true;
        if (length >= 0xc0) {
            b.skip(1);
            if (b.ok()) return true;
            break;
        }
        if (length > 63) {
            why = DnsAnomaly::bad_name;
            return false;
        }
        b.skip(length);
    }
    why = DnsAnomaly::short_record;
    return false;
}

// The address may be given in fewer bytes than its family has (trailing zeros are left out) and, by encoders
// that do not care, in more.
Ecs read_client_subnet(Bytes option) {
    Ecs ecs;
    const uint16_t family = option.u16();
    const uint8_t source = option.u8();
    option.skip(1); // scope
    if (!option.ok() || (family != 1 && family != 2)) return ecs;
    ecs.present = true;
    ecs.v4 = family == 1;
    const size_t width = ecs.v4 ? 4 : 16;
    ecs.source_prefix = static_cast<uint8_t>(std::min<size_t>(source, width * 8));
    uint8_t address[16] = {};
    const Bytes given = option.first(width);
    if (!given.empty()) std::memcpy(address, given.data(), given.size());
    ecs.address = ecs.v4 ? IpAddress::v4(address) : IpAddress::v6(address);
    return ecs;
}

void read_options(Bytes options, DnsRecords& out) {
    while (options.size() >= 4) {
        const uint16_t code = options.u16();
        const Bytes value = options.take(options.u16());
        if (!options.ok()) return;
        if (code == option_client_subnet && !out.ecs.present) out.ecs = read_client_subnet(value);
    }
}

void read_opt(uint32_t ttl, Bytes options, DnsRecords& out) {
    if (out.edns) return; // RFC 6891 section 6.1.1: more than one is an error; the first is believed
    out.edns = true;
    out.extended_rcode = static_cast<uint8_t>(ttl >> 24);
    out.edns_version = static_cast<uint8_t>(ttl >> 16);
    out.dnssec_ok = (ttl & 0x8000) != 0;
    read_options(options, out);
}

// True when the record was whole.
bool read_record(Bytes& b, Section section, DnsRecords& out) {
    if (!skip_owner(b, out.anomaly)) return false;
    const uint16_t type = b.u16();
    b.skip(2); // class, or the UDP size of OPT
    const uint32_t ttl = b.u32();
    const uint16_t length = b.u16();
    const Bytes data = b.take(length);
    if (!b.ok()) {
        out.anomaly = DnsAnomaly::short_record;
        return false;
    }
    if (type == dns_type_opt && section == Section::additional) read_opt(ttl, data, out);
    if (type == type_rrsig && section == Section::answer) out.rrsig_in_answer = true;
    return true;
}
} // namespace

DnsRecords walk_dns_records(const DnsMessage& message) {
    DnsRecords out;
    if (message.records == 0) {
        out.anomaly = message.anomaly;
        return out;
    }
    Bytes b = message.bytes.from(message.records);
    const uint16_t counts[] = {message.header.ancount, message.header.nscount, message.header.arcount};
    for (unsigned section = 0; section < 3; ++section)
        for (unsigned i = 0; i < counts[section]; ++i)
            if (!read_record(b, static_cast<Section>(section), out)) return out;
    return out;
}

uint8_t dns_extended_rcode(Bytes message, uint32_t records) {
    if (records == 0) return 0;
    DnsMessage read;
    read_header(message, read);
    read.records = records;
    return walk_dns_records(read).extended_rcode;
}

} // namespace visor::wire
