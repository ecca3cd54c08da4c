#include "handlers/dns/dns_facts.hpp"

#include "metric/keys.hpp"
#include "wire/name_ends.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <type_traits>

namespace visor::dns {

namespace {
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
    constexpr uint32_t together = std::size(outcomes); // kinds that differ in their outcome alone
    for (uint32_t first = 0; first < kind_count; first += together) {
        const uint32_t* const kinds = kinds_ + first;
        const uint64_t messages = std::accumulate(kinds, kinds + together, uint64_t{0});
        if (messages == 0) continue;
        const uint32_t version = (first >> 3 & 3) << 1;
        facts.ipv4 += version == 4 ? messages : 0;
        facts.ipv6 += version == 6 ? messages : 0;
        for (uint32_t i = 0; i < together; ++i) outcomes[i] += kinds[i];
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

void FactRecorder::swap_databases(FactRecorder& other) {
    std::swap(services_, other.services_);
    std::swap(suffixes_, other.suffixes_);
    std::swap(by_suffix_, other.by_suffix_);
}

size_t FactRecorder::suffix_size(std::string_view name) const {
    if (const size_t configured = filter_.suffix_size(name)) return configured;
    return suffixes_ ? suffixes_->suffix_size(name) : 0;
}

// The ends of a name that stand in top lists.
struct FactRecorder::Ends {
    NameKeys keys;
    uint32_t two, three; // bytes (name_ends.hpp); three is 0 where there is none
};

inline FactRecorder::Ends FactRecorder::ends_of(const DnsEvent& event) const {
    const DnsName& name = *event.name;
    if (!by_suffix_) [[likely]]
        return {name.keys, name.ends.two, name.ends.three};
    const wire::Aggregated parts = wire::aggregate(name.view(), suffix_size(name.view()));
    const auto two = static_cast<uint32_t>(parts.two.size()),
               three = static_cast<uint32_t>(parts.three.size());
    return {name_keys(services_.key, name.end(), two, three), two, three};
}

void FactRecorder::add_names(Facts& facts, std::span<const CountedName> names, uint32_t weight) const {
    // A whole name in a top list was counted among the distinct ones when it came to stand there.
    uint32_t counted = 0;
    if (groups_.qnames) {
        sketch::TopNames::Seen two[recorded_at_once], three[recorded_at_once];
        two[0] = three[0] = {}; // else g++ thinks that nothing is ever written to them
        uint32_t whole_two = 0, whole_three = 0;
        Chosen with_three;
        for (size_t i = 0; i < names.size(); ++i) {
            const auto& [event, times] = names[i];
            const Ends ends = ends_of(*event);
            const DnsName& name = *event->name;
            two[i] = {ends.keys.two, name.end() - ends.two, ends.two, times};
            three[with_three.count] = {ends.keys.three, name.end() - ends.three, ends.three, times};
            with_three.add_if(ends.three != 0, i);
            whole_two |= static_cast<uint32_t>(ends.two == name.ends.length) << i;
            whole_three |= static_cast<uint32_t>(ends.three == name.ends.length) << i;
            facts.top_qname2.prefetch(ends.keys.two);
            facts.top_qname3.prefetch(ends.keys.three);
        }
        counted = facts.top_qname2.add(two, names.size(), weight) & whole_two;
        const uint32_t stood = facts.top_qname3.add(three, with_three.count, weight);
        for (uint32_t k = 0; k < with_three.count; ++k)
            counted |= (stood >> k & 1) << with_three.at[k] & whole_three;
    }
    if (!groups_.cardinality) return;
    Chosen uncounted;
    for (size_t i = 0; i < names.size(); ++i) uncounted.add_if(!(counted >> i & 1), i);
    for (const size_t i : uncounted) count_distinct(facts, *names[i].event);
}

void FactRecorder::record(Facts& facts, std::span<const Outcomes> messages, uint32_t weight) const {
    if (weight == 1) [[likely]]
        record_each(facts, messages, std::integral_constant<uint32_t, 1>());
    else
        record_each(facts, messages, weight);
}

// Weight: a number, or the constant 1, with which most of the arithmetic is none.
template <class Weight>
inline void FactRecorder::record_each(Facts& facts, std::span<const Outcomes> messages, Weight weight) const {
    Chosen listed; // whose outcome has a list of names
    uint64_t keys[recorded_at_once];
    for (size_t i = 0; i < messages.size(); ++i) {
        const auto& [event, rcode, outcome] = messages[i];
        const bool named = event->has_question;
        if (groups_.ports) facts.ports.add(event->client_port, weight);
        if (groups_.qtypes) facts.qtype.add(event->qtype, named * weight);
        if (groups_.rcodes) facts.rcode.add(rcode, event->response() * weight);
        listed.add_if(named & (outcome > Outcome::noerror) & groups_.rcode_names, i);
    }
    for (const size_t i : listed) {
        keys[i] = name_key(services_.key, messages[i].event->qname());
        list_of(facts, messages[i].outcome).prefetch(keys[i]);
    }
    for (const size_t i : listed)
        add_name(list_of(facts, messages[i].outcome), messages[i].event->qname(), keys[i], weight);
    if (groups_.noerror_names || groups_.bytes) add_details(facts, messages, weight);
}

void FactRecorder::add_details(Facts& facts, std::span<const Outcomes> messages, uint32_t weight) const {
    for (const Outcomes& message : messages) {
        const DnsEvent& reply = *message.event;
        if (!reply.response() || !reply.has_question) continue;
        const uint64_t hash = name_key(services_.key, reply.qname());
        if (groups_.noerror_names && message.rcode == rcode_noerror)
            add_name(facts.top_noerror, reply.qname(), hash, weight);
        if (groups_.bytes) add_name(facts.top_bytes, reply.qname(), hash, uint64_t{reply.size} * weight);
    }
}

void FactRecorder::look_at_subnet(Facts& facts, const IpAddress& address, uint32_t weight) const {
    const uint8_t* bytes = address.bytes.data();
    const bool v4 = address.is_v4();
    const sketch::HashKey& key = services_.key;
    const uint64_t hash =
        sketch::keyed_hash_16(key, load_native<uint64_t>(bytes), load_native<uint64_t>(bytes + 8));
    facts.top_ecs.add(hash, weight, v4 ? bytes + 12 : bytes, v4 ? 4 : 16);
    const auto add_place = [&](sketch::TopPlaces& top, const GeoTable* table) {
        if (!table) return;
        const auto seen = seen_place(key, table->place_of(address));
        top.add(&seen, 1, weight);
    };
    add_place(facts.top_geo, services_.city);
    add_place(facts.top_asn, services_.asn);
}

} // namespace visor::dns
