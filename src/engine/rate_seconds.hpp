// Rates of buckets as events of each second, in a row over periods.
// Threads: pure functions, and values of one owner.
#pragma once

#include "engine/bucket.hpp"
#include "engine/plan.hpp"
#include "sketch/rate.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace visor::engine {

// Events of each second, one after another.
using Seconds = std::vector<uint64_t>;
inline constexpr size_t seconds_max = 86'400;

// The same, at most a day of them, for one rate cell of a handler. Silence is kept as its length: most of
// what is counted is silent for most of a long time.
class RateLine {
public:
    RateLine() = default;
    RateLine(std::initializer_list<uint64_t> seconds) { append({seconds.begin(), seconds.size()}); }

    size_t size() const { return size_; }

    void append(std::span<const uint64_t> seconds) {
        for (const uint64_t n : seconds) append_word(n == 0 ? silence | 1 : std::min(n, silence - 1));
    }
    void append_silence(size_t seconds) {
        if (seconds != 0) append_word(silence | seconds);
    }
    void append(const RateLine& more) {
        for (const uint64_t word : more.words_) append_word(word);
    }

    // Leaves out what is older than the latest day.
    void keep_latest() {
        if (size_ <= seconds_max) return;
        size_t surplus = size_ - seconds_max;
        auto first = words_.begin();
        for (; surplus >= length_of(*first); ++first) surplus -= length_of(*first);
        *first -= surplus; // of a silence; of any other second there is none left
        words_.erase(words_.begin(), first);
        size_ = seconds_max;
    }

    // Second by second.
    void add(const RateLine& other) {
        RateLine sum;
        size_t a = 0, b = 0;       // the words at hand
        size_t of_a = 0, of_b = 0; // seconds of them that are done
        while (a < words_.size() && b < other.words_.size()) {
            const uint64_t mine = words_[a], theirs = other.words_[b];
            const bool silent = mine & theirs & silence;
            const size_t n = silent ? std::min(length_of(mine) - of_a, length_of(theirs) - of_b) : 1;
            sum.append_word(silent ? silence | n : events_of(mine) + events_of(theirs));
            if ((of_a += n) == length_of(mine)) ++a, of_a = 0;
            if ((of_b += n) == length_of(theirs)) ++b, of_b = 0;
        }
        sum.append_rest(words_, a, of_a);
        sum.append_rest(other.words_, b, of_b);
        *this = std::move(sum);
    }

    bool silent() const {
        return std::all_of(words_.begin(), words_.end(), [](uint64_t word) { return word & silence; });
    }
    uint64_t last() const { return words_.empty() ? 0 : events_of(words_.back()); }
    uint64_t most() const {
        uint64_t most = 0;
        for (const uint64_t word : words_) most = std::max(most, events_of(word));
        return most;
    }
    uint64_t sum() const {
        uint64_t sum = 0;
        for (const uint64_t word : words_) sum += events_of(word);
        return sum;
    }
    uint64_t quantile(double q) const {
        Seconds busy;
        std::copy_if(words_.begin(), words_.end(), std::back_inserter(busy), events_of);
        return sketch::quantile_of(busy, size_ - busy.size(), q);
    }
    Seconds seconds() const {
        Seconds all;
        all.reserve(size_);
        for (const uint64_t word : words_) all.insert(all.end(), length_of(word), events_of(word));
        return all;
    }
    // The latest of them, at most so many.
    Seconds newest(size_t most) const {
        Seconds latest(std::min(most, size_));
        auto at = latest.rbegin();
        for (auto word = words_.rbegin(); at != latest.rend(); ++word)
            for (size_t n = length_of(*word); n != 0 && at != latest.rend(); --n) *at++ = events_of(*word);
        return latest;
    }
    bool operator==(const RateLine&) const = default;

private:
    static constexpr uint64_t silence = uint64_t{1} << 63; // the rest is its length

    static size_t length_of(uint64_t word) { return word & silence ? word - silence : 1; }
    static uint64_t events_of(uint64_t word) { return word & silence ? 0 : word; }
    void append_rest(const std::vector<uint64_t>& words, size_t from, size_t done) {
        for (size_t i = from; i < words.size(); ++i, done = 0) append_word(words[i] - done);
    }
    void append_word(uint64_t word) {
        size_ += length_of(word);
        if (!words_.empty() && (words_.back() & word & silence))
            words_.back() += length_of(word);
        else
            words_.push_back(word);
    }

    std::vector<uint64_t> words_; // a second's events each, or a silence
    size_t size_ = 0;
};

// By the rate cell's offset.
using RateSeconds = std::map<uint32_t, RateLine>;

// The first so many seconds of each rate of the handler behind those that are there.
inline void append_seconds(RateSeconds& rates, const PlannedHandler& handler, const void* cells,
                           size_t seconds) {
    for (const CellPlace& cell : handler.handler->cells()) {
        if (cell.ops->kind != Kind::rate) continue;
        const auto slots = cell.ops->seconds(static_cast<const std::byte*>(cells) + cell.offset);
        rates[cell.offset].append(slots.first(std::min(slots.size(), seconds)));
    }
}

} // namespace visor::engine
