#include "handlers/net/net.hpp"

#include "handlers/net/net_cells.hpp"
#include "handlers/net/net_filter.hpp"
#include "metric/keys.hpp"
#include "metric/sampling.hpp"

#include <bit>

namespace visor::net {

namespace {

// What is analysed deeply, resolved from groups and databases once for each set of databases.
struct Wanted {
    bool cardinality, top_ips, city, asn;
    bool both_ends; // of packets without a direction (net 2.0)
};

class Net final : public Handler {
public:
    Net(const HandlerConfig& config, const Services& services, Filter filter, Wanted wanted)
        : services_(services), filter_(std::move(filter)), sampling_(config.deep_sample_rate, services.key),
          wanted_(wanted) {}

    bool passes(const wire::Packet& packet) const override {
        return !filter_.active() || filter_.passes(packet);
    }
    bool passes(const DnsEvent& event) const override { return passes(*event.packet); }

    void swap_databases(Handler& made) override {
        auto& other = static_cast<Net&>(made);
        std::swap(services_, other.services_);
        std::swap(filter_, other.filter_);
        std::swap(wanted_, other.wanted_);
    }

    void on_batch(const Batch& batch, void* cells_ptr) override {
        if (batch.packets.empty()) return; // a message of a TCP stream, of packets that came before
        auto& cells = *static_cast<NetCells*>(cells_ptr);
        Tally tally(batch.period_start_ns);
        Remotes remotes(cells);
        // Without places to look up, analysing a packet is hardly more work than leaving it out.
        sampling_.begin(wanted_.city || wanted_.asn ? batch.deep_weight : 1);
        if (sampling_.weight() == 1) [[likely]] {
            look_at_all(cells, batch, tally, remotes);
        } else {
            look_at_share(cells, batch, tally, remotes);
        }
        for (size_t i = 0; i < std::size(remotes.lists); ++i) add(cells, remotes, i);
        settle(cells, tally);
        cells.events += batch.packets.size();
    }

private:
    // What a batch's packets add to the counters that all of them touch: one addition a packet instead of one
    // for each counter.
    struct Tally {
        explicit Tally(int64_t period_start_ns) : second(period_start_ns) {}

        struct alignas(256) Side { // found by a shift
            uint64_t kinds[wire::Packet::kinds] = {};
            sketch::SizeHistogram::Several sizes;
            uint64_t packets_before = 0, bytes_before = 0; // the second at hand
        };
        sketch::SecondRun second;
        uint64_t filtered = 0, filtered_before = 0;
        uint64_t deep_samples = 0;
        Side sides[3]; // by wire::Direction
    };

    // Addresses to count, so many at a time of each direction and IP version: nobody can foresee of which
    // version a packet is, and of a list it is known.
    struct Remotes {
        struct List {
            sketch::TopNames* top;
            size_t count = 0;
            const uint8_t* ips[sketch::TopNames::together];
        };
        List lists[3 * 2]; // by direction, then IPv4 and IPv6

        explicit Remotes(NetCells& cells) {
            for (size_t i = 0; i < std::size(cells.direction); ++i) {
                lists[i * 2].top = &cells.direction[i].top_ipv4;
                lists[i * 2 + 1].top = &cells.direction[i].top_ipv6;
            }
        }
    };

    static void leave_second(NetCells& cells, Tally& tally) {
        const uint32_t second = tally.second.second();
        uint64_t observed = tally.filtered - tally.filtered_before;
        tally.filtered_before = tally.filtered;
        for (size_t i = 0; i < std::size(tally.sides); ++i) {
            Tally::Side& side = tally.sides[i];
            const uint64_t packets = side.sizes.count - side.packets_before;
            if (packets == 0) continue;
            observed += packets;
            cells.direction[i].packets.add(second, packets);
            cells.direction[i].bytes.add(second, side.sizes.sum - side.bytes_before);
            side.packets_before = side.sizes.count;
            side.bytes_before = side.sizes.sum;
        }
        if (observed) cells.observed.add(second, observed);
    }

