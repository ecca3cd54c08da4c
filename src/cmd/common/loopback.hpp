// Whether what goes to a host leaves this one. Threads: a pure function.
#pragma once

#include <string>

namespace visor::cmd {

// An address of 127.0.0.0/8, ::1 or localhost; what a name stands for is not asked.
bool is_loopback(const std::string& host);

} // namespace visor::cmd
