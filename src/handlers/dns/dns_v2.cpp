#include "handlers/dns/dns.hpp"
#include "handlers/dns/dns_facts.hpp"
#include "handlers/dns/dns_pending.hpp"

namespace visor::dns {

namespace {

FactGroups fact_groups(GroupMask groups) {
    using namespace group2;
    const bool by_rcode = groups & top_rcodes;
    return {.cardinality = (groups & cardinality) != 0,
            .qnames = (groups & top_qnames) != 0,
            .rcode_names = by_rcode,
            .noerror_names = by_rcode,
            .bytes = (groups & top_size) != 0,
            .ports = (groups & top_ports) != 0,
            .rcodes = by_rcode,
            .qtypes = (groups & top_qtypes) != 0,
            .ecs = (groups & top_ecs) != 0};
}

class DnsV2 final : public Handler {
public:
    DnsV2(const HandlerConfig& config, const Services& services, Filter filter)
        : filter_(std::move(filter)), facts_(fact_groups(config.groups), config.values, services, filter_),
          sampling_(config.deep_sample_rate, services.key), times_((config.groups & group2::xact_times) != 0),
          sizes_((config.groups & group2::top_size) != 0), pending_(transaction_ttl_us(config.values)),
          subnets_(pending_.ttl_us()) {}

    Takes takes() const override { return Takes::messages; }
    using Handler::passes;
    bool passes(const DnsEvent& event) const override {
        if (event.unreadable()) return false;
        if (!filter_.passes_direction(transaction_direction(event))) return false;
        return event.response() ? filter_.passes_reply(event) : filter_.passes_query(event);
    }

    void swap_databases(Handler& made) override {
        auto& other = static_cast<DnsV2&>(made);
        std::swap(filter_, other.filter_);
        facts_.swap_databases(other.facts_);
    }

    void on_batch(const Batch& batch, void* cells_ptr) override {
        auto& cells = *static_cast<CellsV2*>(cells_ptr);
        sampling_.begin(batch.deep_weight);
        uint64_t skipped = 0;
        for (const DnsEvent& event : batch.dns) {
            cells.observed.add(batch.second_of(event.ts_ns), 1);
            const Depth depth = depth_of(sampling_, event);
            if (depth == Depth::deep) cells.deep_samples++;
            skipped += depth == Depth::distinct;
            if (event.unreadable()) cells.malformed++;
        }
        cells.events += batch.dns.size();
        batch.skip_deep(skipped);
    }

    void on_ordered(const Batch& batch, void* cells_ptr) override {
        sampling_.begin(batch.deep_weight);
        auto& cells = *static_cast<CellsV2*>(cells_ptr);
        for_each_with_prefetch(batch.dns, pending_, [&](const DnsEvent& event) {
            if (event.unreadable()) return;
            if (!filter_.passes_direction(transaction_direction(event))) {
                cells.filtered++;
            } else if (event.response()) {
                reply(cells, event, batch.second_of(event.ts_ns));
            } else {
                query(cells, event);
            }
        });
        for (size_t i = 0; i < kinds_.size(); ++i) kinds_[i].move_to(cells.direction[i].facts);
    }

    std::optional<uint64_t> waiting() const override { return pending_.size(); }

    void on_time(int64_t now_ns, void* cells_ptr, unsigned parts) override {
        auto& cells = *static_cast<CellsV2*>(cells_ptr);
        pending_.sweep(now_ns / 1000, parts, [&](const PendingQuery& query) { time_out(cells, query); });
        subnets_.sweep(now_ns / 1000, parts, [](const IpAddress&) {});
    }

    void on_period_end(const void* previous) override {
        const auto& cells = *static_cast<const CellsV2*>(previous);
        for (size_t i = 0; i < slow_us_.size(); ++i)
            slow_us_[i] = slow_from_us(cells.direction[i].timing.latency);
    }

private:
    static void time_out(CellsV2& cells, const PendingQuery& query) {
        if (!query.filtered) cells.direction[query.direction].timeouts++;
    }

