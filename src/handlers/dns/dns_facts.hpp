// Records what 1.0 tells of a message and 2.0 of a transaction: transport, names, types, codes, ports,
// subnets. Threads: one recorder per handler instance. Owns: nothing; filter and services outlive it. Hot.
#pragma once

#include "handlers/dns/dns_cells.hpp"
#include "handlers/dns/dns_filter.hpp"
#include "handlers/dns/qname.hpp"

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
    static constexpr auto by_rcode = [] {
        std::array<uint8_t, 16> table{};
        table[0] = static_cast<uint8_t>(Outcome::noerror);
        table[2] = static_cast<uint8_t>(Outcome::srvfail);
        table[3] = static_cast<uint8_t>(Outcome::nxdomain);
        table[5] = static_cast<uint8_t>(Outcome::refused);
        return table;
    }();
    static_assert(static_cast<int>(Outcome::nodata) == static_cast<int>(Outcome::noerror) + 1);
    const bool reply = event.message.header.response();
    const uint32_t rcode = wire::dns_full_rcode(event.message) & (0U - reply);
    const uint32_t outcome = by_rcode[std::min<uint32_t>(rcode, 15)];
    const bool empty = (rcode == rcode_noerror) & (event.message.header.ancount == 0);
    return {&event, static_cast<uint16_t>(rcode), static_cast<Outcome>((outcome + empty) & (0U - reply))};
}

// Messages are recorded so many at a time, table by table: what they lead to is on its way to the cache while
// the keys of the others are made, and one kind of message does not keep the processor from foreseeing what
// comes next of the other.
inline constexpr size_t recorded_at_once = 32;

// Counts what kinds of messages there are with one addition a message, instead of one for each counter.
class KindTally {
public:
    void count(const DnsEvent& event, Outcome outcome) {
        const uint32_t reply = event.message.header.response(), version = event.packet->ip_version >> 1;
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

class FactRecorder {
public:
    FactRecorder(const FactGroups& groups, const OptionValues& values, const Services& services,
                 const Filter& filter);

    const FactGroups& groups() const { return groups_; }
    // Names, types, ports and codes of at most recorded_at_once messages.
    void record(Facts& facts, std::span<const Outcomes> messages) const;
    void look_at_subnet(Facts& facts, const IpAddress& address) const;

    static bool add_name(sketch::TopNames& top, std::string_view name, uint64_t hash, uint64_t weight = 1) {
        return top.add(hash, weight, name.data(), static_cast<uint32_t>(name.size()));
    }
    static void add_name(sketch::TopNames& top, std::string_view name) {
        add_name(top, name, name_key(name));
    }

private:
    size_t suffix_size(std::string_view name) const;
    struct Keys;
    void read(Facts& facts, std::span<const Outcomes> messages, Keys& keys) const;
    void read_name(Facts& facts, const DnsEvent& event, size_t at, Keys& keys) const;
    void add_names(Facts& facts, std::span<const Outcomes> messages, Keys& keys) const;
    void add_details(Facts& facts, std::span<const Outcomes> messages) const;

    FactGroups groups_;
    Services services_;
    const Filter& filter_;
    const SuffixList* suffixes_; // null unless public_suffix_list
    bool by_suffix_;             // names are aggregated by a suffix that may count as one label
};

} // namespace visor::dns
