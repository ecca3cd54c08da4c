#include "engine/fragments.hpp"

#include <algorithm>

namespace visor::engine {

namespace {
constexpr uint32_t datagram_max = 65535;
constexpr uint32_t pieces_usual =
    16; // a fragment is cut into where it overlaps; of more some may find no room
} // namespace

Fragments::Fragments()
    : datagrams_(datagrams_max), waiting_(datagrams_), marks_(datagrams_), parts_(parts_total),
      buffers_(buffer_memory), whole_(new uint8_t[datagram_max]) {}

// The datagram under key, or a new one, for which the oldest makes room when the table is full.
uint32_t Fragments::open(uint64_t key, int64_t now_us) {
    ++counts_.fragments;
    if (const uint32_t known = datagrams_.find(key)) {
        if (now_us - datagrams_[known].first_us < timeout_us) return known;
        give_up(known, counts_.timed_out);
    }
    if (datagrams_.full()) give_up(marks_.front() ? marks_.front() : waiting_.front(), counts_.evicted);
    const uint32_t index = datagrams_.add(key);
    datagrams_[index].first_us = now_us;
    waiting_.push_back(index);
    return index;
}

void Fragments::expire(int64_t now_us) {
    for (auto* queue : {&waiting_, &marks_})
        while (queue->front() && now_us - datagrams_[queue->front()].first_us >= timeout_us)
            give_up(queue->front(), counts_.timed_out);
}

void Fragments::ignore(uint32_t index) {
    waiting_.remove(index);
    drop_parts(datagrams_[index]);
    datagrams_[index].ignored = true;
    marks_.push_back(index);
}

// False when the datagram itself had to go.
bool Fragments::make_room(uint32_t index, uint32_t bytes) {
    while (!buffers_.has_room(bytes, pieces_usual) || parts_.free_count() < pieces_usual) {
        const uint32_t oldest = waiting_.front();
        give_up(oldest, counts_.evicted);
        if (oldest == index) return false;
    }
    return true;
}

Bytes Fragments::store(uint32_t index, const wire::Fragment& fragment) {
    const auto size = static_cast<uint32_t>(fragment.body.size());
    const uint32_t end = fragment.offset + size;
    if (end > datagram_max || (size == 0 && fragment.more)) {
        ++counts_.no_room;
        return {};
    }
    if (!make_room(index, size)) return {};
    Datagram& datagram = datagrams_[index];
    if (!fragment.more) datagram.total = datagram.total ? std::min(datagram.total, end) : end;
    if (!insert(datagram, fragment.offset, fragment.body)) {
        ++counts_.no_room;
        return {};
    }
    if (!datagram.total || !datagram.first) return {};
    const Part& first = parts_[datagram.first];
    if (first.begin != 0 || first.end < datagram.total) return {};
    ++counts_.datagrams;
    return take(index);
}

// Keeps what is new of the bytes that begin at `begin`. False when there would be too many parts.
bool Fragments::insert(Datagram& datagram, uint32_t begin, Bytes bytes) {
    const uint32_t end = begin + static_cast<uint32_t>(bytes.size());
    const bool at_end = datagram.last && parts_[datagram.last].end <= begin; // most come in order
    uint32_t behind = at_end ? datagram.last : 0;
    uint32_t at = begin;
    for (uint32_t next = at_end ? 0 : datagram.first; at < end;) {
        const uint32_t stop = next ? std::clamp(parts_[next].begin, at, end) : end;
        if (at < stop) {
            behind = add_piece(datagram, behind, at, bytes.from(at - begin).first(stop - at));
            if (!behind) return false;
            at = stop;
            if (next && parts_[next].begin == stop) {
                at = parts_[next].end;
                join_next(datagram, behind);
            }
        } else {
            at = std::max(at, parts_[next].end);
            behind = next;
        }
        next = parts_[behind].next;
    }
    return true;
}

// The part that holds the piece then: the one behind which it belongs, if it ends there, or a new one. 0 when
// there is no room.
uint32_t Fragments::add_piece(Datagram& datagram, uint32_t behind, uint32_t begin, Bytes piece) {
    uint32_t index = behind;
    if (!behind || parts_[behind].end != begin) {
        if (datagram.parts == parts_max) return 0;
        index = parts_.take();
        if (!index) return 0;
        uint32_t& link = behind ? parts_[behind].next : datagram.first;
        parts_[index] = {.next = link, .begin = begin, .end = begin, .data = {}};
        link = index;
        if (datagram.last == behind) datagram.last = index;
        ++datagram.parts;
    }
    Part& part = parts_[index];
    if (!buffers_.append(part.data, piece)) return 0;
    part.end += static_cast<uint32_t>(piece.size());
    return index;
}

// The part and the next one have no gap between them any more.
void Fragments::join_next(Datagram& datagram, uint32_t index) {
    Part& part = parts_[index];
    const uint32_t next = part.next;
    part.end = parts_[next].end;
    part.next = parts_[next].next;
    buffers_.join(part.data, parts_[next].data);
    if (datagram.last == next) datagram.last = index;
    parts_.give_back(next);
    --datagram.parts;
}

Bytes Fragments::take(uint32_t index) {
    const uint32_t total = datagrams_[index].total;
    buffers_.move_out(parts_[datagrams_[index].first].data, whole_.get(), total);
    forget(index);
    return {whole_.get(), total};
}

void Fragments::drop_parts(Datagram& datagram) {
    for (uint32_t at = datagram.first; at; at = parts_[at].next) buffers_.release(parts_[at].data);
    if (datagram.first) parts_.give_back(datagram.first, datagram.last, datagram.parts);
    datagram.first = datagram.last = datagram.parts = 0;
}

void Fragments::give_up(uint32_t index, uint64_t& count) {
    count += datagrams_[index].parts != 0;
    forget(index);
}

void Fragments::forget(uint32_t index) {
    drop_parts(datagrams_[index]);
    queue_of(index).remove(index);
    datagrams_.remove(index);
}

} // namespace visor::engine
