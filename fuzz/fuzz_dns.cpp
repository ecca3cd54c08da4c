// Any bytes as a DNS message: question, names at every offset, and the walk over all records.
#include "wire/dns_question.hpp"
#include "wire/name_ends.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

using namespace visor;
using namespace visor::wire;

namespace {
void require(bool holds) {
    if (!holds) std::abort();
}

// The two forms of a name are of one length and differ in ASCII case only.
void check_name(Bytes message, size_t offset) {
    char as_is[dns_name_text_max], lower[dns_name_text_max];
    const uint32_t length = dns_name_text(message, offset, false, as_is);
    require(length <= dns_name_text_max);
    require(dns_name_text(message, offset, true, lower) == length);
    for (uint32_t i = 0; i < length; ++i) {
        const char c = as_is[i];
        require(lower[i] == (c >= 'A' && c <= 'Z' ? c + 32 : c));
        require(static_cast<unsigned char>(c) >= 0x20);
    }
}

// Parsing and naming in one pass says what the two passes say.
void check_one_pass(Bytes message, const DnsMessage& want) {
    char room[dns_name_text_max + 2 * dns_text_slack], again[dns_name_text_max];
    char* const text = room + dns_text_slack;
    DnsNameText name;
    DnsMessage d;
    parse_dns(message, d, text, name);
    require(d.name == want.name && d.records == want.records && d.anomaly == want.anomaly);
    require(d.qtype == want.qtype && d.qclass == want.qclass && d.header.id == want.header.id);
    if (!want.has_question()) return;
    const uint32_t length = dns_name_text(message, want.name, true, again);
    require(name.length == length && std::equal(text, text + length, again));
    const Aggregated ends = aggregate({text, length});
    require(name.two == ends.two.size() && name.three == ends.three.size());
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const auto exact = std::make_unique<uint8_t[]>(size); // one byte too far is seen
    std::copy_n(data, size, exact.get());
    const Bytes message{exact.get(), size};
    const DnsMessage d = parse_dns(message);
    require(d.records <= size);
    require(d.records != 0 || d.anomaly != DnsAnomaly::none);
    check_one_pass(message, d);
    if (d.has_question()) check_name(message, d.name);
    const size_t offsets = std::min<size_t>(size, 64);
    for (size_t i = 0; i < offsets; ++i) check_name(message, i);
    const DnsRecords r = walk_dns_records(d);
    require(r.edns || !r.ecs.present);
    require(r.ecs.source_prefix <= (r.ecs.v4 ? 32 : 128));
    return 0;
}
