// The heaviest keys of a stream with a certain interval each: set-associative Space-Saving.
//
// A key is its 64-bit keyed hash. Its low bits choose a bucket of 16 entries; there it is counted if present,
// else it takes over the entry with the least count, inheriting that count as its possible error. So for
// every entry upper - error <= true <= upper, always; and a key not listed weighs at most max_error(). There
// are twice as many entries as the promise needs, that every key above 1.25 N / promised is listed: heavy
// keys do not spread evenly over the buckets, and half as many crowd one often enough to be lost to a flood.
// Text is kept lazily: at first sight until the set first evicts, from then on at an entry's second hit, so
// that a flood of keys seen once costs no copies. Merging adds buckets (Agarwal et al., "Mergeable
// Summaries"); sets that never evicted merge to the exact union. Both sides must have hashed with the same
// key. Threads: one at a time. Owns: its bytes; all-zero is empty; no heap except in top(). Units: weights
// are counts or bytes, key text is bytes.
#pragma once

#include "base/match.hpp"
#include "sketch/text_pool.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <string>
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
        Bucket& bucket = buckets_[hash % buckets];
        const auto low = static_cast<uint32_t>(hash);
        for (uint32_t hits = Match(bucket.high, static_cast<uint32_t>(hash >> 32)); hits != 0;
             hits &= hits - 1) {
            const auto way = static_cast<uint32_t>(std::countr_zero(hits));
            if ((bucket.low[way] ^ low) >= buckets) [[unlikely]]
                continue;
            bucket.count[way] += weight;
            if (!(bucket.low[way] & text_flag)) [[unlikely]]
                keep_text(bucket, way, key, key_len);
            return true;
        }
        insert(bucket, hash, weight, key, key_len);
        return false;
    }

    // Brings a key's bucket near, some events before its add().
    void prefetch(uint64_t hash) const {
        const Bucket& bucket = buckets_[hash % buckets];
        __builtin_prefetch(bucket.high);
        __builtin_prefetch(bucket.low);
        __builtin_prefetch(bucket.count);
        __builtin_prefetch(bucket.count + 8);
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
        for (const Bucket& bucket : buckets_) {
            error = std::max(error, absent(bucket));
            for (uint32_t way = 0; way < ways; ++way)
                if (!(bucket.low[way] & text_flag)) error = std::max(error, bucket.count[way]);
        }
        return error;
    }

    // f(const TopEntry&) for every entry, bucket by bucket.
    template <class F>
    void for_each(F&& f) const {
        uint8_t text[Text::max_length];
        for (uint32_t b = 0; b < buckets; ++b) {
            const Bucket& bucket = buckets_[b];
            for (uint32_t way = 0; way < ways && bucket.count[way] != 0; ++way) {
                const bool has_text = bucket.low[way] & text_flag;
                const uint32_t length = has_text ? text_.read(refs_[b][way], text) : 0;
                f(TopEntry{hash_of(bucket, way, b), bucket.count[way] - bucket.error[way], bucket.count[way],
                           text, length, has_text});
            }
        }
    }

    // The n heaviest by what is certain of them, equal ones by their text. A key that may never have been
    // seen (lower 0) or whose text is not known is left out.
    std::vector<TopItem> top(size_t n) const {
        std::vector<TopItem> items;
        for_each([&](const TopEntry& entry) {
            if (!entry.has_text || entry.lower == 0) return;
            items.push_back({std::string(reinterpret_cast<const char*>(entry.key), entry.key_len), entry.hash,
                             entry.lower, entry.upper});
        });
        const auto before = [](const TopItem& a, const TopItem& b) {
            return a.lower != b.lower ? a.lower > b.lower : a.key < b.key;
        };
        const auto end = items.begin() + static_cast<ptrdiff_t>(std::min(n, items.size()));
        std::partial_sort(items.begin(), end, items.end(), before);
        items.erase(end, items.end());
        return items;
    }

    void merge(const TopK& other) {
        if (other.empty()) return;
        uint64_t dropped = 0; // counted at the end: absent() asks whether either side evicted before
        for (uint32_t b = 0; b < buckets; ++b)
            if (other.buckets_[b].count[0] != 0) dropped += merge_bucket(other, b);
        total_ += other.total_;
        evictions_ += other.evictions_ + dropped;
        text_missing_ += other.text_missing_;
    }

    // As new, in time that goes with what was in it.
    void clear() {
        if (empty()) return;
        for (uint32_t b = 0; b < buckets; ++b) {
            if (buckets_[b].count[0] == 0) continue;
            buckets_[b] = {};
            least_[b] = {};
            std::fill(refs_[b], refs_[b] + ways, TextRef{});
        }
        text_.clear();
        total_ = evictions_ = text_missing_ = 0;
    }

