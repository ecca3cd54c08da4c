// The contract between the engine and a handler: what a handler is told, and what it may touch.
//
// A handler turns events into cells. It sees batches of decoded events and a bucket to write into; it never
// sees a thread, a file, a clock or a renderer. One instance serves one worker, or the ordered lane, for one
// policy. Threads: an instance and the bucket it is given belong to the calling thread for the length of the
// call. Owns: its own tables; batches and buckets are lent. Hot: no heap, no lock, no exception in
// on_batch/on_ordered.
#pragma once

#include "metric/events.hpp"
#include "metric/options.hpp"
#include "metric/places.hpp"
#include "metric/row.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace visor {

// What the process takes, and has to do: told from time to time.
struct ResourceSample {
    double cpu_percent = 0; // of one core, since the sample before; above 100 when several are busy
    uint64_t memory_bytes = 0;
    uint32_t policies = 0, handlers = 0;
};

// Events of one period, in file (or arrival) order.
struct Batch {
    int64_t period_start_ns = 0;
    std::span<const wire::Packet> packets;
    std::span<const PacketOutline> outlines; // of each packet
    std::span<const uint16_t> dhcp;          // indexes into packets: UDP with a DHCP port
    std::span<const DnsEvent> dns; // messages of these packets, or completed by them in the ordered lane
    // What was lost on the way here, since the batch before.
    uint64_t tcp_reassembly_errors = 0;
    uint64_t os_drops = 0;                     // by the kernel, as its buffer was full
    uint64_t if_drops = 0;                     // by the interface
    std::span<const ResourceSample> resources; // of the process since then; in the ordered lane
    // Deep events are to be taken one of so many, a power of two, and to count as many each (sampling.hpp). A
    // live worker that falls behind asks for it; 1 whenever events can wait.
    uint32_t deep_weight = 1;
    uint64_t* deep_skipped = nullptr; // where handlers add what they left out for it, once an event

    void skip_deep(uint64_t events) const {
        if (deep_skipped) *deep_skipped += events;
    }
    uint32_t second_of(int64_t ts_ns) const { return sketch::second_of(ts_ns, period_start_ns); }
};

// Settings of one handler of a policy, validated.
struct HandlerConfig {
    OptionValues values;
    GroupMask groups = 0;
    uint32_t deep_sample_rate = 100; // percent of events
};

// A batch may have been decoded by another processor, in whose cache it still is: whoever goes through its
// messages asks for one a little further on. Behind the last one that is nothing, and does no harm.
inline void prefetch_behind(const DnsEvent& event) {
    constexpr uintptr_t ahead = 16;
    __builtin_prefetch(
        reinterpret_cast<const void*>(reinterpret_cast<uintptr_t>(&event) + ahead * sizeof event));
}

class Handler {
public:
    // What an event is to this handler: a frame, or a DNS message.
    enum class Takes : uint8_t { packets, messages };

    virtual ~Handler() = default;
    virtual Takes takes() const { return Takes::packets; }
    // For chains: whether an event passes this handler's filter, and so reaches the next one.
    virtual bool passes(const wire::Packet&) const { return true; }
    virtual bool passes(const DnsEvent&) const { return true; }
    // Anything that needs no order. Blocks of one capture reach different workers' instances in parallel.
    virtual void on_batch(const Batch&, void* cells) { (void)cells; }
    // Whatever depends on the order of events: called in file order, on the lane's own instance and bucket.
    virtual void on_ordered(const Batch&, void* cells) { (void)cells; }
    // From now on the databases, and what follows from them, are those of `made`: an instance of the same
    // class with the same settings, which gets the others in return. All else goes on. As hot as a batch.
    virtual void swap_databases(Handler& made) { (void)made; }
    // Requests that wait for their answers now; nothing of a handler that has none wait.
    virtual std::optional<uint64_t> waiting() const { return {}; }
    // Lane's instance only: a period is over and `previous` is what the lane recorded of it.
    virtual void on_period_end(const void* previous) { (void)previous; }
    // Lane's instance only: time has moved to now_ns; expire what is older than its limit. Looks at one of so
    // many parts of what waits, the next one at the next call; 1 = at all of it.
    virtual void on_time(int64_t now_ns, void* cells, unsigned parts) {
        (void)now_ns, (void)cells, (void)parts;
    }
};

// A version of a handler, as policies name it. The one list of them is control/registry.
struct HandlerClass {
    std::string_view type;    // "dns"
    std::string_view version; // "1.0"
    const Schema& (*schema)();
    std::span<const CellPlace> (*cells)(); // every cell of its bucket, for merging
    std::span<const Option> options;
    Result<std::unique_ptr<Handler>> (*create)(const HandlerConfig&, const Services&);
};

} // namespace visor
