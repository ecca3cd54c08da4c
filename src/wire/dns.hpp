// DNS messages as views over bounded bytes: header, first question, names, and a walk of all records for
// EDNS.
//
// Threads: pure functions over values. Owns: nothing. Units: bytes.
// Wire: RFC 1035 section 4 (message, compression), RFC 6891 (EDNS), RFC 7871 (client subnet), RFC 2136 shares
// the header. Any bytes may stand in a name (RFC 2181 section 11).
#pragma once

#include "base/bytes.hpp"
#include "base/ip.hpp"

#include <bit>
#include <string_view>

namespace visor::wire {

inline constexpr size_t dns_header_size = 12;
inline constexpr uint16_t dns_type_opt = 41;
inline constexpr size_t dns_flags_end = 4; // of which so much says what kind of message it is

// The header's second word.
struct DnsFlags {
    uint16_t bits = 0;

    bool response() const { return (bits & 0x8000) != 0; }
    uint8_t opcode() const { return static_cast<uint8_t>(bits >> 11 & 15); }
    uint8_t rcode() const { return static_cast<uint8_t>(bits & 15); }
    bool authoritative() const { return (bits & 0x0400) != 0; }
    bool truncated() const { return (bits & 0x0200) != 0; }
    bool authenticated() const { return (bits & 0x0020) != 0; }
    bool checking_disabled() const { return (bits & 0x0010) != 0; }
};

struct DnsHeader {
    uint16_t id = 0;
    DnsFlags flags;
    uint16_t qdcount = 0, ancount = 0, nscount = 0, arcount = 0;
};

// Why a message could not be read to the end of what was asked.
enum class DnsAnomaly : uint8_t {
    none,
    short_header,   // ends before the flags do: no telling a query from a reply
    short_question, // ends inside the header's counts or the question
    bad_name,       // label type, pointer or length that cannot be (loops included)
    short_record    // ends inside an answer, authority or additional record
};
inline constexpr size_t dns_anomaly_count = 5;
std::string_view dns_anomaly_name(DnsAnomaly anomaly);

// Header and first question. `records` is the offset of the first record after all questions; 0 when the
// question section could not be walked.
struct DnsMessage {
    Bytes bytes;
    DnsHeader header;
    uint16_t qtype = 0, qclass = 0;
    uint16_t name = 0; // offset of the first question's name (12); 0 when there is no readable question
    uint32_t records = 0;
    DnsAnomaly anomaly = DnsAnomaly::none;

    bool has_question() const { return name != 0; }
};
DnsMessage parse_dns(Bytes message); // fast: header, one name skipped, qtype/qclass

// Presentation text of a name, lower-cased (ASCII) or as it stands: labels joined with '.', no trailing dot,
// the root as ".". Printable ASCII and valid UTF-8 stay as they are; other bytes become \DDD (RFC 1035
// section 5.1). Writes at most dns_name_text_max bytes to out; returns the length, 0 when the name is
// malformed.
inline constexpr size_t dns_name_text_max = 1024;
uint32_t dns_name_text(Bytes message, size_t offset, bool lower, char* out);

// A first question's name as text, and how long its ends are by which operators group names (name_ends.hpp).
struct DnsNameText {
    uint16_t length = 0;
    uint16_t two = 0, three = 0; // 0: there is no such end
};
// Bytes before and behind a name's text that parse_dns() may write, and that may be read.
inline constexpr size_t dns_text_slack = 32;
// parse_dns() and the lower-case dns_name_text() of its first question, for any message; dns_question.hpp has
// the short way.
void parse_dns_long(Bytes message, DnsMessage& out, char* text, DnsNameText& name);

// Client subnet option (RFC 7871 section 6).
struct Ecs {
    bool present = false;
    uint8_t source_prefix = 0;
    IpAddress address; // bits past the option's address bytes are zero
    bool v4 = false;
};

// What a walk over all records finds.
struct DnsRecords {
    bool edns = false;
    uint8_t edns_version = 0;
    uint8_t extended_rcode = 0; // upper 8 bits of the 12-bit rcode (RFC 6891 section 6.1.3)
    bool dnssec_ok = false;
    bool rrsig_in_answer = false;
    Ecs ecs; // wherever it stands among the options
    DnsAnomaly anomaly = DnsAnomaly::none;
};
DnsRecords walk_dns_records(const DnsMessage& message);

// The upper bits of a response code, wherever they stand among the records. By value: a message that is
// parsed need not be written to memory for the few that have them elsewhere than at the end.
uint8_t dns_extended_rcode(Bytes message, uint32_t records);

// The 12-bit response code: the header's four bits and, where EDNS has them, eight more (RFC 6891
// section 6.1.3).
inline uint16_t dns_full_rcode(const DnsMessage& message) {
    const uint32_t low = message.header.flags.rcode();
    const bool more = (message.header.arcount != 0) & message.header.flags.response();
    const Bytes bytes = message.bytes;
    // Most replies with EDNS end with an OPT record without options; it is read where it stands, without the
    // walk.
    constexpr size_t opt_size = 11; // root, type, size, extended rcode, version, flags, no data
    uint32_t high = 0;
    bool bare = false;
    if (bytes.size() >= dns_header_size + opt_size) [[likely]] {
        const uint8_t* opt = bytes.data() + bytes.size() - opt_size;
        // Root, type, and behind the size and the extended code the version; at the end the length.
        constexpr uint64_t looked_at = 0x00ff000000ffffff, expected = uint64_t{dns_type_opt} << 16;
        static_assert(std::endian::native == std::endian::little);
        bare = (((load_native<uint64_t>(opt) & looked_at) ^ expected) | load_native<uint16_t>(opt + 9)) == 0;
        high = opt[5];
    }
    if (more & !bare) [[unlikely]]
        high = dns_extended_rcode(bytes, message.records);
    return static_cast<uint16_t>(low | (high << 4 & (0U - more)));
}

std::string_view
dns_rcode_name(uint16_t rcode); // "NXDOMAIN", "SRVFAIL" (upstream's spelling); empty if unknown
std::string_view dns_qtype_name(uint16_t qtype);       // "AAAA"; empty if unknown
int dns_rcode_number(std::string_view name_or_number); // case-insensitive; -1 if unknown
int dns_qtype_number(std::string_view name_or_number);

} // namespace visor::wire
