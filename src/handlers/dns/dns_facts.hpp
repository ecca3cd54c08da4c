// Records what 1.0 tells of a message and 2.0 of a transaction: transport, names, types, codes, ports,
// subnets. Threads: one recorder per handler instance. Owns: its suffix cache. Hot.
#pragma once

#include "handlers/dns/dns_cells.hpp"
#include "handlers/dns/dns_filter.hpp"

namespace visor::dns {

// What is looked at deeply, resolved from metric groups once.
struct FactGroups {
    bool cardinality = false, qnames = false, rcode_names = false, noerror_names = false, bytes = false,
         ports = false, rcodes = false, qtypes = false, ecs = false;
};

class FactRecorder {
public:
    FactRecorder(const FactGroups& groups, const OptionValues& values, const Services& services,
                 const Filter& filter);

    const FactGroups& groups() const { return groups_; }
    static void count_transport(Facts& facts, const DnsEvent& event);
    static void count_rcode(Facts& facts, const DnsEvent& reply, uint16_t rcode);
    void look_at_question(Facts& facts, const DnsEvent& event) const; // names, type, port
    void look_at_reply(Facts& facts, const DnsEvent& reply, uint16_t rcode) const;
    void look_at_subnet(Facts& facts, const IpAddress& address) const;

    static uint64_t name_hash(std::string_view name) {
        return sketch::keyed_hash(sketch::offline_hash_key, name.data(), name.size());
    }
    static void add_name(sketch::TopNames& top, std::string_view name, uint64_t weight = 1) {
        top.add(name_hash(name), weight, name.data(), static_cast<uint32_t>(name.size()));
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
