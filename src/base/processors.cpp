#include "base/processors.hpp"

#include <algorithm>
#include <sched.h>

namespace visor {

unsigned available_processors() {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1; // more than this set has room for
    return static_cast<unsigned>(std::max(CPU_COUNT(&set), 1));
}

} // namespace visor
