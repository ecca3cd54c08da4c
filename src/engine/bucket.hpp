// Buckets: the memory of a handler's cells for one period. Zero bytes are empty cells, so a bucket is fresh
// zero pages, and a table without entries costs nothing. Threads: one owner at a time; moved, never shared.
#pragma once

#include "base/zero_pages.hpp"

#include <cstdint>
#include <vector>

namespace visor::engine {

class Bucket {
public:
    Bucket() = default;
    explicit Bucket(size_t bytes) : pages_(bytes) {}

    void* cells() { return pages_.data(); }
    const void* cells() const { return pages_.data(); }

private:
    ZeroPages pages_;
};

// The buckets of all handlers of a plan, in its order, for one period.
struct PeriodBuckets {
    int64_t period = 0;
    std::vector<Bucket> buckets;
};

} // namespace visor::engine
