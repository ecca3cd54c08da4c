// Fixed pools of equally sized buffers, for reassembly: what is taken from a pool is given back, and an empty
// pool says no instead of growing. Threads: one owner. Owns: its memory, zero pages until touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace visor {

class BlockPool {
public:
    static constexpr uint32_t none = UINT32_MAX;

    BlockPool(uint32_t block_size, uint32_t blocks)
        : size_(block_size), count_(blocks), memory_(new uint8_t[size_t{block_size} * blocks]) {
        free_.reserve(blocks);
        for (uint32_t i = blocks; i > 0; --i) free_.push_back(i - 1);
    }

    uint32_t take() {
        if (free_.empty()) return none;
        const uint32_t block = free_.back();
        free_.pop_back();
        return block;
    }
    void give_back(uint32_t block) { free_.push_back(block); }
    uint8_t* data(uint32_t block) { return memory_.get() + size_t{block} * size_; }
    uint32_t block_size() const { return size_; }
    uint32_t in_use() const { return count_ - static_cast<uint32_t>(free_.size()); }

private:
    uint32_t size_, count_;
    std::unique_ptr<uint8_t[]> memory_;
    std::vector<uint32_t> free_;
};

} // namespace visor
