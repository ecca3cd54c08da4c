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
        Tally tally(batch.period_start_ns);
        constexpr size_t packets_ahead = remotes_ahead / 2; // at most two of a packet's addresses are remote
        for (size_t begin = 0; begin < batch.packets.size(); begin += packets_ahead) {
            Remotes remotes;
            for (const wire::Packet& packet :
                 batch.packets.subspan(begin, std::min(packets_ahead, batch.packets.size() - begin)))
                look(cells, packet, tally, remotes);
            for (size_t i = 0; i < remotes.count[0]; ++i) add<4>(remotes.list[0][i]);
            for (size_t i = 0; i < remotes.count[1]; ++i) add<16>(remotes.list[1][i]);
        }
        settle(cells, tally);
        cells.events += batch.packets.size();
    }

private:
    // What a batch's packets add to the counters that all of them touch: one addition a packet instead of one
    // for each counter.
    struct Tally {
        explicit Tally(int64_t period_start_ns) : second(period_start_ns) {}

        struct Side {
            uint64_t packets = 0, bytes = 0; // in the second at hand
            uint64_t kinds[4 * 4] = {};      // IP version / 2, and layer 4
            sketch::SizeHistogram::Several sizes;
        };
        sketch::SecondRun second;
        uint64_t observed = 0; // in the second at hand
        uint64_t deep_samples = 0;
        Side sides[3]; // by wire::Direction
    };
    enum L4 : uint32_t { udp, tcp, other };
    static uint32_t l4_of(const wire::Packet& packet) {
        static constexpr auto by_proto = [] {
            std::array<uint8_t, 256> table{};
            table.fill(other);
            table[wire::ip_proto::udp] = udp;
            table[wire::ip_proto::tcp] = tcp;
            return table;
        }();
        const bool headed = (packet.ip_version != 0) & !packet.has(wire::packet_flag::later_fragment);
        return headed ? by_proto[packet.proto] : uint32_t{other};
    }

    // Addresses to count, their hashes known and what these lead to on its way to the cache; of IPv4 and of
    // IPv6, so that one does not keep the processor from foreseeing what comes next of the other.
    struct Remote {
        DirectionCells* cells;
        const uint8_t* ip;
        uint64_t hash;
    };
    static constexpr size_t remotes_ahead = 32;
    struct Remotes {
        Remote list[2][remotes_ahead]; // IPv4, IPv6
        size_t count[2] = {};
    };

    static void leave_second(NetCells& cells, Tally& tally) {
        const uint32_t second = tally.second.second();
        if (tally.observed) cells.observed.add(second, tally.observed);
        tally.observed = 0;
        for (size_t i = 0; i < std::size(tally.sides); ++i) {
            Tally::Side& side = tally.sides[i];
            if (side.packets == 0) continue;
            cells.direction[i].packets.add(second, side.packets);
            cells.direction[i].bytes.add(second, side.bytes);
            side.packets = side.bytes = 0;
        }
    }

    static void settle(NetCells& cells, Tally& tally) {
        leave_second(cells, tally);
        cells.deep_samples += tally.deep_samples;
        for (size_t i = 0; i < std::size(tally.sides); ++i) {
            DirectionCells& d = cells.direction[i];
            const Tally::Side& side = tally.sides[i];
            d.sizes.settle(side.sizes);
            d.total += side.sizes.count;
            for (uint32_t version = 0; version < 4; ++version) {
                const uint64_t* kinds = side.kinds + version * 4;
                d.udp += kinds[udp];
                d.tcp += kinds[tcp];
                d.other_l4 += kinds[other];
                const uint64_t all = kinds[udp] + kinds[tcp] + kinds[other];
                if (version == 2) d.ipv4 += all;
                if (version == 3) d.ipv6 += all;
            }
        }
    }

    // Counts a packet and says which addresses are to be counted.
    void look(NetCells& cells, const wire::Packet& packet, Tally& tally, Remotes& remotes) const {
        if (!tally.second.holds(packet.ts_ns)) [[unlikely]] {
            leave_second(cells, tally);
            tally.second.enter(packet.ts_ns);
        }
        ++tally.observed;
        const bool deep = sampling_.takes(packet.flow_hash);
        tally.deep_samples += deep;
        if (!passes(packet)) {
            cells.filtered++;
            return;
        }
        const auto direction = static_cast<size_t>(packet.direction);
        DirectionCells& d = cells.direction[direction];
        Tally::Side& side = tally.sides[direction];
        ++side.packets;
        side.bytes += packet.wirelen;
        side.sizes.add(packet.wirelen);
        d.sizes.put(packet.wirelen);
        const uint32_t l4 = l4_of(packet);
        ++side.kinds[(packet.ip_version >> 1) * 4U + l4];
        if (deep) look_deep(d, packet, remotes);
    }

    void look_deep(DirectionCells& d, const wire::Packet& packet, Remotes& remotes) const {
        if ((packet.tcp_flags & wire::tcp_flag::syn) && packet.is_tcp()) d.syn++;
        if (!packet.has(wire::packet_flag::has_addresses)) return;
        if (packet.direction == wire::Direction::unknown) {
            if (!wanted_.both_ends) return;
            read(d, packet, 0, remotes);
            read(d, packet, 1, remotes);
        } else {
            read(d, packet, packet.direction == wire::Direction::out, remotes);
        }
    }

    // The source, or the destination. Without a branch: directions come as by the toss of a coin.
    static void read(DirectionCells& d, const wire::Packet& packet, uint64_t destination, Remotes& remotes) {
        const bool v6 = !packet.is_v4();
        const uint8_t* const ip = packet.addresses + (destination << (v6 ? 4 : 2));
        uint64_t hash;
        if (v6)
            hash = sketch::keyed_hash_16(sketch::offline_hash_key, load_native<uint64_t>(ip),
                                         load_native<uint64_t>(ip + 8));
        else
            hash = sketch::keyed_hash_u64(sketch::offline_hash_key, load_native<uint32_t>(ip));
        (v6 ? d.top_ipv6 : d.top_ipv4).prefetch(hash);
        remotes.list[v6][remotes.count[v6]++] = {&d, ip, hash};
    }

    template <uint32_t bytes>
    void add(const Remote& remote) const {
        constexpr bool v4 = bytes == 4;
        DirectionCells& d = *remote.cells;
        sketch::TopNames& top = v4 ? d.top_ipv4 : d.top_ipv6;
        // An address in the top list was counted among the distinct ones when it came to stand there.
        const bool counted = wanted_.top_ips && top.add(remote.hash, 1, remote.ip, bytes);
        if (wanted_.cardinality && !counted)
            d.ips.update(v4 ? sketch::murmur3_128_4(remote.ip) : sketch::murmur3_128_16(remote.ip));
        if (wanted_.city) place(d.top_geo, *services_.city, v4, remote.ip);
        if (wanted_.asn) place(d.top_asn, *services_.asn, v4, remote.ip);
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
