#include "handlers/dns/dns.hpp"
#include "handlers/dns/dns_facts.hpp"
#include "handlers/dns/dns_pending.hpp"

#include <algorithm>

namespace visor::dns {

namespace {

FactGroups fact_groups(GroupMask groups) {
    using namespace group1;
    const bool names = groups & top_qnames, with_details = names && (groups & details);
    return {.cardinality = (groups & cardinality) != 0,
            .qnames = names,
            .rcode_names = names,
            .noerror_names = with_details,
            .bytes = with_details,
            .ports = (groups & top_ports) != 0,
            .rcodes = true,
            .qtypes = true,
            .ecs = (groups & top_ecs) != 0};
}

class DnsV1 final : public Handler {
public:
    DnsV1(const HandlerConfig& config, const Services& services, Filter filter)
        : filter_(std::move(filter)), facts_(fact_groups(config.groups), config.values, services, filter_),
          sampling_(config.deep_sample_rate, services.key),
          transactions_((config.groups & group1::transaction) != 0),
          histograms_((config.groups & group1::histograms) != 0),
          pending_(transaction_ttl_us(config.values)) {}

    Takes takes() const override { return Takes::messages; }
    using Handler::passes;
    bool passes(const DnsEvent& event) const override {
        return !event.unreadable() && (!filter_.active() || filter_.passes(event));
    }

    void swap_databases(Handler& made) override {
        auto& other = static_cast<DnsV1&>(made);
        std::swap(filter_, other.filter_);
        facts_.swap_databases(other.facts_);
    }

    void on_batch(const Batch& batch, void* cells_ptr) override {
        auto& cells = *static_cast<CellsV1*>(cells_ptr);
        Tally tally(batch.period_start_ns);
        sampling_.begin(batch.deep_weight);
        for (std::span<const DnsEvent> left = batch.dns; !left.empty();) {
            const auto run = left.first(std::min(left.size(), NameTally::most));
            look_at(cells, run, tally);
            left = left.subspan(run.size());
        }
        settle(cells, tally);
        cells.deep_samples += batch.dns.size() - tally.not_deep;
        batch.skip_deep(tally.deep_skipped);
        cells.events += batch.dns.size();
    }

    void on_ordered(const Batch& batch, void* cells_ptr) override {
        if (!transactions_) return;
        sampling_.begin(batch.deep_weight);
        auto& cells = *static_cast<CellsV1*>(cells_ptr);
        for_each_with_prefetch(batch.dns, pending_, [&](const DnsEvent& event) {
            if (!passes(event)) return;
            if (event.response())
                reply(cells, event);
            else
                query(cells, event);
        });
    }

    std::optional<uint64_t> waiting() const override { return pending_.size(); }

    void on_time(int64_t now_ns, void* cells_ptr, unsigned parts) override {
        auto& cells = *static_cast<CellsV1*>(cells_ptr);
        pending_.sweep(now_ns / 1000, parts, [&](const PendingQuery&) { cells.timed_out++; });
    }

    void on_period_end(const void* previous) override {
        const auto& cells = *static_cast<const CellsV1*>(previous);
        slow_in_us_ = slow_from_us(cells.in.latency);
        slow_out_us_ = slow_from_us(cells.out.latency);
    }

private:
    // What a batch's messages add to the counters that most of them touch.
    struct Tally {
        explicit Tally(int64_t period_start_ns) : second(period_start_ns) {}

        sketch::SecondRun second;
        uint64_t observed = 0, left_out = 0; // in the second at hand
        uint64_t not_deep = 0, deep_skipped = 0;
        KindTally kinds;
    };

    static void leave_second(CellsV1& cells, Tally& tally) {
        if (tally.observed) cells.observed.add(tally.second.second(), tally.observed);
        const uint64_t passed = tally.observed - tally.left_out;
        if (passed) cells.passed.add(tally.second.second(), passed);
        tally.observed = tally.left_out = 0;
    }

    static void settle(CellsV1& cells, Tally& tally) {
        leave_second(cells, tally);
        const uint64_t total = tally.kinds.all(), replies = tally.kinds.replies();
        cells.total += total;
        cells.replies += replies;
        cells.queries += total - replies;
        tally.kinds.move_to(cells.facts);
    }

