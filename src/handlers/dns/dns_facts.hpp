// Records what 1.0 tells of a message and 2.0 of a transaction: transport, names, types, codes, ports,
// subnets. Threads: one recorder per handler instance. Owns: its suffix cache. Hot.
#pragma once

#include "handlers/dns/dns_cells.hpp"
#include "handlers/dns/dns_filter.hpp"
#include "handlers/dns/qname.hpp"

namespace visor::dns {

// What is looked at deeply, resolved from metric groups once.
struct FactGroups {
    bool cardinality = false, qnames = false, rcode_names = false, noerror_names = false, bytes = false,
         ports = false, rcodes = false, qtypes = false, ecs = false;
};

// A question's keys, each hashed once. Read some events ahead of their use, with what they lead to on its way
// to the cache: the tables together are larger than what is near.
struct Question {
    Aggregated parts;
    uint64_t two_hash, three_hash;
    uint16_t port;
};
inline constexpr size_t questions_ahead = 16;

class FactRecorder {
public:
    FactRecorder(const FactGroups& groups, const OptionValues& values, const Services& services,
                 const Filter& filter);

    const FactGroups& groups() const { return groups_; }
    static void count_transport(Facts& facts, const DnsEvent& event);
    static void count_rcode(Facts& facts, const DnsEvent& reply, uint16_t rcode);
    // Keys of the event's question, whose counts in `facts` will be wanted soon.
    void read_question(const Facts& facts, const DnsEvent& event, Question& question) const;
    void look_at_question(Facts& facts, const DnsEvent& event,
                          const Question& question) const; // names, type, port
    void look_at_reply(Facts& facts, const DnsEvent& reply, uint16_t rcode) const;
    void look_at_subnet(Facts& facts, const IpAddress& address) const;

    static uint64_t name_hash(std::string_view name) {
        return sketch::keyed_hash(sketch::offline_hash_key, name.data(), name.size());
    }
    static bool add_name(sketch::TopNames& top, std::string_view name, uint64_t hash, uint64_t weight = 1) {
        return top.add(hash, weight, name.data(), static_cast<uint32_t>(name.size()));
    }
    static void add_name(sketch::TopNames& top, std::string_view name) {
        add_name(top, name, name_hash(name));
    }

private:
    size_t suffix_size(std::string_view name) const;

    FactGroups groups_;
    Services services_;
    const Filter& filter_;
    const SuffixList* suffixes_; // null unless public_suffix_list
    bool by_suffix_;             // names are aggregated by a suffix that may count as one label
};

} // namespace visor::dns
