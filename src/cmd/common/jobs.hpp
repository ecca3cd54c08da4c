// What is to be done with captures: the readings that the command line and a configuration ask for, and the
// databases they need.
// Threads: one. Owns: plans and databases, which runs are lent.
#pragma once

#include "base/ip.hpp"
#include "control/capture_input.hpp"
#include "control/databases.hpp"
#include "engine/plan.hpp"
#include "metric/options.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace visor::cmd {

struct CaptureOptions {
    std::vector<std::string> files;
    std::string bpf, host_spec, config, geo_city, geo_asn;
    unsigned max_deep_sample = 100;
    unsigned periods = 5;
    unsigned workers = 1;
    bool verbose = false;
    OptionValues given; // of these, what visor.config may say too and was said on the command line
};

// One reading, and what to do with its frames.
struct Job {
    engine::Plan plan;
    control::CaptureInput input;
    PrefixSet hosts;
    std::string policies; // "p-t, q-t": whom it is for
};

// At least one. What visor.config says and the command line does not is put into the options.
Result<std::vector<Job>> make_jobs(CaptureOptions& options);

// Those that these jobs need.
Result<control::Databases> load_databases(const CaptureOptions& options, const std::vector<Job>& jobs);

} // namespace visor::cmd
