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
        Remote remotes[remotes_ahead];
        for (size_t begin = 0; begin < batch.packets.size();) {
            // At most two of a packet's addresses are remote.
            size_t count = 0;
            for (; begin < batch.packets.size() && count + 2 <= remotes_ahead; ++begin)
                count += look(cells, batch.packets[begin], tally, remotes + count);
            for (size_t i = 0; i < count; ++i) add(remotes[i]);
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

    // An address to count, its hash known and what it leads to on its way to the cache.
    struct Remote {
        DirectionCells* cells;
        const uint8_t* ip;
        uint64_t hash;
        bool v4;
    };
    static constexpr size_t remotes_ahead = 32;

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

    // Counts a packet and says which addresses are to be counted; returns how many.
    size_t look(NetCells& cells, const wire::Packet& packet, Tally& tally, Remote* remotes) const {
        if (!tally.second.holds(packet.ts_ns)) [[unlikely]] {
            leave_second(cells, tally);
            tally.second.enter(packet.ts_ns);
        }
        ++tally.observed;
        const bool deep = sampling_.takes(packet.flow_hash);
        tally.deep_samples += deep;
        if (!passes(packet)) {
            cells.filtered++;
            return 0;
        }
        const auto direction = static_cast<size_t>(packet.direction);
        DirectionCells& d = cells.direction[direction];
        Tally::Side& side = tally.sides[direction];
        ++side.packets;
        side.bytes += packet.wirelen;
        side.sizes.add(packet.wirelen);
        d.sizes.put(packet.wirelen);
        const uint32_t l4 = packet.is_udp() ? udp : packet.is_tcp() ? tcp : other;
        ++side.kinds[(packet.ip_version >> 1) * 4U + l4];
        return deep ? look_deep(d, packet, remotes) : 0;
    }

    size_t look_deep(DirectionCells& d, const wire::Packet& packet, Remote* remotes) const {
        if ((packet.tcp_flags & wire::tcp_flag::syn) && packet.is_tcp()) d.syn++;
        if (!packet.has(wire::packet_flag::has_addresses)) return 0;
        if (packet.direction == wire::Direction::unknown) {
            if (!wanted_.both_ends) return 0;
            read(d, packet, packet.src_ip(), remotes[0]);
            read(d, packet, packet.dst_ip(), remotes[1]);
            return 2;
        }
        const bool in = packet.direction == wire::Direction::in;
        read(d, packet, in ? packet.src_ip() : packet.dst_ip(), remotes[0]);
        return 1;
    }

    static void read(DirectionCells& d, const wire::Packet& packet, const uint8_t* ip, Remote& remote) {
        const bool v4 = packet.is_v4();
        const uint64_t hash = v4 ? sketch::keyed_hash_u64(sketch::offline_hash_key, load_native<uint32_t>(ip))
                                 : sketch::keyed_hash_16(sketch::offline_hash_key, load_native<uint64_t>(ip),
                                                         load_native<uint64_t>(ip + 8));
        (v4 ? d.top_ipv4 : d.top_ipv6).prefetch(hash);
        remote = {&d, ip, hash, v4};
    }

    void add(const Remote& remote) const {
        DirectionCells& d = *remote.cells;
        sketch::TopNames& top = remote.v4 ? d.top_ipv4 : d.top_ipv6;
        // An address in the top list was counted among the distinct ones when it came to stand there.
        const bool counted = wanted_.top_ips && top.add(remote.hash, 1, remote.ip, remote.v4 ? 4 : 16);
        if (wanted_.cardinality && !counted)
            d.ips.update(remote.v4 ? sketch::murmur3_128_4(remote.ip) : sketch::murmur3_128_16(remote.ip));
        if (wanted_.city) place(d.top_geo, *services_.city, remote.v4, remote.ip);
        if (wanted_.asn) place(d.top_asn, *services_.asn, remote.v4, remote.ip);
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
