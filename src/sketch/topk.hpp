// The heaviest keys of a stream with a certain interval each: set-associative Space-Saving.
//
// A key is its 64-bit keyed hash. Its low bits choose a bucket of 16 entries; there it is counted if present,
// else it takes over the entry with the least count, inheriting that count as its possible error. So for
// every entry upper - error <= true <= upper, always; and a key not listed weighs at most max_error(). There
// are twice as many entries as the promise needs, that every key above 1.25 N / promised is listed: heavy
// keys do not spread evenly over the buckets, and half as many crowd one often enough to be lost to a flood.
// Text is kept lazily: at first sight until the set first evicts, from then on when an entry was hit twice or
// may weigh more than one part in `promised` of all, so that a flood of keys seen once costs no copies. The
// promise holds while texts fit into the pool; text_missing() counts when they did not. Merging adds buckets
// (Agarwal et al., "Mergeable Summaries"); sets that never evicted merge to the exact union. Both sides must
// have hashed with the same key. Threads: one at a time. Owns: its bytes; all-zero is empty; no heap except
// in top(). Units: weights are counts or bytes, key text is bytes.
#pragma once

#include "base/match.hpp"
#include "sketch/best.hpp"
#include "sketch/text_pool.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace visor::sketch {

struct TopEntry {
    uint64_t hash;
    uint64_t lower, upper;
    const uint8_t* key; // valid during the call it is handed to
    uint32_t key_len;
    bool has_text;
};

struct TopItem {
    std::string key;
    uint64_t hash;
    uint64_t lower, upper;
};

// A key seen some times.
struct TopSeen {
    uint64_t hash;
    const void* key;
    uint32_t key_len;
    uint32_t times;
};

// Match is match16, or match_scalar<16> to check the one against the other.
template <unsigned BucketBits, class Text, uint32_t (*Match)(const uint32_t*, uint32_t) = match16>
struct TopK {
    static constexpr uint32_t buckets = 1u << BucketBits;
    static constexpr uint32_t ways = 16;
    static constexpr uint32_t capacity = buckets * ways;
    static constexpr uint32_t promised = capacity / 2;

    // True when the key was in the set already; then it has been added before, ever since the set was empty.
    bool add(uint64_t hash, uint64_t weight, const void* key, uint32_t key_len) {
        if (weight == 0) return false;
        total_ += weight;
        const uint32_t b = bucket_of(hash);
        if (const uint32_t way = find(b, hash); way < ways) {
            count(b, way, weight);
            if (!has_text(b, way)) [[unlikely]]
                keep_text(b, way, key, key_len);
            return true;
        }
        insert(b, hash, weight, key, key_len);
        return false;
    }

    using Seen = TopSeen;
    static constexpr size_t together = 32;
    // Adds at most so many, each prefetch()ed by now: what those lead to that are not in the set, or whose
    // text is not known, is on its way to the cache while the others are counted. Each time
    // weighs `weight`. Returns a bit for each key that was in the set already.
    uint32_t add(const Seen* seen, size_t n, uint64_t weight = 1) {
        uint32_t stood = 0;
        uint8_t absent[together], textless[together];
        uint32_t entry[together]; // where those without text are
        size_t absents = 0, texts = 0;
        uint64_t sum = 0;
        for (size_t i = 0; i < n; ++i) {
            const uint32_t b = bucket_of(seen[i].hash);
            const uint32_t way = find(b, seen[i].hash);
            if (way == ways) {
                absent[absents++] = static_cast<uint8_t>(i);
                prefetch_insert(b);
                continue;
            }
            stood |= uint32_t{1} << i;
            const uint64_t more = seen[i].times * weight;
            sum += more;
            count(b, way, more);
            if (has_text(b, way)) [[likely]]
                continue;
            textless[texts] = static_cast<uint8_t>(i);
            entry[texts++] = b * ways + way;
            __builtin_prefetch(&rest_[way][b], 1);
        }
        total_ += sum;
        for (size_t k = 0; k < texts; ++k) {
            const Seen& one = seen[textless[k]];
            keep_text(entry[k] / ways, entry[k] % ways, one.key, one.key_len);
        }
        for (size_t k = 0; k < absents; ++k) {
            const Seen& one = seen[absent[k]];
            const bool there = add(one.hash, one.times * weight, one.key, one.key_len); // by now, perhaps
            stood |= static_cast<uint32_t>(there) << absent[k];
        }
        return stood;
    }

