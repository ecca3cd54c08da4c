// pktvisor-pcap: runs the engine over capture files and prints what it found.
#include "control/capture_input.hpp"
#include "control/log.hpp"
#include "control/plan.hpp"
#include "control/registry.hpp"
#include "engine/geo.hpp"
#include "engine/offline.hpp"
#include "engine/suffix.hpp"
#include "interrupt.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "sinks/json.hpp"
#include "sinks/rows.hpp"
#include "sinks/text.hpp"
#include "taps/pcap/merged_source.hpp"

#include <chrono>
#include <cstdio>
#include <spdlog/spdlog.h>
#include <unistd.h>

namespace visor::cmd {

namespace {

constexpr int fatal = 255;

// What the operator gave, loaded; handlers are lent views of it.
struct Databases {
    std::optional<GeoTable> city, asn;
    std::unique_ptr<SuffixList> suffixes;
    Services services() const { return {city ? &*city : nullptr, asn ? &*asn : nullptr, suffixes.get()}; }
};

Result<Databases> load_databases(const PcapOptions& options, const engine::Plan& plan) {
    Databases loaded;
    const auto load = [](const std::string& path, auto loader, std::optional<GeoTable>& into) -> std::string {
        if (path.empty()) return {};
        auto table = loader(path);
        if (!table) return table.error();
        into = std::move(*table);
        return {};
    };
    for (const std::string& error : {load(options.geo_city, engine::load_city, loaded.city),
                                     load(options.geo_asn, engine::load_asn, loaded.asn)})
        if (!error.empty()) return Error{error};
    for (const auto& policy : plan.policies) {
        for (const auto& handler : policy.handlers) {
            if (loaded.suffixes || !handler.config.values.get_bool("public_suffix_list")) continue;
            auto suffixes = engine::load_suffixes();
            if (!suffixes) return Error{suffixes.error()};
            loaded.suffixes = std::move(*suffixes);
        }
    }
    return loaded;
}

// What is to be done with the frames, and which of them, as the command line and a configuration say.
struct Job {
    engine::Plan plan;
    control::CaptureInput input;
    PrefixSet hosts;
};

Result<Job> configured_job(PcapOptions& options, const WindowSettings& window,
                           const control::CaptureInput& given) {
    const control::Known known{
        control::handler_infos(), control::input_infos(), {}, {}, window, true, options.given};
    const auto document = control::read_document(options.config, known);
    if (!document) return Error{document.error()};
    if (document->policies.empty()) return Error{options.config + ": no policies found in schema"};
    auto input = control::capture_input(*document, options.config, given);
    if (!input) return Error{input.error()};
    for (const auto& notices : {document->notices, input->notices})
        for (const auto& notice : notices) spdlog::info("{}", notice);
    options.geo_city = document->options.get_text("geo_city");
    options.geo_asn = document->options.get_text("geo_asn");
    return Job{control::plan_of(document->policies), std::move(*input), {}};
}

Result<Job> make_job(PcapOptions& options) {
    WindowSettings window;
    window.periods = options.periods;
    window.deep_sample_rate = options.max_deep_sample;
    auto hosts = PrefixSet::parse(options.host_spec);
    if (!hosts) return Error{hosts.error()};
    const control::CaptureInput given{options.bpf, options.host_spec, {}};
    if (options.config.empty()) return Job{control::default_plan(window), given, std::move(*hosts)};
    auto job = configured_job(options, window, given);
    if (!job) return job;
    auto all_hosts = PrefixSet::parse(job->input.host_spec);
    if (!all_hosts) return Error{all_hosts.error()};
    job->hosts = std::move(*all_hosts);
    return job;
}

// What a handler has against its configuration, before anything is read.
std::string handler_fault(const engine::Plan& plan, const Services& services) {
    for (const auto& policy : plan.policies) {
        for (const auto& handler : policy.handlers) {
            const auto made = handler.handler->create(handler.config, services);
            if (!made) return "handler '" + handler.name + "': " + made.error();
        }
    }
    return {};
}

nlohmann::json result_json(const PcapOptions& options, const engine::OfflineRun& run,
                           const Services& services) {
    const sinks::JsonOptions how{options.extended};
    nlohmann::json out;
    if (options.config.empty()) {
        nlohmann::json& window = out[std::to_string(options.periods) + "m"];
        for (const auto& handler : run.policies().front().handlers)
            window[std::string(handler.plan->handler->schema().key)] =
                sinks::handler_json(handler, services, how);
    } else {
        for (const auto& policy : run.policies())
            for (const auto& handler : policy.handlers)
                out[policy.plan->name][handler.plan->name][std::string(handler.plan->handler->schema().key)] =
                    sinks::handler_json(handler, services, how);
    }
    if (options.extended) out["ledger"] = sinks::ledger_json(run.ledger());
    return out;
}

void log_input(const PcapOptions& options, const control::CaptureInput& input) {
    nlohmann::json info;
    info["pcap"] = {{"files", options.files}, {"bpf", input.bpf}, {"host_spec", input.host_spec}};
    spdlog::info("{}", sinks::dump_json(info, true));
}

void log_directions(const PcapOptions& options, const engine::Ledger& ledger, const std::string& hosts) {
    const auto& [unknown, in, out] = ledger.directions;
    if (unknown == 0 || in + out > 0) return;
    const std::string& hint = ledger.likely_hosts;
    if (!hosts.empty())
        spdlog::warn("no packet is to or from the hosts given ({}), so none has a direction", hosts);
    else if (options.format != "text") // which tells it itself
        spdlog::info("no -H was given, so no packet has a direction{}",
                     hint.empty() ? "" : "; for this traffic try -H " + hint);
}

// Where every frame and every handler's events went.
void log_ledger(const engine::OfflineRun& run, const Services& services) {
    for (const auto& line : engine::ledger_lines(run.ledger()))
        spdlog::info("ledger {} = {} ({})", line.path, line.count, line.help);
    for (const auto& policy : run.policies())
        for (const auto& handler : policy.handlers)
            for (const auto& line : sinks::balance_of(handler, services))
                spdlog::info("ledger {}.{} = {} ({})", handler.plan->name, line.path, line.count, line.help);
}

void log_outcome(const PcapOptions& options, const engine::OfflineRun& run, const Services& services,
                 double seconds) {
    const engine::Ledger& ledger = run.ledger();
    spdlog::info("processed {} packets ({:.2f} M/s)", ledger.feed.frames,
                 static_cast<double>(ledger.feed.frames) / 1e6 / std::max(seconds, 1e-6));
    if (ledger.interrupted)
        spdlog::warn("interrupted: the result covers the first {} packets only", ledger.feed.frames);
    if (options.format != "text") {
        for (const auto& policy : run.policies()) {
            if (!policy.periods_left_out) continue;
            spdlog::warn("the result{} covers the last {} of {} minutes with packets; {} covers everything",
                         options.config.empty() ? "" : " of policy '" + policy.plan->name + "'",
                         policy.periods, policy.periods + policy.periods_left_out,
                         options.config.empty() ? "--periods 1" : "num_periods: 1");
        }
    }
    if (ledger.feed.late)
        spdlog::warn("{} packets are more than a minute older than some before them; "
                     "they count in a later minute than their own",
                     ledger.feed.late);
    if (options.verbose) log_ledger(run, services);
}

// There were packets, and none could be read.
bool nothing_read(const engine::Ledger& ledger) {
    const engine::SourceLedger& s = ledger.source;
    return s.bad_record + s.unsupported_link > 0 && s.delivered + s.filtered_bpf == 0;
}

bool print(const std::string& out) {
    return std::fwrite(out.data(), 1, out.size(), stdout) == out.size() && std::fflush(stdout) == 0;
}

Result<int> run(PcapOptions& options) {
    auto job = make_job(options);
    if (!job) return Error{job.error()};
    auto databases = load_databases(options, job->plan);
    if (!databases) return Error{databases.error()};
    const Services services = databases->services();
    if (const std::string fault = handler_fault(job->plan, services); !fault.empty())
        return Error{options.config + ": " + fault};
    const StopSignal stop = stop_on_signals();
    auto source = taps::MergedSource::open(options.files, {job->input.bpf, stop.fd});
    if (!source) return Error{source.error()};
    const auto begin = std::chrono::steady_clock::now();
    ProgressBar bar;
    engine::OfflineOptions how{options.workers, control::decode_settings(job->plan, std::move(job->hosts)),
                               [&](const auto& ledger, const auto& totals) { bar.update(ledger, totals); },
                               stop.flag, job->input.tcp_connections};
    auto done = engine::OfflineRun::run(**source, job->plan, services, how);
    if (!done) return Error{done.error()};
    bar.clear();
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    const std::string trouble = (*source)->trouble();
    if (nothing_read((*done)->ledger())) return Error{"no packet could be read: " + trouble};
    log_input(options, job->input);
    if (!trouble.empty()) spdlog::warn("{}", trouble);
    log_outcome(options, **done, services, elapsed.count());
    log_directions(options, (*done)->ledger(), job->input.host_spec);

    std::string out;
    if (options.format == "text")
        out = sinks::text_report(**done, services,
                                 {isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR"), (*source)->name()});
    else
        out = sinks::dump_json(result_json(options, **done, services), options.format == "pretty") + "\n";
    if (!print(out)) return Error{"cannot write to standard output"};
    return (*done)->ledger().interrupted ? interrupted_exit_code() : 0;
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
    return visor::cmd::program(argc, argv);
}
