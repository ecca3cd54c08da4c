// The standard descriptors, before anything is opened. Threads: one, at start-up.
#pragma once

namespace visor::cmd {

// Those that are closed are taken, so that no file or socket becomes what a program takes for its standard
// input or output. Reading and writing them fails, as with closed ones.
void hold_standard_streams();

} // namespace visor::cmd