    // Brings a key's bucket near, some events before its add().
    void prefetch(uint64_t hash) const {
        const Bucket& bucket = buckets_[bucket_of(hash)];
        __builtin_prefetch(bucket.high);
        __builtin_prefetch(bucket.count);
    }

    uint64_t total() const { return total_; }               // weight of everything added
    uint64_t evictions() const { return evictions_; }       // keys that had to go
    uint64_t text_missing() const { return text_missing_; } // times a text found no room in the pool
    bool empty() const { return total_ == 0; }

    // Every key is there with its text and its true weight.
    bool exact() const { return evictions_ == 0 && text_missing_ == 0; }

    // Most that a key can weigh that top() does not list: one that is not in the set, or whose text is not.
    uint64_t max_error() const {
        uint64_t error = 0;
        for (uint32_t b = 0; b < buckets; ++b) {
            error = std::max(error, absent(b));
            for (uint32_t way = 0; way < ways; ++way)
                if (!has_text(b, way)) error = std::max(error, weight_of(b, way));
        }
        return error;
    }

    // f(const TopEntry&) for every entry, bucket by bucket.
    template <class F>
    void for_each(F&& f) const {
        uint8_t text[Text::max_length];
        for (uint32_t b = 0; b < buckets; ++b) {
            for (uint32_t way = 0; way < ways && used(b, way); ++way) {
                const uint32_t length = has_text(b, way) ? text_.read(rest_[way][b].text, text) : 0;
                const uint64_t weight = weight_of(b, way);
                f(TopEntry{hash_of(b, way), weight - rest_[way][b].error, weight, text, length,
                           has_text(b, way)});
            }
        }
    }

    // The n heaviest by what is certain of them, equal ones by their text. A key that may never have been
    // seen (lower 0) or whose text is not known is left out.
    std::vector<TopItem> top(size_t n) const {
        const auto before = [](const TopItem& x, const TopItem& y) {
            return x.lower != y.lower ? x.lower > y.lower : x.key < y.key;
        };
        Best<TopItem, decltype(before)> best(n, before);
        uint8_t text[Text::max_length];
        for (uint32_t b = 0; b < buckets && n != 0; ++b) {
            for (uint32_t way = 0; way < ways && used(b, way); ++way) {
                const uint64_t weight = weight_of(b, way);
                if (!has_text(b, way) || (best.full() && weight < best.last().lower)) continue;
                const uint64_t lower = weight - rest_[way][b].error;
                if (lower == 0 || (best.full() && lower < best.last().lower)) continue;
                const uint32_t length = text_.read(rest_[way][b].text, text);
                const std::string_view key(reinterpret_cast<const char*>(text), length);
                if (best.full() && lower == best.last().lower && key >= best.last().key) continue;
                best.put({std::string(key), hash_of(b, way), lower, weight});
            }
        }
        return best.take();
    }

    void merge(const TopK& other) {
        if (other.empty()) return;
        uint64_t dropped = 0; // counted at the end: absent() asks whether either side evicted before
        for (uint32_t b = 0; b < buckets; ++b)
            if (other.used(b, 0)) dropped += merge_bucket(other, b);
        total_ += other.total_;
        evictions_ += other.evictions_ + dropped;
        text_missing_ += other.text_missing_;
    }

