#include "engine/fragments.hpp"

#include <algorithm>

namespace visor::engine {

namespace {
constexpr uint32_t ways = 8;
constexpr uint32_t datagram_max = 65535;
} // namespace

Fragments::Fragments() : datagrams_(datagrams_max) {}

// The datagram under key, or a new one in place of a free, timed out or the oldest one.
Fragments::Datagram* Fragments::open(uint64_t key, int64_t now_us) {
    ++counts_.fragments;
    buffers_.give_back(done_);
    key = key ? key : 1;
    Datagram* set = &datagrams_[(key & (datagrams_max / ways - 1)) * ways];
    Datagram* victim = set;
    for (Datagram* d = set; d < set + ways; ++d) {
        if (d->key == key) {
            if (now_us - d->first_us < timeout_us) return d;
            victim = d;
            break;
        }
        if (d->key == 0) {
            if (victim->key != 0) victim = d;
        } else if (victim->key != 0 && d->first_us < victim->first_us) {
            victim = d;
        }
    }
    if (victim->key != 0 && !victim->ignored && victim->parts != 0)
        ++(now_us - victim->first_us >= timeout_us ? counts_.timed_out : counts_.evicted);
    forget(*victim);
    victim->key = key;
    ++open_;
    victim->first_us = now_us;
    return victim;
}

void Fragments::expire(int64_t now_us) {
    if (open_ == 0) return;
    for (Datagram& d : datagrams_) {
        if (d.key == 0 || now_us - d.first_us < timeout_us) continue;
        counts_.timed_out += !d.ignored && d.parts != 0;
        forget(d);
    }
}

void Fragments::ignore(Datagram& datagram) {
    buffers_.give_back(datagram.buffer);
    datagram.ignored = true;
}

Bytes Fragments::store(Datagram& datagram, const wire::Fragment& fragment) {
    const auto size = static_cast<uint32_t>(fragment.body.size());
    const uint32_t end = fragment.offset + size;
    if (end > datagram_max || (size == 0 && fragment.more)) {
        ++counts_.no_room;
        return {};
    }
    if (!fragment.more) datagram.total = datagram.total ? std::min(datagram.total, end) : end;
    const uint32_t used = datagram.parts ? datagram.have[datagram.parts - 1U].end : 0;
    if (!buffers_.grow(datagram.buffer, used, std::max({end, datagram.total, 1U})) ||
        !insert(datagram, {fragment.offset, end}, fragment.body.data())) {
        ++counts_.no_room;
        return {};
    }
    if (datagram.total == 0 || datagram.have[0].begin != 0 || datagram.have[0].end < datagram.total)
        return {};
    ++counts_.datagrams;
    done_ = datagram.buffer;
    const uint32_t total = datagram.total;
    datagram.buffer = {};
    forget(datagram);
    return {buffers_.data(done_), total};
}

// Copies what is new of [range) and joins it to the ranges held. False when there would be too many.
bool Fragments::insert(Datagram& datagram, Range range, const uint8_t* bytes) {
    uint8_t first = 0;
    while (first < datagram.parts && datagram.have[first].end < range.begin) ++first;
    uint8_t last = first; // [first, last) are touched by the new range
    Range joined = range;
    uint32_t at = range.begin;
    for (; last < datagram.parts && datagram.have[last].begin <= range.end; ++last) {
        const Range& held = datagram.have[last];
        if (at < held.begin) fill(datagram, range, {at, held.begin}, bytes);
        at = std::max(at, held.end);
        joined = {std::min(joined.begin, held.begin), std::max(joined.end, held.end)};
    }
    if (last == first && datagram.parts == datagram.have.size()) return false;
    if (at < range.end) fill(datagram, range, {at, range.end}, bytes);
    const auto list = datagram.have.begin();
    if (last == first) {
        std::move_backward(list + first, list + datagram.parts, list + datagram.parts + 1);
        ++datagram.parts;
    } else {
        std::move(list + last, list + datagram.parts, list + first + 1);
        datagram.parts = static_cast<uint8_t>(datagram.parts - (last - first - 1));
    }
    datagram.have[first] = joined;
    return true;
}

void Fragments::fill(Datagram& datagram, Range range, Range part, const uint8_t* bytes) {
    std::memcpy(buffers_.data(datagram.buffer) + part.begin, bytes + (part.begin - range.begin),
                part.end - part.begin);
}

void Fragments::forget(Datagram& datagram) {
    buffers_.give_back(datagram.buffer);
    open_ -= datagram.key != 0;
    datagram = {};
}

} // namespace visor::engine
