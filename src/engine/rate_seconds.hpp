// Rates of buckets as events of each second, in a row over periods.
// Threads: pure functions, and values of one owner.
#pragma once

#include "engine/bucket.hpp"
#include "engine/plan.hpp"
#include "sketch/rate.hpp"

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <span>
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
    void add_to(Seconds& sum) const {
        if (sum.size() < size_) sum.resize(size_);
        size_t at = 0;
        for (const uint64_t word : words_) {
            if (!(word & silence)) sum[at] += word;
            at += length_of(word);
        }
    }
    void add(const RateLine& other) {
        Seconds sum;
        add_to(sum);
        other.add_to(sum);
        *this = {};
        append(sum);
    }

private:
    static constexpr uint64_t silence = uint64_t{1} << 63; // the rest is its length

    static size_t length_of(uint64_t word) { return word & silence ? word - silence : 1; }
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
