// A bounded table of things waiting for their counterpart: DNS queries for replies, DHCP requests for ACKs.
//
// Set-associative: 8 slots a set, no chains, no growth. A full set gives up its oldest entry, and says so.
// There is no timer: an entry's age is known when its slot is looked at, and sweep() looks at all of them.
// Threads: one owner. Owns: its slots, zero pages until touched. Units: microseconds; entries live at most 35
// minutes, as times are kept modulo 2^32.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

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
        : ttl_us_(ttl_us < ttl_max_us ? ttl_us : ttl_max_us - 1),
          sets_(static_cast<Set*>(std::calloc(sets, sizeof(Set)))) {
        if (!sets_) throw std::bad_alloc();
    }

    void prefetch(uint64_t hash) const { __builtin_prefetch(&sets_.get()[set_of(hash)], 1); }

    // Remembers value under hash, replacing what was there for the same hash. `displaced`, if given, receives
    // what had to make room.
    Put put(uint64_t hash, int64_t now_us, const Value& value, Value* displaced = nullptr) {
        Set& set = sets_.get()[set_of(hash)];
        const uint32_t tag = tag_of(hash), now = static_cast<uint32_t>(now_us);
        unsigned slot = ways, oldest = 0;
        for (unsigned i = 0; i < ways; ++i) {
            if (set.tag[i] == tag) return store(set, i, tag, now, value), Put::restarted;
            if (set.tag[i] == 0)
                slot = i;
            else if (static_cast<int32_t>(set.time[i] - set.time[oldest]) < 0 || set.tag[oldest] == 0)
                oldest = i;
        }
        if (slot < ways) {
            store(set, slot, tag, now, value);
            ++size_;
            return Put::added;
        }
        const bool expired = age(set.time[oldest], now) >= ttl_us_;
        if (displaced) *displaced = set.value[oldest];
        store(set, oldest, tag, now, value);
        return expired ? Put::displaced_expired : Put::displaced_live;
    }

    // Removes and returns what waits under hash, however old it is.
    Taken take(uint64_t hash, int64_t now_us) {
        Set& set = sets_.get()[set_of(hash)];
        const uint32_t tag = tag_of(hash);
        for (unsigned i = 0; i < ways; ++i) {
            if (set.tag[i] != tag) continue;
            set.tag[i] = 0;
            --size_;
            return {true, age(set.time[i], static_cast<uint32_t>(now_us)), set.value[i]};
        }
        return {};
    }

    // Removes every entry at least a time-to-live old, telling `expired(value)` of each.
    template <class F>
    void sweep(int64_t now_us, F&& expired) {
        const bool all =
            now_us - swept_us_ > ttl_max_us && swept_us_ != 0; // times may have wrapped: all are old
        swept_us_ = now_us;
        if (size_ == 0) return;
        for (size_t s = 0; s < sets; ++s) {
            Set& set = sets_.get()[s];
            for (unsigned i = 0; i < ways; ++i) {
                if (set.tag[i] == 0) continue;
                if (!all && age(set.time[i], static_cast<uint32_t>(now_us)) < ttl_us_) continue;
                set.tag[i] = 0;
                --size_;
                expired(set.value[i]);
            }
        }
    }

    int64_t ttl_us() const { return ttl_us_; }
    size_t size() const { return size_; }
    static constexpr size_t capacity() { return sets * ways; }

private:
    static constexpr unsigned ways = 8;
    static constexpr size_t sets = size_t{1} << SetBits;
    struct Set {
        uint32_t tag[ways]; // 0 = free
        uint32_t time[ways];
        Value value[ways];
    };
    struct Free {
        void operator()(Set* p) const { std::free(p); }
    };

    static size_t set_of(uint64_t hash) { return hash & (sets - 1); }
    static uint32_t tag_of(uint64_t hash) {
        const auto tag = static_cast<uint32_t>(hash >> 32);
        return tag ? tag : 1;
    }
    static int64_t age(uint32_t then, uint32_t now) {
        const auto difference = static_cast<int32_t>(now - then);
        return difference > 0 ? difference : 0;
    }
    static void store(Set& set, unsigned i, uint32_t tag, uint32_t now, const Value& value) {
        set.tag[i] = tag;
        set.time[i] = now;
        set.value[i] = value;
    }

    int64_t ttl_us_;
    int64_t swept_us_ = 0;
    size_t size_ = 0;
    std::unique_ptr<Set, Free> sets_;
};

} // namespace visor
