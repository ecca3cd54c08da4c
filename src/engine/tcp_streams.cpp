#include "engine/tcp_streams.hpp"

#include "wire/dns.hpp"

#include <algorithm>

namespace visor::engine {

namespace {
constexpr uint32_t length_bytes = 2;
constexpr uint32_t flags_end = 4; // of a DNS header: from here on it is known what the message is
constexpr uint32_t message_max = 65535;
constexpr uint32_t segment_max = 128 * 1024; // of a larger one, as no network has it, nothing is held

int32_t seq_distance(uint32_t from, uint32_t to) {
    return static_cast<int32_t>(to - from);
}
bool is_syn(const TcpSegment& segment) {
    return (segment.flags & wire::tcp_flag::syn) != 0;
}
uint32_t first_byte(const TcpSegment& segment) {
    return segment.seq + (is_syn(segment) ? 1 : 0);
}
} // namespace

void TcpStreams::Waiting::keep(const wire::Packet* from) {
    if (!from) return;
    packet = *from;
    std::memcpy(ip, from->data + from->l3, from->is_v4() ? 20 : 40);
    packet.l3 = packet.l4 = packet.payload = packet.eth_src = 0;
    packet.caplen = sizeof ip;
    packet.payload_len = 0;
}

void TcpStreams::Waiting::bind() {
    packet.data = ip;
    packet.addresses = ip + (packet.is_v4() ? 12 : 8);
}

TcpStreams::TcpStreams(uint32_t connections)
    : strict_(connections > 0),
      streams_(2 * std::min(strict_ ? connections : connections_usual, connections_max)), held_(held_total),
      by_use_(streams_), holes_(streams_), buffers_(buffer_memory),
      feed_room_(new uint8_t[sizeof(Waiting) + segment_max]), message_room_(new uint8_t[message_max]) {}

// It has bytes of the stream, or begins one. What a RST carries says why (RFC 9293 section 3.5.2).
bool TcpStreams::carries(const TcpSegment& segment) {
    return (segment.flags & wire::tcp_flag::rst) == 0 && (is_syn(segment) || segment.wire_len != 0);
}

// The stream of an earlier connection whose place the segment takes; 0 when there is none.
uint32_t TcpStreams::displaced(const TcpSegment& segment) const {
    if (!is_syn(segment)) return 0;
    const uint32_t stream = streams_.find(segment.stream);
    return stream && streams_[stream].first_seq != first_byte(segment) ? stream : 0;
}

// The stream that must go before the segment can be taken: the one idle for longest. 0 when there is room.
uint32_t TcpStreams::in_the_way(const TcpSegment& segment) const {
    const uint32_t idlest = by_use_.front();
    const auto bytes = static_cast<uint32_t>(sizeof(Waiting) + segment.payload.size());
    if (!buffers_.has_room(bytes, 2)) return idlest;
    if (!streams_.full() || streams_.find(segment.stream)) return 0;
    const bool in_use = segment.now_us - streams_[idlest].last_us < idle_us;
    return strict_ && in_use && !is_syn(segment) ? 0 : idlest;
}

void TcpStreams::evict(uint32_t stream) {
    ++counts_.streams_evicted;
    counts_.no_room += streams_[stream].partial_len != 0;
    drop_partial(streams_[stream]);
    by_use_.remove(stream);
    streams_.remove(stream);
}

// The segment's stream, anew if it begins a connection; 0 when it is not to be followed.
uint32_t TcpStreams::opened(const TcpSegment& segment) {
    const uint32_t first = first_byte(segment);
    uint32_t index = streams_.find(segment.stream);
    if (index) {
        by_use_.move_to_back(index);
        Stream& known = streams_[index];
        // A repeated SYN of the same connection must not forget what came since.
        if (!is_syn(segment) || known.first_seq == first) return index;
        drop_partial(known);
        known.skip = 0;
        known.first_seq = known.next_seq = first;
        return index;
    }
    index = streams_.add(segment.stream);
    if (!index) {
        ++counts_.not_followed;
        return 0;
    }
    by_use_.push_back(index);
    streams_[index].first_seq = streams_[index].next_seq = first;
    return index;
}

void TcpStreams::begin(const TcpSegment& segment) {
    const uint32_t index = opened(segment);
    if (!index) return;
    Stream& stream = streams_[index];
    stream.last_us = segment.now_us;
    if (segment.wire_len == 0) return;
    current_ = index;
    const uint32_t seq = first_byte(segment);
    if (seq_distance(stream.next_seq, seq) > 0)
        hold(segment);
    else if (seq_distance(stream.next_seq, seq + segment.wire_len) <= 0)
        ++counts_.retransmitted;
    else
        feed(seq, segment.payload.first(segment.wire_len), segment.wire_len);
}

// Makes the part of [seq, seq + wire_len) not seen yet the bytes to take messages from.
void TcpStreams::feed(uint32_t seq, Bytes captured, uint32_t wire_len) {
    Stream& stream = streams_[current_];
    const auto seen = static_cast<uint32_t>(seq_distance(seq, stream.next_seq));
    const auto have = static_cast<uint32_t>(captured.size());
    feed_.bytes = captured.from(std::min(seen, have));
    feed_.missing = wire_len - std::max(have, seen);
    stream.next_seq = seq + wire_len;
    if (!stream.held_first) return;
    stream.hole_us = now_us_;
    holes_.move_to_back(current_);
}

void TcpStreams::hold(const TcpSegment& segment) {
    Stream& stream = streams_[current_];
    bool repeats = false;
    const uint32_t behind = place_of(segment, repeats);
    if (repeats) {
        ++counts_.retransmitted;
    } else if (keep(segment, behind)) {
        ++counts_.out_of_order;
        cross_gap_ = stream.held_count >= held_max || stream.held_bytes >= held_bytes_max;
    } else {
        ++counts_.no_room;
        cross_gap_ = stream.held_first != 0;
        if (cross_gap_) return; // what is held goes on instead of this segment
        skip_gap(segment.seq);
        feed(segment.seq, segment.payload.first(segment.wire_len), segment.wire_len);
    }
}

// The held segment behind which this one belongs; 0 is before all. Most come in order.
uint32_t TcpStreams::place_of(const TcpSegment& segment, bool& repeats) const {
    const Stream& stream = streams_[current_];
    if (stream.held_last && seq_distance(held_[stream.held_last].seq, segment.seq) > 0)
        return stream.held_last;
    uint32_t behind = 0;
    for (uint32_t at = stream.held_first; at; at = held_[at].next) {
        const Held& held = held_[at];
        if (seq_distance(segment.seq, held.seq) > 0) break;
        repeats |= held.seq == segment.seq && held.wire_len >= segment.wire_len;
        behind = at;
    }
    return behind;
}

bool TcpStreams::keep(const TcpSegment& segment, uint32_t behind) {
    Stream& stream = streams_[current_];
    const Bytes payload = segment.payload.first(segment.wire_len);
    if (payload.size() > segment_max) return false;
    Waiting waiting;
    waiting.keep(segment.packet);
    Held held{.next = 0, .seq = segment.seq, .wire_len = segment.wire_len, .data = {}};
    if (!buffers_.append(held.data, {reinterpret_cast<const uint8_t*>(&waiting), sizeof waiting}) ||
        !buffers_.append(held.data, payload)) {
        buffers_.release(held.data);
        return false;
    }
    const uint32_t index = held_.take();
    uint32_t& link = behind ? held_[behind].next : stream.held_first;
    held.next = link;
    held_[index] = held;
    if (!stream.held_first) {
        stream.hole_us = now_us_;
        holes_.push_back(current_);
    }
    link = index;
    if (!held.next) stream.held_last = index;
    ++stream.held_count;
    stream.held_bytes += held.data.size;
    return true;
}

// What lies before seq will not come.
void TcpStreams::skip_gap(uint32_t seq) {
    ++counts_.gaps;
    lose_framing();
    streams_[current_].next_seq = seq;
}

TcpStreams::Held TcpStreams::take_first_held(Stream& stream) {
    const uint32_t index = stream.held_first;
    const Held held = held_[index];
    held_.give_back(index);
    stream.held_first = held.next;
    --stream.held_count;
    stream.held_bytes -= held.data.size;
    if (!stream.held_first) {
        stream.held_last = 0;
        holes_.remove(current_);
    }
    return held;
}

// Feeds the first held segment if it is next, or if the gap before it is to be crossed.
bool TcpStreams::release_held() {
    Stream& stream = streams_[current_];
    while (stream.held_first) {
        const uint32_t seq = held_[stream.held_first].seq;
        const int32_t gap = seq_distance(stream.next_seq, seq);
        if (gap > 0 && !cross_gap_) return false;
        if (gap > 0) skip_gap(seq);
        cross_gap_ = false;
        Held held = take_first_held(stream);
        if (seq_distance(stream.next_seq, seq + held.wire_len) <= 0) {
            ++counts_.retransmitted;
            buffers_.release(held.data);
            continue;
        }
        const auto captured = held.data.size - static_cast<uint32_t>(sizeof waited_);
        buffers_.move_out(held.data, feed_room_.get());
        std::memcpy(static_cast<void*>(&waited_), feed_room_.get(), sizeof waited_);
        waited_.bind();
        feed(seq, {feed_room_.get() + sizeof waited_, captured}, held.wire_len);
        return true;
    }
    return false;
}

Bytes TcpStreams::next_message() {
    for (;;) {
        if (const Bytes message = from_feed(); message.ok()) return message;
        if (!release_held()) return {};
    }
}

Bytes TcpStreams::from_feed() {
    Stream& stream = streams_[current_];
    while (feed_.bytes.ok() && !feed_.bytes.empty()) {
        if (stream.skip) {
            const auto passed = std::min(stream.skip, static_cast<uint32_t>(feed_.bytes.size()));
            feed_.bytes.skip(passed);
            stream.skip -= passed;
            continue;
        }
        if (stream.partial_len == 0) {
            if (const Bytes message = whole_message(); message.ok()) return message;
        }
        if (!feed_.bytes.empty() && collect()) {
            const uint32_t length = stream.partial_len - length_bytes;
            buffers_.move_out(stream.partial, message_room_.get());
            stream.partial_len = 0;
            return {message_room_.get(), length};
        }
    }
    pass_missing();
    return {};
}

// A message that lies whole in the fed bytes, or as much of it as the capture kept.
Bytes TcpStreams::whole_message() {
    if (feed_.bytes.size() < length_bytes) return {};
    const uint32_t length = load_be16(feed_.bytes.data());
    if (length < flags_end) return {};
    const uint32_t need = length + length_bytes, have = static_cast<uint32_t>(feed_.bytes.size());
    if (have < need && have + feed_.missing < need) return {};
    if (have < need && have < length_bytes + wire::dns_header_size) return {};
    counts_.short_length += length < wire::dns_header_size;
    feed_.bytes.skip(length_bytes);
    if (have < need) feed_.missing -= need - have;
    return feed_.bytes.take(std::min(length, have - length_bytes));
}

// Appends fed bytes to the message being collected.
bool TcpStreams::collect() {
    Stream& stream = streams_[current_];
    while (stream.partial_len < length_bytes) {
        if (feed_.bytes.empty()) return false;
        stream.prefix[stream.partial_len++] = feed_.bytes.u8();
        if (stream.partial_len < length_bytes) continue;
        length_known();
        if (stream.partial_len == 0) return false;
    }
    const uint32_t length = load_be16(stream.prefix);
    const uint32_t have = stream.partial_len - length_bytes;
    const auto n = std::min(length - have, static_cast<uint32_t>(feed_.bytes.size()));
    if (!buffers_.append(stream.partial, feed_.bytes.first(n))) {
        ++counts_.no_room;
        pass_partial(stream);
        return false;
    }
    feed_.bytes.skip(n);
    stream.partial_len += n;
    return have + n == length;
}

// The length of the message being collected is there; one too short to say what it is is passed over.
void TcpStreams::length_known() {
    const uint32_t length = load_be16(streams_[current_].prefix);
    counts_.short_length += length < wire::dns_header_size;
    if (length >= flags_end) return;
    drop_partial(streams_[current_]);
    streams_[current_].skip = length;
}

// Bytes that were on the wire and not in the capture: the message they cut is lost, the one behind it need
// not be.
void TcpStreams::pass_missing() {
    Stream& stream = streams_[current_];
    const uint32_t missing = feed_.missing;
    feed_ = {};
    if (missing == 0) return;
    ++counts_.gaps;
    pass_partial(stream);
    const uint32_t rest = stream.skip;
    lose_framing();
    if (missing <= rest) stream.skip = rest - missing;
}

void TcpStreams::lose_framing() {
    drop_partial(streams_[current_]);
    streams_[current_].skip = 0;
}

void TcpStreams::drop_partial(Stream& stream) {
    buffers_.release(stream.partial);
    stream.partial_len = 0;
}

// The message being collected is given up, its rest passed over.
void TcpStreams::pass_partial(Stream& stream) {
    if (stream.partial_len < length_bytes) return;
    stream.skip += load_be16(stream.prefix) + length_bytes - stream.partial_len;
    drop_partial(stream);
}

} // namespace visor::engine
