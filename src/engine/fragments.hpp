// Bounded reassembly of fragmented IP datagrams whose ports say they may carry DNS, over UDP or TCP.
//
// Fragments may come in any order, repeat and overlap; where two disagree the bytes first seen stand. A
// datagram whose first part shows other ports is forgotten but for a mark, so its later parts cost nothing.
//
// What bounds what, and what is counted when it does:
//   datagrams       datagrams_max at a time, marks included: the oldest mark makes room, or the datagram that
//                   began first (evicted); timeout_us from their first part on (timed_out).
//   bytes, parts    buffer_memory and parts_total for all: the datagram that began first makes room
//   (evicted).
//                   64 KiB and parts_max pieces with gaps between them for one (no_room).
// Threads: one owner (the ordered lane). Owns: all state, at most 15 MiB, zero pages until touched. Units:
// bytes; microseconds. Wire: RFC 791 section 3.2, RFC 8200 section 4.5, RFC 815 (holes).
#pragma once

#include "engine/stream_buffers.hpp"
#include "wire/packet.hpp"

#include <memory>

namespace visor::engine {

struct FragmentCounts {
    uint64_t fragments = 0;
    uint64_t datagrams = 0; // completed
    uint64_t timed_out = 0; // given up after timeout_us
    uint64_t evicted = 0;   // given up to make room for another
    uint64_t no_room = 0;   // fragments dropped: too many parts, or beyond 64 KiB
};

class Fragments {
public:
    Fragments();

    // Takes one fragment; returns the whole datagram (layer 4 header onwards) when it completes one, else
    // null. The view is valid until the next call. `wanted(first 4 bytes)` says whether the ports are worth
    // keeping.
    template <class F>
    Bytes add(uint64_t key, const wire::Fragment& fragment, int64_t now_us, F&& wanted) {
        const uint32_t index = open(key, now_us);
        if (datagrams_[index].ignored) return {};
        if (fragment.offset == 0 && fragment.body.size() >= 4 && !wanted(fragment.body)) {
            ignore(index);
            return {};
        }
        return store(index, fragment);
    }
    // Gives up every datagram that has waited too long.
    void expire(int64_t now_us);
    const FragmentCounts& counts() const { return counts_; }

    static constexpr uint32_t datagrams_max = 16384;
    static constexpr uint32_t parts_max = 2048;
    static constexpr uint32_t parts_total = 65536;
    static constexpr uint32_t buffer_memory = 12 << 20;
    static constexpr int64_t timeout_us = 180'000'000;

private:
    // Bytes [begin, end) of a datagram, between gaps.
    struct Part {
        uint32_t next = 0;
        uint32_t begin = 0, end = 0;
        StreamBuffers::Chain data;
    };
    struct Datagram {
        uint64_t key = 0;
        int64_t first_us = 0;
        uint32_t next = 0; // in the table
        QueueLinks by_age;
        uint32_t total = 0;           // known once the last part came; 0 until then
        uint32_t first = 0, last = 0; // parts in order, gaps between them
        uint32_t parts = 0;
        bool ignored = false;
    };

    uint32_t open(uint64_t key, int64_t now_us);
    void ignore(uint32_t index);
    bool make_room(uint32_t index, uint32_t bytes);
    Bytes store(uint32_t index, const wire::Fragment& fragment);
    bool insert(Datagram& datagram, uint32_t begin, Bytes bytes);
    uint32_t add_piece(Datagram& datagram, uint32_t behind, uint32_t begin, Bytes piece);
    void join_next(Datagram& datagram, uint32_t index);
    Bytes take(uint32_t index);
    void drop_parts(Datagram& datagram);
    void give_up(uint32_t index, uint64_t& count);
    void forget(uint32_t index);
    RecordQueue<Datagram, &Datagram::by_age>& queue_of(uint32_t index) {
        return datagrams_[index].ignored ? marks_ : waiting_;
    }

    RecordTable<Datagram> datagrams_;
    RecordQueue<Datagram, &Datagram::by_age> waiting_, marks_; // the oldest first
    RecordPool<Part> parts_;
    StreamBuffers buffers_;
    std::unique_ptr<uint8_t[]> whole_; // the datagram last completed
    FragmentCounts counts_;
};

} // namespace visor::engine
