#include "engine/tcp_streams.hpp"

#include "wire/dns.hpp"

#include <algorithm>
#include <bit>

namespace visor::engine {

namespace {
constexpr uint32_t ways_least = 8;
constexpr uint32_t one_set_max = 64;
constexpr uint32_t length_bytes = 2;
constexpr uint32_t flags_end = 4; // of a DNS header: from here on it is known what the message is

int32_t seq_distance(uint32_t from, uint32_t to) {
    return static_cast<int32_t>(to - from);
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

// Few streams make one set, so that it is indeed the one idle for longest that has to go.
TcpStreams::TcpStreams(uint32_t connections) : strict_(connections > 0), held_(held_total) {
    const uint32_t streams = 2 * std::min(strict_ ? connections : connections_usual, connections_max);
    sets_ = streams <= one_set_max ? 1 : std::bit_floor(streams / ways_least);
    ways_ = streams / sets_;
    streams_.resize(size_t{sets_} * ways_);
    held_free_.reserve(held_total);
    for (uint32_t i = held_total; i > 0; --i) held_free_.push_back(static_cast<uint16_t>(i));
}

TcpStreams::Stream* TcpStreams::find(uint64_t key) {
    Stream* set = set_of(key);
    for (Stream* s = set; s < set + ways_; ++s)
        if (s->key == key) return s;
    return nullptr;
}

// A stream for key where there is none yet: a free slot, else the one idle for longest. Null when none may
// go.
TcpStreams::Stream* TcpStreams::claim(uint64_t key, const TcpSegment& segment) {
    Stream* set = set_of(key);
    Stream* victim = set;
    for (Stream* s = set; s < set + ways_; ++s) {
        if (s->key == 0) {
            victim = s;
            break;
        }
        if (s->last_us < victim->last_us) victim = s;
    }
    if (victim->key) {
        const bool begins = (segment.flags & wire::tcp_flag::syn) != 0;
        if (strict_ && !begins && segment.now_us - victim->last_us < idle_us) {
            ++counts_.not_followed;
            return nullptr;
        }
        ++counts_.streams_evicted;
    }
    reset(*victim);
    victim->key = key;
    return victim;
}

void TcpStreams::begin(const TcpSegment& segment) {
    ++counts_.segments;
    current_ = nullptr;
    const bool syn = (segment.flags & wire::tcp_flag::syn) != 0;
    if (segment.wire_len == 0 && !syn) return;
    if (segment.flags & wire::tcp_flag::rst) return; // what it carries says why (RFC 9293 section 3.5.2)
    const uint64_t key = segment.stream ? segment.stream : 1;
    Stream* stream = find(key);
    if (!stream || syn) {
        // A repeated SYN of the same connection must not forget what came since.
        const uint32_t first = segment.seq + (syn ? 1 : 0);
        if (stream && syn && stream->first_seq == first) return;
        if (stream)
            reset(*stream);
        else if (stream = claim(key, segment); !stream)
            return;
        stream->key = key;
        stream->first_seq = stream->next_seq = first;
    }
    stream->last_us = segment.now_us;
    if (segment.wire_len == 0) return;
    current_ = stream;
    const uint32_t seq = segment.seq + (syn ? 1 : 0);
    if (seq_distance(stream->next_seq, seq) > 0) {
        hold(segment);
        return;
    }
    if (seq_distance(stream->next_seq, seq + segment.wire_len) <= 0)
        ++counts_.retransmitted;
    else
        feed(seq, segment.payload.first(segment.wire_len), segment.wire_len);
}

void TcpStreams::resume(Stream& stream) {
    current_ = &stream;
    cross_gap_ = true;
}

// Makes the part of [seq, seq + wire_len) not seen yet the bytes to take messages from.
void TcpStreams::feed(uint32_t seq, Bytes captured, uint32_t wire_len) {
    const auto seen = static_cast<uint32_t>(seq_distance(seq, current_->next_seq));
    const auto have = static_cast<uint32_t>(captured.size());
    feed_.bytes = captured.from(std::min(seen, have));
    feed_.missing = wire_len - std::max(have, seen);
    current_->next_seq = seq + wire_len;
}

void TcpStreams::hold(const TcpSegment& segment) {
    Stream& stream = *current_;
    uint16_t* link = &stream.held_head;
    for (; *link; link = &held_[*link - 1U].next) {
        const Held& held = held_[*link - 1U];
        if (seq_distance(held.seq, segment.seq) < 0) break;
        if (held.seq == segment.seq && held.wire_len >= segment.wire_len) {
            ++counts_.retransmitted;
            return;
        }
    }
    const Bytes payload = segment.payload.first(segment.wire_len);
    const auto captured = static_cast<uint32_t>(payload.size());
    auto buffer = held_free_.empty() ? StreamBuffers::Handle{} : buffers_.take(std::max(captured, 1U));
    if (!buffer.held()) {
        ++counts_.no_room;
        cross_gap_ = stream.held_head != 0;
        if (cross_gap_) return; // what is held goes on instead of this segment
        skip_gap(segment.seq);
        feed(segment.seq, payload, segment.wire_len);
        return;
    }
    ++counts_.out_of_order;
    if (captured) std::memcpy(buffers_.data(buffer), payload.data(), captured);
    const uint16_t index = held_free_.back();
    held_free_.pop_back();
    held_[index - 1U] = {segment.seq, segment.wire_len, captured, *link, buffer, {}};
    held_[index - 1U].context.keep(segment.packet);
    *link = index;
    if (++stream.held_count >= held_max) cross_gap_ = true;
}

// What lies before seq will not come.
void TcpStreams::skip_gap(uint32_t seq) {
    ++counts_.gaps;
    lose_framing();
    current_->next_seq = seq;
}

// Feeds the first held segment if it is next, or if the gap before it is to be crossed.
bool TcpStreams::release_held() {
    Stream& stream = *current_;
    while (stream.held_head) {
        const uint16_t index = stream.held_head;
        Held& held = held_[index - 1U];
        const int32_t gap = seq_distance(stream.next_seq, held.seq);
        if (gap > 0 && !cross_gap_) return false;
        if (gap > 0) skip_gap(held.seq);
        cross_gap_ = false;
        stream.held_head = held.next;
        --stream.held_count;
        held_free_.push_back(index);
        if (seq_distance(stream.next_seq, held.seq + held.wire_len) <= 0) {
            ++counts_.retransmitted;
            buffers_.give_back(held.data);
            continue;
        }
        feed_owner_ = held.data;
        held.data = {};
        waited_ = held.context;
        waited_.bind();
        feed(held.seq, {buffers_.data(feed_owner_), held.captured}, held.wire_len);
        return true;
    }
    return false;
}

Bytes TcpStreams::next_message() {
    buffers_.give_back(message_owner_);
    for (;;) {
        if (const Bytes message = from_feed(); message.ok()) return message;
        buffers_.give_back(feed_owner_);
        if (!release_held()) return {};
    }
}

Bytes TcpStreams::from_feed() {
    Stream& stream = *current_;
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
            message_owner_ = stream.partial;
            const uint32_t length = stream.partial_len - length_bytes;
            stream.partial = {};
            stream.partial_len = 0;
            --unfinished_;
            return {buffers_.data(message_owner_), length};
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
    Stream& stream = *current_;
    while (stream.partial_len < length_bytes) {
        if (feed_.bytes.empty()) return false;
        stream.prefix[stream.partial_len++] = feed_.bytes.u8();
        if (stream.partial_len < length_bytes) continue;
        ++unfinished_;
        length_known();
        if (stream.partial_len == 0) return false;
    }
    const uint32_t length = load_be16(stream.prefix);
    if (feed_.bytes.empty()) return false;
    if (!stream.partial.held()) stream.partial = buffers_.take(length);
    if (!stream.partial.held()) {
        ++counts_.no_room;
        lose_framing();
        stream.skip = length;
        return false;
    }
    const uint32_t have = stream.partial_len - length_bytes;
    const auto n = std::min(length - have, static_cast<uint32_t>(feed_.bytes.size()));
    std::memcpy(buffers_.data(stream.partial) + have, feed_.bytes.take(n).data(), n);
    stream.partial_len += n;
    return have + n == length;
}

// Bytes that were on the wire and not in the capture: the message they cut is lost, the one behind it need
// not be.
void TcpStreams::pass_missing() {
    Stream& stream = *current_;
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
    drop_partial(*current_);
    current_->skip = 0;
}

// The length of the message being collected is there; one too short to say what it is is passed over.
void TcpStreams::length_known() {
    const uint32_t length = load_be16(current_->prefix);
    counts_.short_length += length < wire::dns_header_size;
    if (length >= flags_end) return;
    drop_partial(*current_);
    current_->skip = length;
}

void TcpStreams::drop_held(Stream& stream) {
    while (stream.held_head) {
        const uint16_t index = stream.held_head;
        stream.held_head = held_[index - 1U].next;
        buffers_.give_back(held_[index - 1U].data);
        held_free_.push_back(index);
    }
    stream.held_count = 0;
}

void TcpStreams::drop_partial(Stream& stream) {
    buffers_.give_back(stream.partial);
    unfinished_ -= stream.partial_len >= length_bytes;
    stream.partial_len = 0;
}

void TcpStreams::pass_partial(Stream& stream) {
    if (stream.partial_len < length_bytes) return;
    stream.skip += load_be16(stream.prefix) + length_bytes - stream.partial_len;
    drop_partial(stream);
}

void TcpStreams::reset(Stream& stream) {
    counts_.gaps += stream.held_head != 0;
    drop_held(stream);
    drop_partial(stream);
    stream = {};
}

void TcpStreams::let_go() {
    buffers_.give_back(message_owner_);
    buffers_.give_back(feed_owner_);
    feed_ = {};
    cross_gap_ = false;
    current_ = nullptr;
}

} // namespace visor::engine
