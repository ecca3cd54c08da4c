// One reading of capture files through the engine, with a bar on standard error while it takes long.
// Threads: one, which the engine gives others to. Owns: the result, which refers to the job's plan.
#pragma once

#include "cmd/common/interrupt.hpp"
#include "cmd/common/jobs.hpp"
#include "engine/offline.hpp"

namespace visor::cmd {

struct Reading {
    std::unique_ptr<engine::OfflineRun> run;
    std::string source;  // as it is called
    std::string trouble; // what was wrong with it on the way; empty: nothing
    double seconds = 0;  // it took
};

// Takes the job's hosts. Error: a file cannot be read, or nothing in it.
Result<Reading> read_job(const CaptureOptions& options, Job& job, const Services& services,
                         const StopSignal& stop);

} // namespace visor::cmd
