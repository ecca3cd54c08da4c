// A ring between one thread that puts and one that takes: bounded, without a lock, and neither ever waits.
//
// Threads: put() by one thread, take() by one other. Owns: its slots. Hot: two loads and a store a call.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <optional>
#include <type_traits>

namespace visor {

template <class T, size_t Slots>
class SpscRing {
    static_assert((Slots & (Slots - 1)) == 0, "a power of two");
    static_assert(std::is_trivially_copyable_v<T>);

public:
    // False when it is full.
    bool put(const T& value) {
        const size_t at = put_.load(std::memory_order_relaxed);
        if (at - taken_.load(std::memory_order_acquire) == Slots) return false;
        slot_[at & (Slots - 1)] = value;
        put_.store(at + 1, std::memory_order_release);
        return true;
    }
    std::optional<T> take() {
        const size_t at = taken_.load(std::memory_order_relaxed);
        if (at == put_.load(std::memory_order_acquire)) return std::nullopt;
        T value = slot_[at & (Slots - 1)];
        taken_.store(at + 1, std::memory_order_release);
        return value;
    }
    // For the taker.
    bool empty() const {
        return taken_.load(std::memory_order_relaxed) == put_.load(std::memory_order_acquire);
    }

private:
    alignas(64) std::atomic<size_t> put_{0};
    alignas(64) std::atomic<size_t> taken_{0};
    alignas(64) std::array<T, Slots> slot_;
};

} // namespace visor
