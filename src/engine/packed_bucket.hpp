// A bucket that is read seldom, in less memory: its pages that are not zero, compressed with zstd.
//
// Threads: it does not change once made, so any may unpack it. Owns: the compressed bytes. Units: bytes.
#pragma once

#include "engine/bucket.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace visor::engine {

class PackedBucket {
public:
    // None when the bytes cannot be compressed (zstd has no memory): the bucket stays as it is then.
    static std::optional<PackedBucket> of(const Bucket& bucket, size_t bytes);
    Bucket unpacked() const; // throws std::bad_alloc

    size_t size() const { return size_ + pages_.size() * sizeof(uint32_t); }

private:
    size_t bytes_ = 0;
    std::vector<uint32_t> pages_; // those that are not zero, in order
    std::unique_ptr<std::byte[]> compressed_;
    size_t size_ = 0;
};

} // namespace visor::engine
