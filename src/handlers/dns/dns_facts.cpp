#include "handlers/dns/dns_facts.hpp"

#include "wire/ports.hpp"

namespace visor::dns {

namespace {
enum Rcode : uint16_t { noerror = 0, servfail = 2, nxdomain = 3, refused = 5 };

void add_place(sketch::TopNames& top, uint32_t id) {
    top.add(sketch::keyed_hash_u64(sketch::offline_hash_key, id), 1, &id, sizeof id);
}

uint16_t client_port(const wire::Packet& packet) {
    return wire::is_dns_port(packet.dst_port) ? packet.src_port : packet.dst_port;
}
} // namespace

FactRecorder::FactRecorder(const FactGroups& groups, const OptionValues& values, const Services& services,
                           const Filter& filter)
    : groups_(groups), services_(services), filter_(filter),
      suffixes_(values.get_bool("public_suffix_list") ? services.suffixes : nullptr),
      by_suffix_(suffixes_ || filter.has_suffixes()) {}

void FactRecorder::count_transport(Facts& facts, const DnsEvent& event) {
    switch (event.transport) {
    case DnsTransport::udp:
        facts.udp++;
        break;
    case DnsTransport::tcp:
        facts.tcp++;
        break;
    case DnsTransport::dot:
        facts.dot++;
        break;
    case DnsTransport::doh:
        facts.doh++;
        break;
    case DnsTransport::dnscrypt_udp:
        facts.dnscrypt_udp++;
        break;
    case DnsTransport::dnscrypt_tcp:
        facts.dnscrypt_tcp++;
        break;
    case DnsTransport::doq:
        facts.doq++;
        break;
    }
    facts.ipv4 += event.packet->ip_version == 4;
    facts.ipv6 += event.packet->ip_version == 6;
}

void FactRecorder::count_rcode(Facts& facts, const DnsEvent& reply, uint16_t rcode) {
    facts.noerror += rcode == noerror;
    facts.nodata += rcode == noerror && reply.message.header.ancount == 0;
    facts.nxdomain += rcode == nxdomain;
    facts.srvfail += rcode == servfail;
    facts.refused += rcode == refused;
}

size_t FactRecorder::suffix_size(std::string_view name) const {
    if (const size_t configured = filter_.suffix_size(name)) return configured;
    return suffixes_ ? suffixes_->suffix_size(name) : 0;
}

void FactRecorder::read_question(const Facts& facts, const DnsEvent& event, Question& question) const {
    question.port = client_port(*event.packet);
    if (groups_.ports) __builtin_prefetch(&facts.ports.count[question.port], 1);
    if (!event.message.has_question()) return;
    const std::string_view name = event.qname();
    if (!groups_.qnames) return;
    const bool plain = !by_suffix_ && name.size() <= 64;
    question.parts = plain ? aggregate_by_dots(name, event.name.dots) : aggregate(name, suffix_size(name));
    question.two_hash = name_hash(question.parts.two);
    facts.top_qname2.prefetch(question.two_hash);
    if (question.parts.three.empty()) return;
    question.three_hash = name_hash(question.parts.three);
    facts.top_qname3.prefetch(question.three_hash);
}

void FactRecorder::look_at_question(Facts& facts, const DnsEvent& event, const Question& question) const {
    if (groups_.ports) facts.ports.add(question.port);
    if (!event.message.has_question()) return;
    if (groups_.qtypes) facts.qtype.add(event.message.qtype);
    const std::string_view name = event.qname();
    bool counted = false;
    if (groups_.qnames) {
        const auto& [two, three] = question.parts;
        const bool has_two = add_name(facts.top_qname2, two, question.two_hash);
        const bool has_three = !three.empty() && add_name(facts.top_qname3, three, question.three_hash);
        // A whole name in a top list was counted among the distinct ones when it came to stand there.
        counted = (has_two && two.size() == name.size()) || (has_three && three.size() == name.size());
    }
    if (groups_.cardinality && !counted) facts.qname.update(sketch::murmur3_128(name.data(), name.size()));
}

void FactRecorder::look_at_reply(Facts& facts, const DnsEvent& reply, uint16_t rcode) const {
    if (groups_.rcodes) facts.rcode.add(rcode);
    if (!reply.message.has_question()) return;
    const std::string_view name = reply.qname();
    if (groups_.rcode_names) {
        if (rcode == nxdomain) add_name(facts.top_nxdomain, name);
        if (rcode == refused) add_name(facts.top_refused, name);
        if (rcode == servfail) add_name(facts.top_srvfail, name);
        if (rcode == noerror && reply.message.header.ancount == 0) add_name(facts.top_nodata, name);
    }
    if (groups_.noerror_names && rcode == noerror) add_name(facts.top_noerror, name);
    if (groups_.bytes) add_name(facts.top_bytes, name, name_hash(name), reply.size);
}

void FactRecorder::look_at_subnet(Facts& facts, const IpAddress& address) const {
    const uint8_t* bytes = address.bytes.data();
    const bool v4 = address.is_v4();
    const uint64_t hash = sketch::keyed_hash_16(sketch::offline_hash_key, load_native<uint64_t>(bytes),
                                                load_native<uint64_t>(bytes + 8));
    facts.top_ecs.add(hash, 1, v4 ? bytes + 12 : bytes, v4 ? 4 : 16);
    if (services_.city) add_place(facts.top_geo, services_.city->find(address));
    if (services_.asn) add_place(facts.top_asn, services_.asn->find(address));
}

} // namespace visor::dns
