#include "cmd/common/jobs.hpp"

#include "control/log.hpp"
#include "control/plan.hpp"
#include "control/registry.hpp"
#include "taps/pcap/capture_file.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <spdlog/spdlog.h>

namespace visor::cmd {

namespace {

Result<Job> job_of(engine::Plan plan, const control::CaptureInput& input) {
    auto hosts = PrefixSet::parse(input.host_spec);
    if (!hosts) return Error{hosts.error()};
    std::string policies;
    for (const auto& policy : plan.policies) policies += (policies.empty() ? "" : ", ") + policy.on_tap();
    return Job{std::move(plan), input, std::move(*hosts), std::move(policies)};
}

// Names are joined with a dash, which they may hold themselves.
std::string fault_of_names(const std::vector<Job>& jobs) {
    std::set<std::pair<std::string, std::string>> names; // of policies and their handlers
    for (const Job& job : jobs)
        for (const auto& policy : job.plan.policies)
            for (const auto& handler : policy.handlers)
                if (!names.emplace(policy.name, handler.name).second)
                    return "policy '" + policy.name + "' has two handlers named '" + handler.name +
                           "': rename a tap or a module";
    return {};
}

// Of several readings the second needs the first byte again.
std::string fault_of_repeated_reading(const CaptureOptions& options, const std::vector<Job>& jobs) {
    if (jobs.size() < 2) return {};
    for (const std::string& file : options.files) {
        std::error_code none;
        const bool absent =
            file != "-" && !std::filesystem::exists(file, none); // opening it tells that better
        if (absent || taps::can_reopen(file)) continue;
        return "policies differ in filter, hosts or limits (" + jobs[0].policies + " and " +
               jobs[1].policies + "), so the capture must be read once for each, but " +
               (file == "-" ? "standard input" : file) + " can be read only once: store it in a file";
    }
    return {};
}

Result<std::vector<Job>> configured_jobs(CaptureOptions& options, const WindowSettings& window,
                                         const control::CaptureInput& given) {
    const control::Known known{
        control::handler_infos(), control::input_infos(), {}, {}, window, options.given};
    const auto document = control::read_document(options.config, known);
    if (!document) return Error{document.error()};
    if (document->policies.empty()) return Error{options.config + ": no policies found in schema"};
    const auto passes = control::capture_passes(*document, options.config, given);
    if (!passes) return Error{passes.error()};
    std::vector<Job> jobs;
    for (const control::CapturePass& pass : *passes) {
        auto job = job_of(control::plan_of(pass.policies), pass.input);
        if (!job) return Error{job.error()};
        jobs.push_back(std::move(*job));
    }
    for (const std::string& fault : {fault_of_names(jobs), fault_of_repeated_reading(options, jobs)})
        if (!fault.empty()) return Error{options.config + ": " + fault};
    if (document->options.get_bool("verbose")) {
        options.verbose = true;
        control::log_to_stderr(true, false);
    }
    for (const auto& notice : document->notices) spdlog::info("{}", notice);
    for (const auto& policy : document->policies)
        if (policy.merge_like_handlers)
            spdlog::warn("merge_like_handlers of policy '{}' is ignored: all its taps stand for the same "
                         "capture, and added up each packet would count more than once",
                         policy.name);
    options.geo_city = document->options.get_text("geo_city");
    options.geo_asn = document->options.get_text("geo_asn");
    return jobs;
}

} // namespace

Result<std::vector<Job>> make_jobs(CaptureOptions& options) {
    WindowSettings window;
    window.periods = options.periods;
    window.deep_sample_rate = options.max_deep_sample;
    const control::CaptureInput given{options.bpf, options.host_spec, {}};
    if (!options.config.empty()) return configured_jobs(options, window, given);
    auto job = job_of(control::default_plan(window), given);
    if (!job) return Error{job.error()};
    std::vector<Job> jobs;
    jobs.push_back(std::move(*job));
    return jobs;
}

Result<control::Databases> load_databases(const CaptureOptions& options, const std::vector<Job>& jobs) {
    const auto suffixes_wanted = [](const Job& job) {
        for (const auto& policy : job.plan.policies)
            for (const auto& handler : policy.handlers)
                if (handler.config.values.get_bool("public_suffix_list")) return true;
        return false;
    };
    return control::load_databases(options.geo_city, options.geo_asn,
                                   std::any_of(jobs.begin(), jobs.end(), suffixes_wanted));
}

} // namespace visor::cmd
