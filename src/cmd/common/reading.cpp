#include "cmd/common/reading.hpp"

#include "base/processors.hpp"
#include "cmd/common/progress.hpp"
#include "control/plan.hpp"
#include "taps/pcap/merged_source.hpp"

#include <algorithm>
#include <chrono>

namespace visor::cmd {

namespace {

// There were packets, and none could be read.
bool nothing_read(const engine::Ledger& ledger) {
    const engine::SourceLedger& s = ledger.source;
    return s.bad_record + s.unsupported_link > 0 && s.delivered + s.filtered_bpf == 0;
}

} // namespace

Result<Reading> read_job(const CaptureOptions& options, Job& job, const Services& services,
                         const StopSignal& stop) {
    auto source = taps::MergedSource::open(options.files, {job.input.bpf, stop.fd});
    if (!source) return Error{source.error()};
    const auto begin = std::chrono::steady_clock::now();
    ProgressBar bar;
    const engine::OfflineOptions how{
        .workers = options.workers,
        .threads = std::min(available_processors(), 2 * options.workers),
        .decode = control::decode_settings(job.plan, std::move(job.hosts), services.key),
        .progress = [&](const auto& ledger, const auto& totals) { bar.update(ledger, totals); },
        .stop = stop.flag,
        .tcp_connections = job.input.tcp_connections};
    auto run = engine::OfflineRun::run(**source, job.plan, services, how);
    if (!run) return Error{run.error()};
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
    std::string trouble = (*source)->trouble();
    if (nothing_read((*run)->ledger())) return Error{"no packet could be read: " + trouble};
    return Reading{std::move(*run), (*source)->name(), std::move(trouble), elapsed.count()};
}

} // namespace visor::cmd