    void query(CellsV2& cells, const DnsEvent& event) {
        PendingQuery value{.size = static_cast<uint16_t>(event.size),
                           .direction = static_cast<uint8_t>(transaction_direction(event)),
                           .checking_disabled = event.flags.checking_disabled()};
        if (filter_.active() && !filter_.passes_query(event)) {
            cells.filtered++;
            value.filtered = true;
        } else {
            cells.passed++;
        }
        if (!value.filtered && facts_.groups().ecs) {
            if (const wire::Ecs ecs = wire::walk_dns_records(event.message()).ecs; ecs.present) {
                value.ecs = true;
                subnets_.put(event.transaction, event_us(event), ecs.address);
            }
        }
        remember(pending_, event, value, cells.evicted,
                 [&](const PendingQuery& expired) { time_out(cells, expired); });
    }

    void reply(CellsV2& cells, const DnsEvent& event, uint32_t second) {
        const auto taken = pending_.take(event.transaction, event_us(event));
        if ((taken.found && taken.value.filtered) || (filter_.active() && !filter_.passes_reply(event))) {
            cells.filtered++;
            return;
        }
        cells.passed++;
        DirectionV2& d = cells.direction[static_cast<size_t>(transaction_direction(event))];
        if (!taken.found) {
            d.orphans++;
        } else if (taken.age_us >= pending_.ttl_us()) {
            time_out(cells, taken.value);
        } else {
            transaction(d, event, taken.value, taken.age_us, second);
        }
    }

    void transaction(DirectionV2& d, const DnsEvent& event, const PendingQuery& query, int64_t us,
                     uint32_t second) {
        const Outcomes outcomes = outcomes_of(event);
        kinds_[static_cast<size_t>(transaction_direction(event))].count(event, outcomes.outcome);
        d.timing.total++;
        d.rate.add(second, 1);
        d.authenticated += event.flags.authenticated();
        d.authoritative += event.flags.authoritative();
        d.checking_disabled += query.checking_disabled;
        const Depth depth = depth_of(sampling_, event);
        if (depth == Depth::distinct && event.has_question) facts_.count_distinct(d.facts, event);
        if (depth == Depth::deep) record(d, event, outcomes, query, us);
    }

    void record(DirectionV2& d, const DnsEvent& event, const Outcomes& outcomes, const PendingQuery& query,
                int64_t us) {
        const uint32_t weight = sampling_.weight();
        facts_.record(d.facts, {&outcomes, 1}, weight);
        if (const CountedName name{&event, 1}; event.has_question)
            facts_.add_names(d.facts, {&name, 1}, weight);
        if (query.ecs) {
            d.facts.ecs += weight;
            const auto subnet = subnets_.take(event.transaction, event_us(event));
            if (subnet.found) facts_.look_at_subnet(d.facts, subnet.value, weight);
        }
        if (sizes_ && query.size) d.ratio.update(static_cast<double>(event.size) / query.size, weight);
        if (times_) time(d.timing, event, us, slow_us_[static_cast<size_t>(transaction_direction(event))]);
    }

    void time(Timing& timing, const DnsEvent& event, int64_t us, int64_t slow_us) const {
        const uint32_t weight = sampling_.weight();
        timing.latency.update(static_cast<uint64_t>(us), weight);
        timing.histogram.update(static_cast<uint64_t>(us), weight);
        if (us >= slow_us && event.has_question) facts_.add_name(timing.top_slow, event.qname(), weight);
    }

    Filter filter_;
    FactRecorder facts_;
    DeepSampling sampling_;
    bool times_, sizes_;
    PendingQueries pending_;
    PendingTable<IpAddress, 15> subnets_; // client subnets of waiting queries: as many as can wait
    std::array<KindTally, 3> kinds_;      // by direction, of the batch at hand
    std::array<int64_t, 3> slow_us_{never_slow, never_slow, never_slow}; // by direction
};

Result<std::unique_ptr<Handler>> create(const HandlerConfig& config, const Services& services) {
    auto filter = Filter::make(config.values, services);
    if (!filter) return Error{filter.error()};
    return std::unique_ptr<Handler>(new DnsV2(config, services, std::move(*filter)));
}

} // namespace

const HandlerClass& dns_v2() {
    static const HandlerClass handler{"dns", "2.0", schema_v2, all_cells<schema_v2>, options_v2, create};
    return handler;
}

} // namespace visor::dns
