// A value that one thread writes now and then and others read: readers always get one that was written
// whole, and the writer never waits for them (a sequence lock).
//
// Threads: set() by one thread, get() by any. Owns: the value. T is plain data.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace visor {

template <class T>
class Published {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % 8 == 0);

public:
    Published() { set(T{}); }

    void set(const T& value) {
        std::array<uint64_t, words> copy;
        std::memcpy(copy.data(), &value, sizeof value);
        const uint64_t version = version_.load(std::memory_order_relaxed);
        version_.store(version + 1, std::memory_order_relaxed); // odd: being written
        // Each word is released after the mark above and read with acquire, so that whoever sees a new word
        // sees the mark as well.
        for (size_t i = 0; i < words; ++i) word_[i].store(copy[i], std::memory_order_release);
        version_.store(version + 2, std::memory_order_release);
    }
    T get() const {
        for (;;) {
            const uint64_t version = version_.load(std::memory_order_acquire);
            std::array<uint64_t, words> copy;
            for (size_t i = 0; i < words; ++i) copy[i] = word_[i].load(std::memory_order_acquire);
            if (version % 2 == 0 && version_.load(std::memory_order_relaxed) == version) {
                T value;
                std::memcpy(static_cast<void*>(&value), copy.data(), sizeof value);
                return value;
            }
        }
    }

private:
    static constexpr size_t words = sizeof(T) / 8;
    std::atomic<uint64_t> version_{0};
    std::array<std::atomic<uint64_t>, words> word_{};
};

} // namespace visor
