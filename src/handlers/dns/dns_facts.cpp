#include "handlers/dns/dns_facts.hpp"

#include "wire/ports.hpp"

#include <algorithm>
#include <array>
#include <numeric>

namespace visor::dns {

namespace {
void add_place(sketch::TopNames& top, uint32_t id) {
    top.add(sketch::keyed_hash_u64(sketch::offline_hash_key, id), 1, &id, sizeof id);
}

// Without a branch: a coin decides whether a query or a reply comes next.
uint16_t client_port(const wire::Packet& packet) {
    const uint32_t to_server = wire::is_dns_port(packet.dst_port);
    return static_cast<uint16_t>(packet.dst_port ^ ((packet.dst_port ^ packet.src_port) & (0U - to_server)));
}

// The names of an outcome that has a list of them.
sketch::TopNames& list_of(Facts& facts, Outcome outcome) {
    sketch::TopNames* const lists[] = {&facts.top_nodata, &facts.top_nxdomain, &facts.top_srvfail,
                                       &facts.top_refused};
    return *lists[static_cast<size_t>(outcome) - static_cast<size_t>(Outcome::nodata)];
}

// Indexes of some of the messages at hand, gathered without a branch.
struct Chosen {
    uint8_t at[recorded_at_once];
    uint32_t count = 0;

