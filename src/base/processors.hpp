// How many processors this process may run on. Threads: any. Owns: nothing.
#pragma once

namespace visor {

unsigned available_processors(); // at least 1; what sched_setaffinity(2) left of the machine's

} // namespace visor
