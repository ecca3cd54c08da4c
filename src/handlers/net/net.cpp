#include "handlers/net/net.hpp"

#include "handlers/net/net_cells.hpp"
#include "handlers/net/net_filter.hpp"
#include "metric/sampling.hpp"

namespace visor::net {

namespace {

// What is analysed deeply, resolved from groups and databases once.
struct Wanted {
    bool cardinality, top_ips, city, asn;
    bool both_ends; // of packets without a direction (net 2.0)
};

class Net final : public Handler {
public:
    Net(const HandlerConfig& config, const Services& services, Filter filter, Wanted wanted)
        : services_(services), filter_(std::move(filter)), sampling_(config.deep_sample_rate),
          wanted_(wanted) {}

    bool passes(const wire::Packet& packet) const override {
        return !filter_.active() || filter_.passes(packet);
    }
    bool passes(const DnsEvent& event) const override { return passes(*event.packet); }

    void on_batch(const Batch& batch, void* cells_ptr) override {
        auto& cells = *static_cast<NetCells*>(cells_ptr);
        for (const wire::Packet& packet : batch.packets) {
            const auto second = batch.second_of(packet);
            cells.events++;
            cells.observed.add(second, 1);
            const bool deep = sampling_.takes(packet.flow_hash);
            if (deep) cells.deep_samples++;
            if (!passes(packet)) {
                cells.filtered++;
                continue;
            }
            DirectionCells& d = cells.direction[static_cast<size_t>(packet.direction)];
            count(d, packet, second);
            if (deep) look_deep(d, packet);
        }
    }

private:
    static void count(DirectionCells& d, const wire::Packet& packet, uint32_t second) {
        const bool udp = packet.is_udp(), tcp = packet.is_tcp();
        d.total++;
        d.udp += udp;
        d.tcp += tcp;
        d.other_l4 += !(udp | tcp);
        d.ipv4 += packet.ip_version == 4;
        d.ipv6 += packet.ip_version == 6;
        d.sizes.update(packet.wirelen);
        d.packets.add(second, 1);
        d.bytes.add(second, packet.wirelen);
    }

    void look_deep(DirectionCells& d, const wire::Packet& packet) const {
        if (packet.is_tcp() && (packet.tcp_flags & wire::tcp_flag::syn)) d.syn++;
        if (!packet.has(wire::packet_flag::has_addresses)) return;
        if (packet.direction == wire::Direction::in) {
            address(d, packet, packet.src_ip());
        } else if (packet.direction == wire::Direction::out) {
            address(d, packet, packet.dst_ip());
        } else if (wanted_.both_ends) {
            address(d, packet, packet.src_ip());
            address(d, packet, packet.dst_ip());
        }
    }

    void address(DirectionCells& d, const wire::Packet& packet, const uint8_t* ip) const {
        const bool v4 = packet.is_v4();
        // An address in the top list was counted among the distinct ones when it came to stand there.
        const bool counted = wanted_.top_ips && (v4 ? add_v4(d.top_ipv4, ip) : add_v6(d.top_ipv6, ip));
        if (wanted_.cardinality && !counted)
            d.ips.update(v4 ? sketch::murmur3_128_4(ip) : sketch::murmur3_128_16(ip));
        if (wanted_.city) place(d.top_geo, *services_.city, v4, ip);
        if (wanted_.asn) place(d.top_asn, *services_.asn, v4, ip);
    }

    static bool add_v4(sketch::TopNames& top, const uint8_t* ip) {
        return top.add(sketch::keyed_hash_u64(sketch::offline_hash_key, load_native<uint32_t>(ip)), 1, ip, 4);
    }
    static bool add_v6(sketch::TopNames& top, const uint8_t* ip) {
        const uint64_t high = load_native<uint64_t>(ip), low = load_native<uint64_t>(ip + 8);
        return top.add(sketch::keyed_hash_16(sketch::offline_hash_key, high, low), 1, ip, 16);
    }
    static void place(sketch::TopNames& top, const GeoTable& table, bool v4, const uint8_t* ip) {
        const uint32_t id = v4 ? table.find_v4(load_be32(ip)) : table.find_v6(ip);
        top.add(sketch::keyed_hash_u64(sketch::offline_hash_key, id), 1, &id, sizeof id);
    }

    Services services_;
    Filter filter_;
    DeepSampling sampling_;
    Wanted wanted_;
};

Result<std::unique_ptr<Handler>> create(const HandlerConfig& config, const Services& services,
                                        const Wanted& groups) {
    auto filter = Filter::make(config.values, services);
    if (!filter) return Error{filter.error()};
    Wanted wanted = groups;
    wanted.city = groups.city && services.city;
    wanted.asn = groups.asn && services.asn;
    return std::unique_ptr<Handler>(new Net(config, services, std::move(*filter), wanted));
}

Result<std::unique_ptr<Handler>> create_v1(const HandlerConfig& config, const Services& services) {
    const bool geo = config.groups & group1::top_geo;
    return create(config, services,
                  {(config.groups & group1::cardinality) != 0, (config.groups & group1::top_ips) != 0, geo,
                   geo, false});
}

Result<std::unique_ptr<Handler>> create_v2(const HandlerConfig& config, const Services& services) {
    const bool geo = config.groups & group2::top_geo;
    return create(
        config, services,
        {(config.groups & group2::cardinality) != 0, (config.groups & group2::top_ips) != 0, geo, geo, true});
}

// Both versions' rows name cells of the same bucket; together they name all of them.
std::span<const CellPlace> all_cells() {
    static const Schema* const schemas[] = {&schema_v1(), &schema_v2()};
    static const auto cells = cells_of(schemas);
    return cells;
}

} // namespace

const HandlerClass& net_v1() {
    static const HandlerClass handler{"net", "1.0", schema_v1, all_cells, filter_options, create_v1};
    return handler;
}

const HandlerClass& net_v2() {
    static const HandlerClass handler{"net", "2.0", schema_v2, all_cells, filter_options, create_v2};
    return handler;
}

} // namespace visor::net