    // As new, in time that goes with what was in it.
    void clear() {
        if (empty()) return;
        for (uint32_t b = 0; b < buckets; ++b)
            if (used(b, 0)) clear_bucket(b);
        text_.clear();
        total_ = evictions_ = text_missing_ = 0;
        wide_ = false;
    }

private:
    static_assert(BucketBits <= 16);

    // What finding an entry and counting it touches.
    struct alignas(64) Bucket {
        uint32_t high[ways]; // half of the hash
        uint32_t count[ways];
    };
    // What else there is to know of an entry. Used ones come first in their bucket.
    struct Rest {
        uint64_t error;
        uint32_t carry; // upper half of the weight, whose lower one is the count; 0 of a free entry
        TextRef text;
    };

    struct Least {
        uint64_t count; // of its entries, when last looked at
        uint32_t ways;  // bits of those that had it; each is looked at again before it has to go
    };

    // One entry of a merge in the making.
    struct Merged {
        uint64_t hash, count, error;
        TextRef mine, theirs;
        bool has_mine, has_theirs;
    };

    static uint32_t bucket_of(uint64_t hash) { return static_cast<uint32_t>(hash % buckets); }
    uint64_t hash_of(uint32_t b, uint32_t way) const {
        return static_cast<uint64_t>(buckets_[b].high[way]) << 32 | low_[b][way];
    }
    uint64_t weight_of(uint32_t b, uint32_t way) const {
        return (wide_ ? static_cast<uint64_t>(rest_[way][b].carry) << 32 : 0) | buckets_[b].count[way];
    }
    bool used(uint32_t b, uint32_t way) const { return weight_of(b, way) != 0; }
    bool has_text(uint32_t b, uint32_t way) const { return texts_[b] >> way & 1; }
    void set(uint32_t b, uint32_t way, uint64_t hash, uint64_t weight, uint64_t error) {
        buckets_[b].high[way] = static_cast<uint32_t>(hash >> 32);
        buckets_[b].count[way] = static_cast<uint32_t>(weight);
        low_[b][way] = static_cast<uint32_t>(hash);
        rest_[way][b].carry = 0;
        rest_[way][b].error = error;
        if (weight >> 32 != 0) [[unlikely]]
            carry(b, way, static_cast<uint32_t>(weight >> 32));
    }

    void mark_text(uint32_t b, uint32_t way) { texts_[b] |= static_cast<uint16_t>(1u << way); }
    void unmark_text(uint32_t b, uint32_t way) { texts_[b] &= static_cast<uint16_t>(~(1u << way)); }
    // Its texts stay in the pool.
    void clear_bucket(uint32_t b) {
        for (uint32_t way = 0; way < ways && used(b, way); ++way) rest_[way][b] = {};
        buckets_[b] = {};
        std::fill(low_[b], low_[b] + ways, 0);
        least_[b] = {};
        texts_[b] = 0;
    }

    void carry(uint32_t b, uint32_t way, uint32_t more) {
        rest_[way][b].carry += more;
        wide_ = true;
    }

    uint64_t least_wide(uint32_t b) const {
        uint64_t least = UINT64_MAX;
        for (uint32_t way = 0; way < ways; ++way) least = std::min(least, weight_of(b, way));
        return least;
    }
    uint64_t least_of(uint32_t b) const {
        if (wide_) return least_wide(b);
        uint32_t least = UINT32_MAX;
        for (const uint32_t count : buckets_[b].count) least = std::min(least, count);
        return least;
    }
    // What a key can weigh that this bucket does not list.
    uint64_t absent(uint32_t b) const { return evictions_ == 0 ? 0 : least_of(b); }

