// Records what 1.0 tells of a message and 2.0 of a transaction: transport, names, types, codes, ports,
// subnets. Threads: one recorder per handler instance. Owns: nothing; filter and services outlive it. Hot.
#pragma once

#include "handlers/dns/dns_cells.hpp"
#include "handlers/dns/dns_filter.hpp"

#include <algorithm>
#include <array>

namespace visor::dns {

// What is looked at deeply, resolved from metric groups once.
struct FactGroups {
    bool cardinality = false, qnames = false, rcode_names = false, noerror_names = false, bytes = false,
         ports = false, rcodes = false, qtypes = false, ecs = false;
};

// What became of a message's question, as the counters of response codes tell it. Queries have none.
enum class Outcome : uint8_t { other, noerror, nodata, nxdomain, srvfail, refused };
inline constexpr size_t outcome_count = 6;

// A message and, of a reply, what became of it.
struct Outcomes {
    const DnsEvent* event;
    uint16_t rcode; // 0 of a query
    Outcome outcome;
};
inline constexpr uint16_t rcode_noerror = 0;

inline Outcomes outcomes_of(const DnsEvent& event) {
    // By whether it is a reply and has no answers, and by its code; codes from 15 on are others like 15.
    static constexpr auto outcomes = [] {
        std::array<Outcome, 64> table{};
        for (const unsigned reply : {32U, 32U + 16U}) {
            table[reply + 0] = Outcome::noerror;
            table[reply + 2] = Outcome::srvfail;
            table[reply + 3] = Outcome::nxdomain;
            table[reply + 5] = Outcome::refused;
        }
        table[32 + 16 + rcode_noerror] = Outcome::nodata;
        return table;
    }();
    const uint32_t reply = event.response(), empty = event.answers == 0;
    const uint32_t rcode = std::min<uint32_t>(event.rcode, 15);
    return {&event, static_cast<uint16_t>(event.rcode & (0U - reply)),
            outcomes[reply << 5 | empty << 4 | rcode]};
}

// Messages are recorded so many at a time, table by table: what they lead to is on its way to the cache while
// the keys of the others are made, and one kind of message does not keep the processor from foreseeing what
// comes next of the other.
inline constexpr size_t recorded_at_once = sketch::TopNames::together;

// Counts what kinds of messages there are with one addition a message, instead of one for each counter.
class KindTally {
public:
    void count(const DnsEvent& event, Outcome outcome) {
        const uint32_t reply = event.response(), version = event.ip_version >> 1;
        ++kinds_[reply << 5 | version << 3 | static_cast<uint32_t>(outcome)];
        ++transports_[static_cast<size_t>(event.transport)];
    }
    uint64_t replies() const;
    uint64_t all() const;
    void move_to(Facts& facts); // and begins anew

private:
    static constexpr uint32_t kind_count = 2 * 4 * 8; // query or reply, IP version, outcome
    uint32_t kinds_[kind_count] = {};
    uint32_t transports_[transport_count] = {};
};

// How often each name came in a run of events, told once for all of them that repeat it.
class NameTally {
public:
    static constexpr size_t most = 1024; // events of a run

    explicit NameTally(size_t events) { std::fill_n(times_, events, uint16_t{0}); }
    // An event of the run, and how far back the first with its name is (DnsEvent::name_back).
    void count(size_t event, size_t back) { ++times_[back <= event ? event - back : event]; }
    uint16_t times(size_t event) const { return times_[event]; }
    // f(event, times) for the first of each name.
    template <class F>
    void for_each(size_t events, F&& f) const {
        uint16_t counted[most + 1];
        size_t n = 0;
        for (size_t i = 0; i < events; ++i) {
            counted[n] = static_cast<uint16_t>(i);
            n += times_[i] != 0;
        }
        for (size_t i = 0; i < n; ++i) f(counted[i], times_[counted[i]]);
    }

private:
    uint16_t times_[most];
};

// A name and how many messages, of those recorded together, have it.
struct CountedName {
    const DnsEvent* event; // one of them
    uint32_t times;
};

class FactRecorder {
public:
    FactRecorder(const FactGroups& groups, const OptionValues& values, const Services& services,
                 const Filter& filter);

    const FactGroups& groups() const { return groups_; }
    void swap_databases(FactRecorder& other); // of the same settings; each goes on with its filter
    // Some messages before record().
    void prefetch(const Facts& facts, const DnsEvent& message) const {
        if (groups_.ports) facts.ports.prefetch(message.client_port);
    }
    // Types, ports and codes of at most recorded_at_once messages, and the names that go with codes. Each
    // message weighs `weight`, here and below.
    void record(Facts& facts, std::span<const Outcomes> messages, uint32_t weight) const;
    // At most recorded_at_once names that were asked for.
    void add_names(Facts& facts, std::span<const CountedName> names, uint32_t weight) const;
    // A name that is in no list, among the distinct ones.
    void count_distinct(Facts& facts, const DnsEvent& event) const {
        if (!groups_.cardinality) return;
        const std::string_view name = event.qname();
        facts.qname.update(sketch::murmur3_128(name.data(), name.size()));
    }
    void look_at_subnet(Facts& facts, const IpAddress& address, uint32_t weight) const;

    static bool add_name(sketch::TopNames& top, std::string_view name, uint64_t hash, uint64_t weight) {
        return top.add(hash, weight, name.data(), static_cast<uint32_t>(name.size()));
    }
    void add_name(sketch::TopNames& top, std::string_view name, uint64_t weight) const {
        add_name(top, name, name_key(services_.key, name), weight);
    }

private:
    size_t suffix_size(std::string_view name) const;
    struct Ends;
    Ends ends_of(const DnsEvent& event) const;
    template <class Weight>
    void record_each(Facts& facts, std::span<const Outcomes> messages, Weight weight) const;
    void add_details(Facts& facts, std::span<const Outcomes> messages, uint32_t weight) const;

    FactGroups groups_;
    Services services_;
    const Filter& filter_;
    const SuffixList* suffixes_; // null unless public_suffix_list
    bool by_suffix_;             // names are aggregated by a suffix that may count as one label
};

} // namespace visor::dns
