// Memory as fresh zero pages from the system: pages nobody writes to are never there.
// Threads: one owner; moved, never shared. Owns: the pages.
#pragma once

#include <cstddef>
#include <utility>

namespace visor {

class ZeroPages {
public:
    ZeroPages() = default;
    explicit ZeroPages(size_t bytes); // throws std::bad_alloc
    ZeroPages(ZeroPages&& other) noexcept
        : memory_(std::exchange(other.memory_, nullptr)), bytes_(std::exchange(other.bytes_, 0)) {}
    ZeroPages& operator=(ZeroPages&& other) noexcept {
        std::swap(memory_, other.memory_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    ~ZeroPages();

    void* data() { return memory_; }
    const void* data() const { return memory_; }

private:
    void* memory_ = nullptr;
    size_t bytes_ = 0;
};

} // namespace visor