    void add_if(bool wanted, size_t i) {
        at[count] = static_cast<uint8_t>(i);
        count += wanted;
    }
    const uint8_t* begin() const { return at; }
    const uint8_t* end() const { return at + count; }
};
} // namespace

uint64_t KindTally::replies() const {
    return std::accumulate(kinds_ + kind_count / 2, kinds_ + kind_count, uint64_t{0});
}

uint64_t KindTally::all() const {
    return std::accumulate(kinds_, kinds_ + kind_count, uint64_t{0});
}

void KindTally::move_to(Facts& facts) {
    if (all() == 0) return;
    Counter* const by_transport[transport_count] = {
        &facts.udp, &facts.tcp, &facts.dot, &facts.doh, &facts.dnscrypt_udp, &facts.dnscrypt_tcp, &facts.doq};
    for (size_t i = 0; i < transport_count; ++i) *by_transport[i] += transports_[i];
    uint64_t outcomes[8] = {};
    for (uint32_t kind = 0; kind < kind_count; ++kind) {
        const uint32_t version = (kind >> 3 & 3) << 1;
        facts.ipv4 += version == 4 ? kinds_[kind] : 0;
        facts.ipv6 += version == 6 ? kinds_[kind] : 0;
        outcomes[kind & 7] += kinds_[kind];
    }
    const auto of = [&](Outcome outcome) { return outcomes[static_cast<size_t>(outcome)]; };
    facts.noerror += of(Outcome::noerror) + of(Outcome::nodata);
    facts.nodata += of(Outcome::nodata);
    facts.nxdomain += of(Outcome::nxdomain);
    facts.srvfail += of(Outcome::srvfail);
    facts.refused += of(Outcome::refused);
    *this = {};
}

FactRecorder::FactRecorder(const FactGroups& groups, const OptionValues& values, const Services& services,
                           const Filter& filter)
    : groups_(groups), services_(services), filter_(filter),
      suffixes_(values.get_bool("public_suffix_list") ? services.suffixes : nullptr),
      by_suffix_(suffixes_ || filter.has_suffixes()) {}

size_t FactRecorder::suffix_size(std::string_view name) const {
    if (const size_t configured = filter_.suffix_size(name)) return configured;
    return suffixes_ ? suffixes_->suffix_size(name) : 0;
}

struct FactRecorder::Keys {
    struct Name {
        NameKeys keys;
        uint32_t two, three; // bytes of the name's ends (qname.hpp); three is 0 where there is none
    };
    Name names[recorded_at_once];
    uint64_t outcome_hash[recorded_at_once];
    uint16_t ports[recorded_at_once];
    bool counted[recorded_at_once]; // among the distinct names
    Chosen named, three, listed;    // with a question; with a third label; whose outcome has a list of names
};

inline void FactRecorder::read_name(Facts& facts, const DnsEvent& event, size_t at, Keys& keys) const {
    Keys::Name& name = keys.names[at];
    if (!by_suffix_ && event.name.plain) [[likely]] {
        name = {event.keys, event.name.two, event.name.three};
    } else {
        const Aggregated parts = aggregate(event.qname(), suffix_size(event.qname()));
        name.two = static_cast<uint32_t>(parts.two.size());
        name.three = static_cast<uint32_t>(parts.three.size());
        name.keys = name_keys(event.text + event.name.length, name.two, name.three);
    }
    facts.top_qname2.prefetch(name.keys.two);
    facts.top_qname3.prefetch(name.keys.three);
    keys.three.add_if(name.three != 0, at);
}

inline void FactRecorder::read(Facts& facts, std::span<const Outcomes> messages, Keys& keys) const {
    for (size_t i = 0; i < messages.size(); ++i) {
        const DnsEvent& event = *messages[i].event;
        keys.ports[i] = client_port(*event.packet);
        if (groups_.ports) __builtin_prefetch(&facts.ports.count[keys.ports[i]], 1);
        const bool named = event.message.has_question();
        keys.named.add_if(named, i);
        keys.listed.add_if(named & (messages[i].outcome > Outcome::noerror) & groups_.rcode_names, i);
    }
    if (groups_.qnames)
        for (const size_t i : keys.named) read_name(facts, *messages[i].event, i, keys);
    for (const size_t i : keys.listed) {
        keys.outcome_hash[i] = name_key(messages[i].event->qname());
        list_of(facts, messages[i].outcome).prefetch(keys.outcome_hash[i]);
    }
}

inline void FactRecorder::add_names(Facts& facts, std::span<const Outcomes> messages, Keys& keys) const {
    const auto add = [&](sketch::TopNames& top, size_t i, uint32_t size, uint64_t hash) {
        const DnsEvent& event = *messages[i].event;
        const bool stood = add_name(top, {event.text + event.name.length - size, size}, hash);
        // A whole name in a top list was counted among the distinct ones when it came to stand there.
        return stood & (size == event.name.length);
    };
    const auto& names = keys.names;
    for (const size_t i : keys.named) keys.counted[i] = false;
    if (groups_.qnames) {
        for (const size_t i : keys.named)
            keys.counted[i] = add(facts.top_qname2, i, names[i].two, names[i].keys.two);
        for (const size_t i : keys.three)
            keys.counted[i] |= add(facts.top_qname3, i, names[i].three, names[i].keys.three);
    }
    if (!groups_.cardinality) return;
    Chosen uncounted;
    for (const size_t i : keys.named) uncounted.add_if(!keys.counted[i], i);
    for (const size_t i : uncounted) {
        const std::string_view name = messages[i].event->qname();
        facts.qname.update(sketch::murmur3_128(name.data(), name.size()));
    }
}

void FactRecorder::record(Facts& facts, std::span<const Outcomes> messages) const {
    Keys keys;
    read(facts, messages, keys);
    if (groups_.ports)
        for (size_t i = 0; i < messages.size(); ++i) facts.ports.add(keys.ports[i]);
    if (groups_.qtypes)
        for (const size_t i : keys.named) facts.qtype.add(messages[i].event->message.qtype);
    add_names(facts, messages, keys);
    if (groups_.rcodes)
        for (const Outcomes& message : messages)
            facts.rcode.add(message.rcode, message.event->message.header.response());
    for (const size_t i : keys.listed)
        add_name(list_of(facts, messages[i].outcome), messages[i].event->qname(), keys.outcome_hash[i]);
    if (groups_.noerror_names || groups_.bytes) add_details(facts, messages);
}

void FactRecorder::add_details(Facts& facts, std::span<const Outcomes> messages) const {
    for (const Outcomes& message : messages) {
        const DnsEvent& reply = *message.event;
        if (!reply.message.header.response() || !reply.message.has_question()) continue;
        const uint64_t hash = name_key(reply.qname());
        if (groups_.noerror_names && message.rcode == rcode_noerror)
            add_name(facts.top_noerror, reply.qname(), hash);
        if (groups_.bytes) add_name(facts.top_bytes, reply.qname(), hash, reply.size);
    }
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