    static void settle(NetCells& cells, Tally& tally) {
        leave_second(cells, tally);
        cells.deep_samples += tally.deep_samples;
        cells.filtered += tally.filtered;
        for (size_t i = 0; i < std::size(tally.sides); ++i) {
            DirectionCells& d = cells.direction[i];
            const Tally::Side& side = tally.sides[i];
            d.sizes.settle(side.sizes);
            d.total += side.sizes.count;
            const auto of = [&](uint8_t ip_version, wire::Layer4 layer4) {
                return side.kinds[wire::Packet::kind_of(ip_version, layer4)];
            };
            for (const uint8_t version : {uint8_t{0}, uint8_t{4}, uint8_t{6}}) {
                const uint64_t udp = of(version, wire::Layer4::udp), tcp = of(version, wire::Layer4::tcp);
                const uint64_t other = of(version, wire::Layer4::other);
                d.udp += udp;
                d.tcp += tcp;
                d.other_l4 += other;
                if (version == 4) d.ipv4 += udp + tcp + other;
                if (version == 6) d.ipv6 += udp + tcp + other;
            }
        }
    }

    void look_at_all(NetCells& cells, const Batch& batch, Tally& tally, Remotes& remotes) const {
        if (sampling_.takes_all()) [[likely]] {
            for (const PacketOutline& packet : batch.outlines)
                look(cells, batch, packet, Depth::deep, tally, remotes);
            tally.deep_samples += batch.outlines.size();
            return;
        }
        for (const PacketOutline& packet : batch.outlines) {
            const bool deep = sampling_.takes(whole(batch, packet).flow_hash);
            look(cells, batch, packet, deep ? Depth::deep : Depth::shallow, tally, remotes);
            tally.deep_samples += deep;
        }
    }

    // Packet by packet: by flow, a heavy one would be in or out as a whole, and estimates all over the place.
    void look_at_share(NetCells& cells, const Batch& batch, Tally& tally, Remotes& remotes) const {
        uint64_t skipped = 0;
        for (size_t i = 0; i < batch.packets.size(); ++i) {
            Depth depth = Depth::shallow;
            if (sampling_.takes(batch.packets[i].flow_hash)) {
                const auto time = static_cast<uint64_t>(batch.outlines[i].ts_ns);
                depth = sampling_.shares(time, i) ? Depth::deep : Depth::distinct;
            }
            skipped += depth == Depth::distinct;
            look(cells, batch, batch.outlines[i], depth, tally, remotes);
            tally.deep_samples += depth == Depth::deep;
        }
        batch.skip_deep(skipped);
    }

    // All that is known of a packet, where its outline is not enough.
    static const wire::Packet& whole(const Batch& batch, const PacketOutline& packet) {
        return batch.packets[static_cast<size_t>(&packet - batch.outlines.data())];
    }

    // Counts a packet and says which addresses are to be counted.
    void look(NetCells& cells, const Batch& batch, const PacketOutline& packet, Depth depth, Tally& tally,
              Remotes& remotes) const {
        if (!tally.second.holds(packet.ts_ns)) [[unlikely]] {
            leave_second(cells, tally);
            tally.second.enter(packet.ts_ns);
        }
        if (filter_.active() && !filter_.passes(whole(batch, packet))) {
            ++tally.filtered;
            return;
        }
        const auto direction = static_cast<size_t>(packet.direction);
        Tally::Side& side = tally.sides[direction];
        cells.direction[direction].sizes.put(side.sizes, packet.wirelen);
        ++side.kinds[packet.kind];
        if (depth == Depth::deep)
            look_deep(cells, batch, packet, remotes);
        else if (depth == Depth::distinct)
            count_distinct(cells, batch, packet);
    }

    void look_deep(NetCells& cells, const Batch& batch, const PacketOutline& packet, Remotes& remotes) const {
        if ((packet.tcp_flags & wire::tcp_flag::syn) && packet.is_tcp())
            cells.direction[static_cast<size_t>(packet.direction)].syn += sampling_.weight();
        for_remotes(batch, packet, [&](const uint8_t* ip) { put(cells, packet, ip, remotes); });
    }

    // Distinct addresses cannot be scaled, so they are counted of every packet: it is cheap.
    void count_distinct(NetCells& cells, const Batch& batch, const PacketOutline& packet) const {
        if (!wanted_.cardinality) return;
        sketch::Cardinality& ips = cells.direction[static_cast<size_t>(packet.direction)].ips;
        for_remotes(batch, packet, [&](const uint8_t* ip) {
            ips.update(packet.is_v4() ? sketch::murmur3_128_4(ip) : sketch::murmur3_128_16(ip));
        });
    }