    void look_at(CellsV1& cells, std::span<const DnsEvent> events, Tally& tally) const {
        const uint32_t weight = sampling_.weight();
        NameTally names(events.size()), skipped(weight == 1 ? 0 : events.size());
        Outcomes deep[recorded_at_once];
        for (size_t begin = 0; begin < events.size(); begin += recorded_at_once) {
            size_t count = 0;
            const size_t end = std::min(begin + recorded_at_once, events.size());
            for (size_t i = begin; i < end; ++i) {
                prefetch_behind(events[i]);
                const Depth depth = look(cells, events[i], tally, deep[count]);
                const bool named = events[i].has_question;
                if (depth != Depth::deep) [[unlikely]] {
                    if (depth == Depth::distinct && named) skipped.count(i, events[i].name_back);
                    continue;
                }
                facts_.prefetch(cells.facts, events[i]);
                ++count;
                if (named) names.count(i, events[i].name_back);
            }
            facts_.record(cells.facts, {deep, count}, weight);
            if (facts_.groups().ecs) look_at_subnets(cells, {deep, count});
        }
        CountedName counted[recorded_at_once];
        size_t count = 0;
        names.for_each(events.size(), [&](size_t i, uint32_t times) {
            counted[count++] = {&events[i], times};
            if (count < recorded_at_once) return;
            facts_.add_names(cells.facts, {counted, count}, weight);
            count = 0;
        });
        facts_.add_names(cells.facts, {counted, count}, weight);
        if (weight == 1) return;
        skipped.for_each(events.size(), [&](size_t i, uint32_t) {
            if (names.times(i) == 0) facts_.count_distinct(cells.facts, events[i]);
        });
    }

    // Counts a message; says how it is to be recorded further, as `deep`.
    Depth look(CellsV1& cells, const DnsEvent& event, Tally& tally, Outcomes& deep) const {
        if (!tally.second.holds(event.ts_ns)) [[unlikely]] {
            leave_second(cells, tally);
            tally.second.enter(event.ts_ns);
        }
        ++tally.observed;
        const Depth depth = depth_of(sampling_, event);
        if (depth != Depth::deep) [[unlikely]] {
            ++tally.not_deep;
            tally.deep_skipped += depth == Depth::distinct;
        }
        if (!passes(event)) [[unlikely]] {
            (event.unreadable() ? cells.malformed : cells.filtered)++;
            ++tally.left_out;
            return Depth::shallow;
        }
        deep = outcomes_of(event);
        tally.kinds.count(event, deep.outcome);
        if (event.incomplete) cells.incomplete++;
        return depth;
    }

    void look_at_subnets(CellsV1& cells, std::span<const Outcomes> messages) const {
        for (const Outcomes& message : messages) {
            if (message.event->response()) continue;
            const wire::Ecs ecs = wire::walk_dns_records(message.event->message()).ecs;
            if (!ecs.present) continue;
            cells.facts.ecs += sampling_.weight();
            facts_.look_at_subnet(cells.facts, ecs.address, sampling_.weight());
        }
    }

    void query(CellsV1& cells, const DnsEvent& event) {
        remember(pending_, event, {.size = static_cast<uint16_t>(event.size)}, cells.evicted,
                 [&](const PendingQuery&) { cells.timed_out++; });
    }

    void reply(CellsV1& cells, const DnsEvent& event) {
        const auto taken = pending_.take(event.transaction, event_us(event));
        if (!taken.found) return;
        if (taken.age_us >= pending_.ttl_us()) {
            cells.timed_out++;
            return;
        }
        cells.matched++;
        const wire::Direction direction = transaction_direction(event);
        const bool deep = depth_of(sampling_, event) == Depth::deep;
        if (deep && taken.value.size)
            cells.ratio.update(static_cast<double>(event.size) / taken.value.size, sampling_.weight());
        if (direction == wire::Direction::unknown) return;
        const bool in = direction == wire::Direction::in;
        time(in ? cells.in : cells.out, event, taken.age_us, deep, in ? slow_in_us_ : slow_out_us_);
    }

    void time(Timing& side, const DnsEvent& event, int64_t us, bool deep, int64_t slow_us) const {
        side.total++;
        if (!deep) return;
        const uint32_t weight = sampling_.weight();
        side.latency.update(static_cast<uint64_t>(us), weight);
        if (histograms_) side.histogram.update(static_cast<uint64_t>(us), weight);
        if (us >= slow_us && event.has_question) [[unlikely]]
            add_slow(side.top_slow, event);
    }

    // The name as it was asked for, upper and lower case.
    [[gnu::noinline]] void add_slow(sketch::TopNames& top, const DnsEvent& event) const {
        char room[wire::dns_text_slack + wire::dns_name_text_max];
        char* const name = room + wire::dns_text_slack;
        const uint32_t length =
            wire::dns_name_text({event.data, event.size}, wire::dns_header_size, false, name);
        facts_.add_name(top, {name, length}, sampling_.weight());
    }

    Filter filter_;
    FactRecorder facts_;
    DeepSampling sampling_;
    bool transactions_, histograms_;
    PendingQueries pending_;
    int64_t slow_in_us_ = never_slow, slow_out_us_ = never_slow; // replies that took as long are slow
};

Result<std::unique_ptr<Handler>> create(const HandlerConfig& config, const Services& services) {
    auto filter = Filter::make(config.values, services);
    if (!filter) return Error{filter.error()};
    return std::unique_ptr<Handler>(new DnsV1(config, services, std::move(*filter)));
}

} // namespace

const HandlerClass& dns_v1() {
    static const HandlerClass handler{"dns", "1.0", schema_v1, all_cells<schema_v1>, options_v1, create};
    return handler;
}

} // namespace visor::dns
