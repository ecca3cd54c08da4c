// Names of response codes and record types (IANA, DNS parameters), as users of earlier releases know them.
#include "wire/dns.hpp"

#include <algorithm>
#include <charconv>

namespace visor::wire {

namespace {
struct Name {
    uint16_t number;
    std::string_view text;
};

// Ascending.
constexpr Name rcodes[] = {
    {0, "NOERROR"},  {1, "FORMERR"},    {2, "SRVFAIL"},  {3, "NXDOMAIN"},  {4, "NOTIMP"},
    {5, "REFUSED"},  {6, "YXDOMAIN"},   {7, "YXRRSET"},  {8, "NXRRSET"},   {9, "NOTAUTH"},
    {10, "NOTZONE"}, {11, "DSOTYPENI"}, {16, "BADVERS"}, {17, "BADKEY"},   {18, "BADTIME"},
    {19, "BADMODE"}, {20, "BADNAME"},   {21, "BADALG"},  {22, "BADTRUNC"}, {23, "BADCOOKIE"},
};

constexpr Name qtypes[] = {
    {0, "Reserved (0)"},
    {1, "A"},
    {2, "NS"},
    {3, "MD"},
    {4, "MF"},
    {5, "CNAME"},
    {6, "SOA"},
    {7, "MB"},
    {8, "MG"},
    {9, "MR"},
    {10, "NULL"},
    {11, "WKS"},
    {12, "PTR"},
    {13, "HINFO"},
    {14, "MINFO"},
    {15, "MX"},
    {16, "TXT"},
    {17, "RP"},
    {18, "AFSDB"},
    {19, "X25"},
    {20, "ISDN"},
    {21, "RT"},
    {22, "NSAP"},
    {23, "NSAP-PTR"},
    {24, "SIG"},
    {25, "KEY"},
    {26, "PX"},
    {27, "GPOS"},
    {28, "AAAA"},
    {29, "LOC"},
    {30, "NXT"},
    {31, "EID"},
    {32, "NIMLOC"},
    {33, "SRV"},
    {34, "ATMA"},
    {35, "NAPTR"},
    {36, "KX"},
    {37, "CERT"},
    {38, "A6"},
    {39, "DNAME"},
    {40, "SINK"},
    {41, "OPT"},
    {42, "APL"},
    {43, "DS"},
    {44, "SSHFP"},
    {45, "IPSECKEY"},
    {46, "RRSIG"},
    {47, "NSEC"},
    {48, "DNSKEY"},
    {49, "DHCID"},
    {50, "NSEC3"},
    {51, "NSEC3PARAM"},
    {52, "TLSA"},
    {53, "SMIMEA"},
    {55, "HIP"},
    {56, "NINFO"},
    {57, "RKEY"},
    {58, "TALINK"},
    {59, "CDS"},
    {60, "CDNSKEY"},
    {61, "OPENPGPKEY"},
    {62, "CSYNC"},
    {63, "ZONEMD"},
    {64, "SVCB"},
    {65, "HTTPS"},
    {99, "SPF"},
    {100, "UINFO"},
    {101, "UID"},
    {102, "GID"},
    {103, "UNSPEC"},
    {104, "NID"},
    {105, "L32"},
    {106, "L64"},
    {107, "LP"},
    {108, "EUI48"},
    {109, "EUI64"},
    {249, "TKEY"},
    {250, "TSIG"},
    {251, "IXFR"},
    {252, "AXFR"},
    {253, "MAILB"},
    {254, "MAILA"},
    {255, "*"},
    {256, "URI"},
    {257, "CAA"},
    {258, "AVC"},
    {259, "DOA"},
    {260, "AMTRELAY"},
    {32768, "TA"},
    {32769, "DLV"},
    {65535, "Reserved (65535)"},
};

// Common spellings that are not the ones printed.
constexpr Name rcode_aliases[] = {{2, "SERVFAIL"}, {16, "BADSIG"}};
constexpr Name qtype_aliases[] = {{255, "ANY"}};

template <size_t size>
std::string_view name_of(const Name (&table)[size], uint16_t number) {
    const auto* found = std::lower_bound(std::begin(table), std::end(table), number,
                                         [](const Name& n, uint16_t wanted) { return n.number < wanted; });
    return found != std::end(table) && found->number == number ? found->text : std::string_view{};
}

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
}

bool same_text(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return upper(x) == upper(y); });
}

template <size_t size>
int number_of(const Name (&table)[size], std::string_view text) {
    for (const Name& n : table)
        if (same_text(n.text, text)) return n.number;
    return -1;
}

// A decimal number the table knows.
template <size_t size>
int known_number(const Name (&table)[size], std::string_view text) {
    uint16_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, status] = std::from_chars(text.data(), end, number);
    if (status != std::errc{} || stop != end) return -1;
    return name_of(table, number).empty() ? -1 : number;
}

template <size_t size, size_t aliases_size>
int lookup(const Name (&table)[size], const Name (&aliases)[aliases_size], std::string_view text) {
    int number = number_of(table, text);
    if (number < 0) number = number_of(aliases, text);
    return number < 0 ? known_number(table, text) : number;
}
} // namespace

std::string_view dns_rcode_name(uint16_t rcode) {
    return name_of(rcodes, rcode);
}
std::string_view dns_qtype_name(uint16_t qtype) {
    return name_of(qtypes, qtype);
}
int dns_rcode_number(std::string_view name_or_number) {
    return lookup(rcodes, rcode_aliases, name_or_number);
}
int dns_qtype_number(std::string_view name_or_number) {
    return lookup(qtypes, qtype_aliases, name_or_number);
}

} // namespace visor::wire