    void look_for_least(uint32_t b) {
        Least& least = least_[b];
        least.count = least_of(b);
        least.ways = Match(buckets_[b].count, static_cast<uint32_t>(least.count));
        if (wide_) [[unlikely]]
            for (uint32_t way = 0; way < ways; ++way)
                if (weight_of(b, way) != least.count) least.ways &= ~(1u << way);
    }
    // The next entry that has to go. Counts only rise, so one that has the least count still has had it ever
    // since.
    uint32_t least_way(uint32_t b) {
        Least& least = least_[b];
        for (;; least.ways &= least.ways - 1) {
            if (least.ways == 0) look_for_least(b);
            const auto way = static_cast<uint32_t>(std::countr_zero(least.ways));
            if (weight_of(b, way) == least.count) return way;
        }
    }
    // Where a key stands; `ways` when it does not.
    uint32_t find(uint32_t b, uint64_t hash) const {
        for (uint32_t hits = Match(buckets_[b].high, static_cast<uint32_t>(hash >> 32)); hits != 0;
             hits &= hits - 1) {
            const auto way = static_cast<uint32_t>(std::countr_zero(hits));
            if (low_[b][way] == static_cast<uint32_t>(hash)) [[likely]]
                return way;
        }
        return ways;
    }
    void count(uint32_t b, uint32_t way, uint64_t weight) {
        const uint64_t sum = buckets_[b].count[way] + weight;
        buckets_[b].count[way] = static_cast<uint32_t>(sum);
        if (sum >> 32 != 0) [[unlikely]]
            carry(b, way, static_cast<uint32_t>(sum >> 32));
    }
    void prefetch_insert(uint32_t b) {
        __builtin_prefetch(&rest_[least_way(b)][b], 1);
        __builtin_prefetch(low_[b], 1);
    }
    [[gnu::noinline]] void keep_text(uint32_t b, uint32_t way, const void* key, uint32_t key_len) {
        if (text_.store(rest_[way][b].text, key, key_len)) [[likely]]
            mark_text(b, way);
        else
            make_room(b, way, key, key_len);
    }
    void make_room(uint32_t b, uint32_t way, const void* key, uint32_t key_len);
    void insert(uint32_t b, uint64_t hash, uint64_t weight, const void* key, uint32_t key_len);
    uint32_t merge_bucket(const TopK& other, uint32_t b);
    uint32_t gather(const TopK& other, uint32_t b, Merged* out) const;
    void rebuild(const TopK& other, uint32_t b, const Merged* kept, uint32_t n);

    uint64_t total_;
    uint64_t evictions_;
    uint64_t text_missing_;
    bool wide_; // some weight needs more than 32 bits
    Bucket buckets_[buckets];
    uint16_t texts_[buckets]; // bits of the entries whose text is known
    Least least_[buckets];
    uint32_t low_[buckets][ways]; // the other half of the hash
    Rest rest_[ways][buckets]; // a list with few keys has them in the first ways: the others stay untouched
    Text text_;
};

template <unsigned BucketBits, class Text, uint32_t (*Match)(const uint32_t*, uint32_t)>
[[gnu::noinline]] void TopK<BucketBits, Text, Match>::make_room(uint32_t b, uint32_t way, const void* key,
                                                                uint32_t key_len) {
    do {
        // The pool is full of long texts: one of a lighter entry has to make room, or this one waits.
        uint32_t lightest = way;
        for (uint32_t i = 0; i < ways; ++i)
            if (has_text(b, i) && weight_of(b, i) < weight_of(b, lightest)) lightest = i;
        ++text_missing_;
        if (lightest == way) return;
        unmark_text(b, lightest);
        text_.release(rest_[lightest][b].text);
    } while (!text_.store(rest_[way][b].text, key, key_len));
    mark_text(b, way);
}

template <unsigned BucketBits, class Text, uint32_t (*Match)(const uint32_t*, uint32_t)>
[[gnu::noinline]] void TopK<BucketBits, Text, Match>::insert(uint32_t b, uint64_t hash, uint64_t weight,
                                                             const void* key, uint32_t key_len) {
    const uint32_t way = least_way(b);
    least_[b].ways &= least_[b].ways - 1;
    const uint64_t least = weight_of(b, way);
    if (least != 0) {
        ++evictions_;
        text_.vacate(rest_[way][b].text); // one whose text is not known has at most one cell
    }
    set(b, way, hash, least + weight, least);
    unmark_text(b, way);
    // What weighs too little to be promised a place, whatever it was before it went, and does not come again,
    // needs no text. The bounds of several sets add up to no more.
    if (evictions_ == 0 || (least + weight) * promised > total_) keep_text(b, way, key, key_len);
}