    // f(address) for those that are remote.
    template <class F>
    void for_remotes(const Batch& batch, const PacketOutline& packet, F&& f) const {
        if (!packet.has_addresses()) return;
        if (packet.direction == wire::Direction::unknown) {
            if (!wanted_.both_ends) return;
            f(whole(batch, packet).src_ip());
            f(whole(batch, packet).dst_ip());
        } else {
            f(packet.remote);
        }
    }

    void put(NetCells& cells, const PacketOutline& packet, const uint8_t* ip, Remotes& remotes) const {
        const size_t which = static_cast<size_t>(packet.direction) * 2 + !packet.is_v4();
        Remotes::List& list = remotes.lists[which];
        list.ips[list.count] = ip;
        if (++list.count == std::size(list.ips)) add(cells, remotes, which);
    }

    // Once in many packets: no part of the line that each goes through.
    [[gnu::noinline]] void add(NetCells& cells, Remotes& remotes, size_t which) const {
        Remotes::List& list = remotes.lists[which];
        DirectionCells& d = cells.direction[which / 2];
        const bool v4 = which % 2 == 0;
        // An address in the top list was counted among the distinct ones when it came to stand there.
        const uint32_t counted = wanted_.top_ips ? add_top(list, v4) : 0;
        // One after another of those that were not, as nobody can foresee of each whether it was.
        const auto all = static_cast<uint32_t>((uint64_t{1} << list.count) - 1);
        for (uint32_t left = wanted_.cardinality ? all & ~counted : 0; left != 0; left &= left - 1) {
            const uint8_t* const ip = list.ips[std::countr_zero(left)];
            d.ips.update(v4 ? sketch::murmur3_128_4(ip) : sketch::murmur3_128_16(ip));
        }
        if (wanted_.city) add_places(d.top_geo, *services_.city, list, v4);
        if (wanted_.asn) add_places(d.top_asn, *services_.asn, list, v4);
        list.count = 0;
    }

    // Where the hashes lead is on its way to the cache while the others are made.
    uint32_t add_top(const Remotes::List& list, bool v4) const {
        const sketch::HashKey key = services_.key;
        sketch::TopNames::Seen seen[sketch::TopNames::together];
        for (size_t i = 0; i < list.count; ++i) {
            const uint8_t* const ip = list.ips[i];
            const uint64_t hash =
                v4 ? sketch::keyed_hash_u64(key, load_native<uint32_t>(ip))
                   : sketch::keyed_hash_16(key, load_native<uint64_t>(ip), load_native<uint64_t>(ip + 8));
            seen[i] = {hash, ip, v4 ? 4U : 16U, 1};
            list.top->prefetch(hash);
        }
        return list.top->add(seen, list.count, sampling_.weight());
    }

    // Step by step for all of them: what a step leads to is on its way to the cache while the others take it.
    void add_places(sketch::TopPlaces& top, const GeoTable& table, const Remotes::List& list, bool v4) const {
        uint32_t ids[sketch::TopPlaces::together];
        for (size_t i = 0; i < list.count; ++i) {
            const uint8_t* const ip = list.ips[i];
            ids[i] = v4 ? table.find_v4(load_be32(ip)) : table.find_v6(ip);
            table.prefetch(ids[i]);
        }
        sketch::TopSeen seen[sketch::TopPlaces::together];
        for (size_t i = 0; i < list.count; ++i) {
            seen[i] = seen_place(services_.key, table.place(ids[i]));
            top.prefetch(seen[i].hash);
        }
        top.add(seen, list.count, sampling_.weight());
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

} // namespace

// Both versions' rows name cells of the same bucket; together they name all of them.
const HandlerClass& net_v1() {
    static const HandlerClass handler{"net",          "1.0",    schema_v1, all_cells<schema_v1, schema_v2>,
                                      filter_options, create_v1};
    return handler;
}

const HandlerClass& net_v2() {
    static const HandlerClass handler{"net",          "2.0",    schema_v2, all_cells<schema_v1, schema_v2>,
                                      filter_options, create_v2};
    return handler;
}

} // namespace visor::net
