// A bounded table of things waiting for their counterpart: DNS queries for replies, DHCP requests for ACKs.
//
// Set-associative: 8 slots a set, no chains. It begins small and doubles, in place, while a full set's
// entries are all still waiting, up to its limit; from there a full set gives up its oldest entry, and says
// so. There is no timer: an entry's age is known when its slot is looked at, and sweep() looks at all of
// them. Threads: one owner. Owns: its slots, zero pages until touched. Units: microseconds; entries live at
// most 35 minutes, as times are kept modulo 2^32.
#pragma once

#include "base/match.hpp"
#include "base/zero_pages.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace visor {

template <class Value, unsigned SetBits>
class PendingTable {
public:
    static constexpr int64_t ttl_max_us = int64_t{1} << 31;
    enum class Put : uint8_t { added, restarted, displaced_expired, displaced_live };
    struct Taken {
        bool found = false;
        int64_t age_us = 0; // never negative: a reply stamped before its query has age 0
        Value value{};
    };

    explicit PendingTable(int64_t ttl_us)
        : ttl_us_(ttl_us < ttl_max_us ? ttl_us : ttl_max_us - 1), pages_(sets_max * sizeof(Set)),
          sets_(static_cast<Set*>(pages_.data())) {}

    void prefetch(uint64_t hash) const {
        const Set* set = &sets_[hash & mask_];
        __builtin_prefetch(set, 1);
        __builtin_prefetch(set->low, 1);
    }

    // Remembers value under hash, replacing what was there for the same hash: restarted, or displaced when
    // that one had waited too long already. `displaced`, if given, receives what had to make room.
    Put put(uint64_t hash, int64_t now_us, const Value& value, Value* displaced = nullptr) {
        const Entry entry{tag_of(hash), static_cast<uint32_t>(hash), static_cast<uint32_t>(now_us)};
        if (swept_us_ == 0) swept_us_ = now_us; // from here on sweep() knows when times may have wrapped
        for (;;) {
            Set& set = sets_[hash & mask_];
            if (const unsigned i = find(set, entry); i < ways) {
                const bool waited_too_long = age(set.time[i], entry.time) >= ttl_us_;
                if (displaced) *displaced = set.value[i];
                store(set, i, entry, value);
                return waited_too_long ? Put::displaced_expired : Put::restarted;
            }
            if (const uint32_t free = match8(set.tag, 0)) {
                store(set, static_cast<unsigned>(std::countr_zero(free)), entry, value);
                ++size_;
                return Put::added;
            }
            const unsigned oldest = oldest_of(set);
            const bool expired = age(set.time[oldest], entry.time) >= ttl_us_;
            if (!expired && mask_ + 1 < sets_max) {
                grow();
                continue;
            }
            if (displaced) *displaced = set.value[oldest];
            store(set, oldest, entry, value);
            return expired ? Put::displaced_expired : Put::displaced_live;
        }
    }

    // Removes and returns what waits under hash, however old it is.
    Taken take(uint64_t hash, int64_t now_us) {
        Set& set = sets_[hash & mask_];
        const unsigned i = find(set, {tag_of(hash), static_cast<uint32_t>(hash), 0});
        if (i == ways) return {};
        set.tag[i] = 0;
        --size_;
        return {true, age(set.time[i], static_cast<uint32_t>(now_us)), set.value[i]};
    }

    // Removes every entry at least a time-to-live old, telling `expired(value)` of each: in one of so many
    // parts of the table, the next one at the next call; 1 = in all of it.
    template <class F>
    void sweep(int64_t now_us, unsigned parts, F&& expired) {
        if (hand_ == 0) {
            // Times may have wrapped since the last time round: all are old.
            all_old_ = swept_us_ != 0 && now_us - swept_us_ > ttl_max_us;
            swept_us_ = now_us;
        }
        const size_t sets = mask_ + 1;
        const size_t end = all_old_ ? sets : std::min(hand_ + (sets + parts - 1) / parts, sets);
        if (size_ == 0) hand_ = end;
        for (; hand_ < end; ++hand_) sweep_set(sets_[hand_], now_us, expired);
        if (hand_ >= sets) hand_ = 0;
    }

    int64_t ttl_us() const { return ttl_us_; }
    size_t size() const { return size_; }
    static constexpr size_t capacity() { return sets_max * ways; }

private:
    static constexpr unsigned ways = 8;
    static constexpr size_t sets_max = size_t{1} << SetBits;
    static constexpr size_t sets_at_first = SetBits < 9 ? sets_max : size_t{1} << 9;
    // A hash is kept whole: its low half also says which set, its upper half is the tag that is searched.
    struct alignas(64) Set {
        uint32_t tag[ways]; // 0 = free
        uint32_t time[ways];
        uint32_t low[ways];
        Value value[ways];
    };
    struct Entry {
        uint32_t tag, low, time;
    };

    static uint32_t tag_of(uint64_t hash) {
        const auto tag = static_cast<uint32_t>(hash >> 32);
        return tag ? tag : 1;
    }
    static unsigned find(const Set& set, const Entry& entry) {
        for (uint32_t hits = match8(set.tag, entry.tag); hits; hits &= hits - 1) {
            const auto i = static_cast<unsigned>(std::countr_zero(hits));
            if (set.low[i] == entry.low) return i;
        }
        return ways;
    }
    static unsigned oldest_of(const Set& set) {
        unsigned oldest = 0;
        for (unsigned i = 1; i < ways; ++i)
            if (static_cast<int32_t>(set.time[i] - set.time[oldest]) < 0) oldest = i;
        return oldest;
    }
    template <class F>
    void sweep_set(Set& set, int64_t now_us, F& expired) {
        for (unsigned i = 0; i < ways; ++i) {
            if (set.tag[i] == 0) continue;
            if (!all_old_ && age(set.time[i], static_cast<uint32_t>(now_us)) < ttl_us_) continue;
            set.tag[i] = 0;
            --size_;
            expired(set.value[i]);
        }
    }
    static int64_t age(uint32_t then, uint32_t now) {
        const auto difference = static_cast<int32_t>(now - then);
        return difference > 0 ? difference : 0;
    }
    static void store(Set& set, unsigned i, const Entry& entry, const Value& value) {
        set.tag[i] = entry.tag;
        set.low[i] = entry.low;
        set.time[i] = entry.time;
        set.value[i] = value;
    }

    // Twice the sets: an entry stays or moves to its set's twin, as the next bit of its hash says.
    void grow() {
        const size_t old_sets = mask_ + 1;
        mask_ = mask_ * 2 + 1;
        for (size_t s = 0; s < old_sets; ++s) {
            Set& set = sets_[s];
            Set& twin = sets_[s + old_sets];
            for (unsigned i = 0; i < ways; ++i) {
                if (set.tag[i] == 0 || (set.low[i] & old_sets) == 0) continue;
                store(twin, i, {set.tag[i], set.low[i], set.time[i]}, set.value[i]);
                set.tag[i] = 0;
            }
        }
    }

    int64_t ttl_us_;
    int64_t swept_us_ = 0;
    bool all_old_ = false;
    size_t hand_ = 0; // the set that is swept next
    size_t size_ = 0;
    size_t mask_ = sets_at_first - 1; // sets in use - 1
    ZeroPages pages_;
    Set* sets_;
};

} // namespace visor