// Union of both buckets: at most 32 entries, no hash twice.
template <unsigned BucketBits, class Text, uint32_t (*Match)(const uint32_t*, uint32_t)>
uint32_t TopK<BucketBits, Text, Match>::gather(const TopK& other, uint32_t b, Merged* out) const {
    const uint64_t absent_mine = absent(b), absent_theirs = other.absent(b);
    uint32_t n = 0;
    for (uint32_t way = 0; way < ways && used(b, way); ++way) {
        out[n++] = {hash_of(b, way),
                    weight_of(b, way) + absent_theirs,
                    rest_[way][b].error + absent_theirs,
                    rest_[way][b].text,
                    {},
                    has_text(b, way),
                    false};
    }
    const uint32_t n_mine = n;
    for (uint32_t way = 0; way < ways && other.used(b, way); ++way) {
        const uint64_t hash = other.hash_of(b, way), weight = other.weight_of(b, way);
        const uint64_t error = other.rest_[way][b].error;
        uint32_t at = find(b, hash); // out has my entries in their order
        if (at < n_mine) {
            out[at].count += weight - absent_theirs;
            out[at].error += error - absent_theirs;
        } else {
            out[at = n++] = {hash, weight + absent_mine, error + absent_mine, {}, {}, false, false};
        }
        out[at].theirs = other.rest_[way][b].text;
        out[at].has_theirs = other.has_text(b, way);
    }
    return n;
}

template <unsigned BucketBits, class Text, uint32_t (*Match)(const uint32_t*, uint32_t)>
void TopK<BucketBits, Text, Match>::rebuild(const TopK& other, uint32_t b, const Merged* kept, uint32_t n) {
    clear_bucket(b);
    for (uint32_t way = 0; way < n; ++way) {
        const Merged& entry = kept[way];
        set(b, way, entry.hash, entry.count, entry.error);
        rest_[way][b].text = entry.mine;
        if (entry.has_mine) {
            mark_text(b, way);
        } else if (entry.has_theirs) {
            uint8_t text[Text::max_length];
            keep_text(b, way, text, other.text_.read(entry.theirs, text));
        }
    }
}

// Returns how many entries found no place.
template <unsigned BucketBits, class Text, uint32_t (*Match)(const uint32_t*, uint32_t)>
uint32_t TopK<BucketBits, Text, Match>::merge_bucket(const TopK& other, uint32_t b) {
    Merged all[2 * ways];
    for (uint32_t way = 0; way < ways && used(b, way); ++way)
        if (!has_text(b, way)) text_.release(rest_[way][b].text);
    const uint32_t n = gather(other, b, all);
    // By count, then the more certain, then the hash: the order of merging two sets does not show.
    std::sort(all, all + n, [](const Merged& x, const Merged& y) {
        if (x.count != y.count) return x.count > y.count;
        return x.error != y.error ? x.error < y.error : x.hash < y.hash;
    });
    const uint32_t kept = std::min(n, ways);
    for (uint32_t i = kept; i < n; ++i)
        if (all[i].has_mine) text_.release(all[i].mine);
    rebuild(other, b, all, kept);
    return n - kept;
}

using TopNames = TopK<9, TextPool<8192>>;
using TopSmall = TopK<6, TextPool<2048>>;
using TopPlaces = TopK<9, TextPool<32768>>; // texts of 120 bytes each

static_assert(std::is_trivial_v<TopNames> && sizeof(TopNames) <= 512 * 1024);

} // namespace visor::sketch
