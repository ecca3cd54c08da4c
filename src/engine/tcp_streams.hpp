// Bounded reassembly of DNS over TCP: segments in any order in, whole messages out.
//
// One direction of one connection is a stream. Segments that repeat or overlap what was seen are trimmed,
// those ahead of a gap are held; when a gap will not fill (too much held, nothing filled it for long, the
// capture is over) the stream goes on behind it, as if a message began there. A message inside one segment is
// handed out where it lies, without a copy. A length too short for a DNS header is counted, and the stream
// goes on behind it: what holds the header's flags is handed out, less is passed over.
//
// What bounds what, and what is counted when it does:
//   streams         two a connection, connections_usual of them or what was asked for, connections_max at
//                   most; the one idle for longest makes room (streams_evicted). Where a limit was asked for,
//                   it is kept to the letter: a connection that had to go, or was never seen to begin, is not
//                   followed again while all that are followed are in use (not_followed).
//   bytes           buffer_memory for half messages and held segments of all streams: the stream idle for
//                   longest makes room (streams_evicted; no_room if it had half a message).
//   held segments   held_max and held_bytes_max in a stream, held_total in all, for hole_wait_us: then the
//                   gap they wait behind is crossed (gaps), the oldest first.
//   a half message  waits for as long as there is room.
// What waits behind a gap is never thrown away: it is handed out when it cannot wait longer.
//
// Threads: one owner (the ordered lane). Owns: all state, at most 38 MiB, zero pages until touched.
// Units: bytes; microseconds. Wire: RFC 9293 (sequence numbers modulo 2^32), RFC 7766 and RFC 1035 section
// 4.2.2 (two-byte length before each message).
#pragma once

#include "engine/stream_buffers.hpp"
#include "wire/packet.hpp"

#include <cstdint>
#include <memory>

namespace visor::engine {

struct TcpSegment {
    uint64_t stream = 0; // hash of the connection and direction
    uint32_t seq = 0;
    uint32_t wire_len = 0; // payload length on the wire; more than payload.size() when the capture cut it
    Bytes payload;
    int64_t now_us = 0;
    uint8_t flags = 0;                    // wire::tcp_flag
    const wire::Packet* packet = nullptr; // kept (its addresses too) if the segment must wait; may be null
};

struct TcpStreamCounts {
    uint64_t segments = 0;
    uint64_t messages = 0;
    uint64_t retransmitted = 0; // segments wholly seen before
    uint64_t out_of_order = 0;  // segments held for an earlier one
    uint64_t gaps = 0;          // places a stream went on behind missing bytes
    uint64_t short_length = 0;  // length prefixes too short for a DNS header
    uint64_t streams_evicted = 0;
    uint64_t not_followed = 0; // segments of connections beyond the limit that was asked for
    uint64_t no_room = 0;      // half messages given up for others, segments too large to wait
};

class TcpStreams {
public:
    // Follows so many connections, connections_max at most; 0 = as many as usual.
    explicit TcpStreams(uint32_t connections = 0);

    // Takes one segment; calls on_message(Bytes, packet) for every message it completes, and for those it
    // displaces. The packet is the segment's, or the one that waited.
    template <class F>
    void segment(const TcpSegment& segment, F&& on_message) {
        ++counts_.segments;
        if (!carries(segment)) return;
        now_us_ = segment.now_us;
        make_room(segment, on_message);
        begin(segment);
        deliver(segment.packet, on_message);
    }
    // Gaps that nothing filled since before_us are crossed: what waits behind them is delivered.
    template <class F>
    void cross_gaps(int64_t before_us, F&& on_message) {
        while (holes_.front() && streams_[holes_.front()].hole_us < before_us)
            go_on(holes_.front(), on_message);
    }
    // The capture is over.
    template <class F>
    void flush(F&& on_message) {
        cross_gaps(INT64_MAX, on_message);
    }
    const TcpStreamCounts& counts() const { return counts_; }

