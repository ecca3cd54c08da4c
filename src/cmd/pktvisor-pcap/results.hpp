// What was found in a capture, in the format that was asked for.
// Threads: pure functions of finished runs, which outlive what is made of them.
#pragma once

#include "cmd/common/jobs.hpp"
#include "engine/offline.hpp"
#include "options.hpp"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace visor::cmd {

// A reading that is done.
struct Finished {
    const Job& job;
    std::unique_ptr<engine::OfflineRun> run;
    std::string source; // as it is called
    std::string whose;  // "p-t, q-t: " in front of what the log tells; empty when one reading was wanted
};

nlohmann::json input_json(const Finished& done);
Result<std::string> result_of(const PcapOptions& options, const std::vector<Finished>& all);
std::string no_report(); // why this program cannot write one for browsers, and what to do; empty if it can

} // namespace visor::cmd
