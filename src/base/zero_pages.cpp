#include "base/zero_pages.hpp"

#include <new>
#include <sys/mman.h>

namespace visor {

ZeroPages::ZeroPages(size_t bytes) : bytes_(bytes) {
    memory_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
}

ZeroPages::~ZeroPages() {
    if (memory_) munmap(memory_, bytes_);
}

} // namespace visor