    static constexpr uint32_t connections_usual = 32768, connections_max = 65536;
    static constexpr uint32_t buffer_memory = 24 << 20;
    static constexpr uint32_t held_max = 1024;           // segments held for a gap, per stream
    static constexpr uint32_t held_bytes_max = 1 << 20;  // ... and their bytes
    static constexpr uint32_t held_total = 65536;        // segments held in all
    static constexpr int64_t hole_wait_us = 180'000'000; // a gap is waited for so long since it last shrank
    static constexpr int64_t idle_us = 60'000'000;       // a connection silent for so long is not in use

private:
    struct Stream {
        uint64_t key = 0;
        int64_t last_us = 0;
        int64_t hole_us = 0; // when the gap before the held segments was first seen, or last shrank
        uint32_t next = 0;   // in the table
        QueueLinks by_use, by_hole;
        uint32_t first_seq = 0; // of the connection's first byte, or the first byte seen
        uint32_t next_seq = 0;
        uint32_t partial_len = 0; // bytes of the message being collected, its length prefix included
        uint32_t skip = 0;        // bytes of a message that is lost or no DNS still to pass over
        uint32_t held_first = 0, held_last = 0; // by sequence number
        uint32_t held_count = 0, held_bytes = 0;
        uint8_t prefix[2] = {};       // length prefix of the message being collected
        StreamBuffers::Chain partial; // ... and what follows it
    };
    // A packet that outlives its block: itself and its IP header's fixed part.
    struct Waiting {
        wire::Packet packet;
        uint8_t ip[40] = {};
        void keep(const wire::Packet* from);
        void bind(); // points the packet to its own header
    };
    struct Held {
        uint32_t next = 0;
        uint32_t seq = 0, wire_len = 0;
        StreamBuffers::Chain data; // a Waiting, then the payload
    };
    // What is being fed to next_message(): the segment's own bytes or a held one's.
    struct Feed {
        Bytes bytes;
        uint32_t missing = 0; // bytes cut off by the capture behind them
    };

    // Hands out what the current stream has complete.
    template <class F>
    void deliver(const wire::Packet* packet, F&& on_message) {
        if (!current_) return;
        for (Bytes message = next_message(); message.ok(); message = next_message()) {
            ++counts_.messages;
            on_message(message, packet);
        }
        feed_ = {};
        cross_gap_ = false;
        current_ = 0;
    }
    // The stream goes on behind every gap it has.
    template <class F>
    void go_on(uint32_t stream, F&& on_message) {
        while (streams_[stream].held_first) {
            current_ = stream;
            cross_gap_ = true;
            deliver(&waited_.packet, on_message);
        }
    }
    template <class F>
    void make_room(const TcpSegment& segment, F&& on_message) {
        if (const uint32_t ended = displaced(segment)) go_on(ended, on_message);
        while (held_.free_count() == 0) go_on(holes_.front(), on_message);
        while (const uint32_t idle = in_the_way(segment)) {
            go_on(idle, on_message);
            evict(idle);
        }
    }
    static bool carries(const TcpSegment& segment);
    uint32_t displaced(const TcpSegment& segment) const;
    uint32_t in_the_way(const TcpSegment& segment) const;
    void evict(uint32_t stream);
    void begin(const TcpSegment& segment);
    uint32_t opened(const TcpSegment& segment);
    Bytes next_message(); // null when nothing more is complete
    Bytes from_feed();
    Bytes whole_message();
    bool collect(); // true when the partial message is complete
    void length_known();
    void pass_missing();
    void lose_framing();
    void feed(uint32_t seq, Bytes captured, uint32_t wire_len);
    void hold(const TcpSegment& segment);
    uint32_t place_of(const TcpSegment& segment, bool& repeats) const;
    bool keep(const TcpSegment& segment, uint32_t behind);
    void skip_gap(uint32_t seq);
    bool release_held();
    Held take_first_held(Stream& stream);
    void drop_partial(Stream& stream);
    void pass_partial(Stream& stream);

    bool strict_; // a limit was asked for
    RecordTable<Stream> streams_;
    RecordPool<Held> held_;
    RecordQueue<Stream, &Stream::by_use> by_use_;
    RecordQueue<Stream, &Stream::by_hole> holes_; // streams with held segments
    StreamBuffers buffers_;
    TcpStreamCounts counts_;
    int64_t now_us_ = 0;
    uint32_t current_ = 0; // the stream being delivered
    Feed feed_;
    Waiting waited_;                          // context of the held segment last fed
    bool cross_gap_ = false;                  // the next held segment may be fed although bytes are missing
    std::unique_ptr<uint8_t[]> feed_room_;    // the held segment being fed
    std::unique_ptr<uint8_t[]> message_room_; // the collected message last handed out
};

} // namespace visor::engine
