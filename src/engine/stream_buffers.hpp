// Contiguous buffers for reassembly in three sizes, from fixed pools: most DNS messages fit the small one, a
// zone transfer's message needs the large one. Growing moves to the next size; an empty pool refuses.
// Threads: one owner. Units: bytes.
#pragma once

#include "base/block_pool.hpp"

#include <array>
#include <cstring>

namespace visor::engine {

class StreamBuffers {
public:
    struct Handle {
        uint32_t block = BlockPool::none;
        uint8_t size_class = 0;
        bool held() const { return block != BlockPool::none; }
    };

    // A buffer of at least `bytes`; not held when the pools are empty or bytes is beyond the largest.
    Handle take(uint32_t bytes) {
        for (size_t c = 0; c < pools_.size(); ++c) {
            if (pools_[c].block_size() < bytes) continue;
            const uint32_t block = pools_[c].take();
            if (block != BlockPool::none) return {block, static_cast<uint8_t>(c)};
        }
        return {};
    }
    // Makes the buffer at least `bytes` long, keeping its first `used` bytes. False when it cannot: it stays
    // as it was.
    bool grow(Handle& handle, uint32_t used, uint32_t bytes) {
        if (handle.held() && capacity(handle) >= bytes) return true;
        const Handle bigger = take(bytes);
        if (!bigger.held()) return false;
        if (handle.held()) {
            std::memcpy(data(bigger), data(handle), used);
            give_back(handle);
        }
        handle = bigger;
        return true;
    }
    void give_back(Handle& handle) {
        if (handle.held()) pools_[handle.size_class].give_back(handle.block);
        handle = {};
    }
    uint8_t* data(const Handle& handle) { return pools_[handle.size_class].data(handle.block); }
    uint32_t capacity(const Handle& handle) const { return pools_[handle.size_class].block_size(); }

    static constexpr uint32_t largest = 128 * 1024;

private:
    std::array<BlockPool, 3> pools_{BlockPool{2048, 2048}, BlockPool{16 * 1024, 128}, BlockPool{largest, 32}};
};

} // namespace visor::engine
