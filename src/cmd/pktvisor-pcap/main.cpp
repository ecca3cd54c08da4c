// pktvisor-pcap: runs the engine over capture files and prints what it found.
#include "cmd/common/reading.hpp"
#include "cmd/common/standard_streams.hpp"
#include "control/log.hpp"
#include "control/plan.hpp"
#include "engine/offline.hpp"
#include "options.hpp"
#include "results.hpp"
#include "sinks/json.hpp"
#include "sinks/rows.hpp"

#include <cstdio>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace visor::cmd {

namespace {

constexpr int fatal = 255;

void log_input(const PcapOptions& options, const Finished& done) {
    nlohmann::json info;
    info["pcap"] = input_json(done);
    info["pcap"]["files"] = options.files;
    if (!done.whose.empty()) info["pcap"]["policies"] = done.job.policies;
    control::log_block(sinks::dump_json(info, true));
}

void log_directions(const PcapOptions& options, const Finished& done) {
    const engine::Ledger& ledger = done.run->ledger();
    const std::string& hosts = done.job.input.host_spec;
    const auto& [unknown, in, out] = ledger.directions;
    if (unknown == 0 || in + out > 0) return;
    const std::string& hint = ledger.likely_hosts;
    if (!hosts.empty())
        spdlog::warn("{}no packet is to or from the hosts given ({}), so none has a direction", done.whose,
                     hosts);
    else if (options.format != "text") // which tells it itself
        spdlog::info("{}no -H was given, so no packet has a direction{}", done.whose,
                     hint.empty() ? "" : "; for this traffic try -H " + hint);
}

// Where every frame and every handler's events went.
void log_ledger(const Finished& done) {
    for (const auto& line : engine::ledger_lines(done.run->ledger()))
        spdlog::info("{}ledger {} = {} ({})", done.whose, line.path, line.count, line.help);
    for (const auto& policy : done.run->policies())
        for (const auto& handler : policy.handlers)
            for (const auto& line : sinks::balance_of(handler))
                spdlog::info("ledger {}.{} = {} ({})", handler.plan->name, line.path, line.count, line.help);
}

// Which minutes a result leaves out.
void log_periods(const PcapOptions& options, const engine::OfflineRun& run) {
    if (options.format == "text") return; // which tells it itself
    for (const auto& policy : run.policies()) {
        if (!policy.periods_left_out) continue;
        spdlog::warn("the result{} covers the last {} of {} minutes with packets; {} covers everything",
                     options.config.empty() ? "" : " of policy '" + policy.plan->name + "'", policy.periods,
                     policy.periods + policy.periods_left_out,
                     options.config.empty() ? "--periods 1" : "num_periods: 1");
    }
}

void log_outcome(const PcapOptions& options, const Finished& done, double seconds) {
    const engine::Ledger& ledger = done.run->ledger();
    spdlog::info("processed {} packets ({:.2f} M/s)", ledger.feed.frames,
                 static_cast<double>(ledger.feed.frames) / 1e6 / std::max(seconds, 1e-6));
    if (ledger.interrupted)
        spdlog::warn("{}interrupted: the result covers the first {} packets only", done.whose,
                     ledger.feed.frames);
    log_periods(options, *done.run);
    if (ledger.feed.late)
        spdlog::warn("{}{} packets are more than a minute older than some before them; "
                     "they count in a later minute than their own",
                     done.whose, ledger.feed.late);
    if (options.verbose) log_ledger(done);
}

bool print(const std::string& out) {
    return std::fwrite(out.data(), 1, out.size(), stdout) == out.size() && std::fflush(stdout) == 0;
}

// One reading of the capture. `trouble`: of the reading before, told once; replaced by this one's.
Result<Finished> read_capture(const PcapOptions& options, Job& job, const Services& services,
                              const StopSignal& stop, bool several, std::string& trouble) {
    auto read = read_job(options, job, services, stop);
    if (!read) return Error{read.error()};
    const std::string told = std::exchange(trouble, read->trouble);
    Finished done{job, std::move(read->run), read->source, {}};
    if (several) done.whose = job.policies + ": ";
    log_input(options, done);
    if (!trouble.empty() && trouble != told) spdlog::warn("{}", trouble);
    log_outcome(options, done, read->seconds);
    log_directions(options, done);
    return done;
}

Result<int> run(PcapOptions& options) {
    if (options.format == "html")
        if (const std::string why = no_report(); !why.empty()) return Error{why};
    auto jobs = make_jobs(options);
    if (!jobs) return Error{jobs.error()};
    auto databases = load_databases(options, *jobs);
    if (!databases) return Error{databases.error()};
    const Services services = databases->services();
    const StopSignal stop = stop_on_signals();
    std::vector<Finished> all;
    std::string trouble;
    bool interrupted = false;
    for (Job& job : *jobs) {
        if (interrupted) {
            spdlog::warn("interrupted: nothing was read for {}", job.policies);
            continue;
        }
        auto done = read_capture(options, job, services, stop, jobs->size() > 1, trouble);
        if (!done) return Error{done.error()};
        interrupted = done->run->ledger().interrupted;
        all.push_back(std::move(*done));
    }
    const auto out = result_of(options, all);
    if (!out) return Error{out.error()};
    if (!print(*out)) return Error{"cannot write to standard output"};
    return interrupted ? interrupted_exit_code() : 0;
}

} // namespace

int program(int argc, char** argv) {
    PcapOptions options;
    int exit_code = 0;
    if (!parse_command_line(argc, argv, options, exit_code)) return exit_code;
    control::log_to_stderr(options.verbose, options.format == "text");
    if (options.input != "pcap") {
        spdlog::error("Fatal error: input type '{}' is not available; this program reads: pcap",
                      options.input);
        return fatal;
    }
    try {
        const auto result = run(options);
        if (result) return *result;
        spdlog::error("Fatal error: {}", result.error());
        if (stop_signalled()) return interrupted_exit_code();
    } catch (const std::exception& e) { // out of memory, or a library's last word
        spdlog::error("Fatal error: {}", e.what());
    }
    return fatal;
}

} // namespace visor::cmd

int main(int argc, char** argv) {
    visor::cmd::hold_standard_streams();
    return visor::cmd::program(argc, argv);
}