private:
    // The low BucketBits of a hash are the bucket's number, so their place in low[] is free for a flag.
    static_assert(BucketBits >= 1 && BucketBits <= 16);
    static constexpr uint32_t text_flag = 1;

    struct alignas(64) Bucket {
        uint32_t high[ways];
        uint32_t low[ways];
        uint64_t count[ways]; // 0 is a free entry; free ones come last
        uint64_t error[ways];
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

    static uint64_t hash_of(const Bucket& bucket, uint32_t way, uint32_t b) {
        return static_cast<uint64_t>(bucket.high[way]) << 32 | (bucket.low[way] & ~(buckets - 1)) | b;
    }

    // What a key can weigh that this bucket does not list.
    uint64_t absent(const Bucket& bucket) const {
        return evictions_ == 0 ? 0 : *std::min_element(bucket.count, bucket.count + ways);
    }

    static void look_for_least(const Bucket& bucket, Least& least) {
        least.count = *std::min_element(bucket.count, bucket.count + ways);
        least.ways = 0;
        for (uint32_t i = 0; i < ways; ++i)
            least.ways |= static_cast<uint32_t>(bucket.count[i] == least.count) << i;
    }
    // Counts only rise, so an entry that has the least count still has had it ever since.
    static uint32_t take_least(const Bucket& bucket, Least& least) {
        for (;;) {
            if (least.ways == 0) look_for_least(bucket, least);
            const auto way = static_cast<uint32_t>(std::countr_zero(least.ways));
            least.ways &= least.ways - 1;
            if (bucket.count[way] == least.count) return way;
        }
    }
    void keep_text(Bucket& bucket, uint32_t way, const void* key, uint32_t key_len);
    void insert(Bucket& bucket, uint64_t hash, uint64_t weight, const void* key, uint32_t key_len);
    uint32_t merge_bucket(const TopK& other, uint32_t b);
    uint32_t gather(const TopK& other, uint32_t b, Merged* out) const;
    void rebuild(const TopK& other, uint32_t b, const Merged* kept, uint32_t n);

    uint64_t total_;
    uint64_t evictions_;
    uint64_t text_missing_;
    Least least_[buckets];
    Bucket buckets_[buckets];
    TextRef refs_[buckets][ways];
    Text text_;
};

template <unsigned BucketBits, class Text, uint32_t (*Match)(const uint32_t*, uint32_t)>
[[gnu::noinline]] void TopK<BucketBits, Text, Match>::keep_text(Bucket& bucket, uint32_t way, const void* key,
                                                                uint32_t key_len) {
    TextRef* refs = refs_[&bucket - buckets_];
    while (!text_.store(refs[way], key, key_len)) {
        // The pool is full of long texts: one of a lighter entry has to make room, or this one waits.
        uint32_t lightest = way;
        for (uint32_t i = 0; i < ways; ++i)
            if ((bucket.low[i] & text_flag) && bucket.count[i] < bucket.count[lightest]) lightest = i;
        ++text_missing_;
        if (lightest == way) return;
        bucket.low[lightest] &= ~text_flag;
        text_.release(refs[lightest]);
    }
    bucket.low[way] |= text_flag;
}

