// Buckets: the memory of a handler's cells for one period, as fresh zero pages. Pages nobody writes to are
// never there, so a table without entries costs nothing. Threads: one owner at a time; moved, never shared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace visor::engine {

class Bucket {
public:
    Bucket() = default;
    explicit Bucket(size_t bytes);
    Bucket(Bucket&& other) noexcept
        : memory_(std::exchange(other.memory_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    Bucket& operator=(Bucket&& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~Bucket();

    void* cells() { return memory_; }
    const void* cells() const { return memory_; }

private:
    void* memory_ = nullptr;
    size_t bytes_ = 0;
};

// The buckets of all handlers of a plan, in its order, for one period.
struct PeriodBuckets {
    int64_t period = 0;
    std::vector<Bucket> buckets;
};

} // namespace visor::engine