template <unsigned BucketBits, class Text, uint32_t (*Match)(const uint32_t*, uint32_t)>
[[gnu::noinline]] void TopK<BucketBits, Text, Match>::insert(Bucket& bucket, uint64_t hash, uint64_t weight,
                                                             const void* key, uint32_t key_len) {
    const uint32_t way = take_least(bucket, least_[&bucket - buckets_]);
    const uint64_t least = bucket.count[way];
    if (least != 0) {
        ++evictions_;
        if (bucket.low[way] & text_flag) text_.vacate(refs_[&bucket - buckets_][way]);
    }
    bucket.high[way] = static_cast<uint32_t>(hash >> 32);
    bucket.low[way] = static_cast<uint32_t>(hash) & ~(buckets - 1);
    bucket.count[way] = least + weight;
    bucket.error[way] = least;
    if (evictions_ == 0) keep_text(bucket, way, key, key_len);
}

// Union of both buckets: at most 32 entries, no hash twice.
template <unsigned BucketBits, class Text, uint32_t (*Match)(const uint32_t*, uint32_t)>
uint32_t TopK<BucketBits, Text, Match>::gather(const TopK& other, uint32_t b, Merged* out) const {
    const Bucket &mine = buckets_[b], &theirs = other.buckets_[b];
    const uint64_t absent_mine = absent(mine), absent_theirs = other.absent(theirs);
    uint32_t n = 0;
    for (uint32_t way = 0; way < ways && mine.count[way] != 0; ++way) {
        out[n++] = {hash_of(mine, way, b),
                    mine.count[way] + absent_theirs,
                    mine.error[way] + absent_theirs,
                    refs_[b][way],
                    {},
                    (mine.low[way] & text_flag) != 0,
                    false};
    }
    const uint32_t n_mine = n;
    for (uint32_t way = 0; way < ways && theirs.count[way] != 0; ++way) {
        const uint64_t hash = hash_of(theirs, way, b);
        uint32_t at = 0;
        while (at < n_mine && out[at].hash != hash) ++at;
        if (at < n_mine) {
            out[at].count += theirs.count[way] - absent_theirs;
            out[at].error += theirs.error[way] - absent_theirs;
        } else {
            out[at = n++] = {
                hash, theirs.count[way] + absent_mine, theirs.error[way] + absent_mine, {}, {}, false, false};
        }
        out[at].theirs = other.refs_[b][way];
        out[at].has_theirs = (theirs.low[way] & text_flag) != 0;
    }
    return n;
}

template <unsigned BucketBits, class Text, uint32_t (*Match)(const uint32_t*, uint32_t)>
void TopK<BucketBits, Text, Match>::rebuild(const TopK& other, uint32_t b, const Merged* kept, uint32_t n) {
    Bucket& bucket = buckets_[b];
    bucket = {};
    least_[b] = {};
    for (uint32_t way = n; way < ways; ++way) refs_[b][way] = {};
    for (uint32_t way = 0; way < n; ++way) {
        const Merged& entry = kept[way];
        bucket.high[way] = static_cast<uint32_t>(entry.hash >> 32);
        bucket.low[way] = static_cast<uint32_t>(entry.hash) & ~(buckets - 1);
        bucket.count[way] = entry.count;
        bucket.error[way] = entry.error;
        refs_[b][way] = entry.mine;
        if (entry.has_mine) {
            bucket.low[way] |= text_flag;
        } else if (entry.has_theirs) {
            uint8_t text[Text::max_length];
            keep_text(bucket, way, text, other.text_.read(entry.theirs, text));
        }
    }
}

// Returns how many entries found no place.
template <unsigned BucketBits, class Text, uint32_t (*Match)(const uint32_t*, uint32_t)>
uint32_t TopK<BucketBits, Text, Match>::merge_bucket(const TopK& other, uint32_t b) {
    Merged all[2 * ways];
    for (uint32_t way = 0; way < ways; ++way)
        if (!(buckets_[b].low[way] & text_flag)) text_.release(refs_[b][way]);
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

static_assert(std::is_trivial_v<TopNames> && sizeof(TopNames) <= 512 * 1024);

} // namespace visor::sketch
