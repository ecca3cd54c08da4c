// pktvisord: the agent. Reads its configuration, opens taps and server, and waits for signals.
#include "cmd/common/standard_streams.hpp"
#include "cmd/pktvisord/daemon.hpp"
#include "cmd/pktvisord/options.hpp"
#include "cmd/pktvisord/privileges.hpp"
#include "cmd/pktvisord/service_manager.hpp"
#include "cmd/pktvisord/settings.hpp"
#include "cmd/pktvisord/signals.hpp"
#include "cmd/pktvisord/start.hpp"
#include "control/log.hpp"
#include "control/registry.hpp"
#include "control/resources.hpp"
#include "version.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <spdlog/spdlog.h>

namespace visor::cmd {

namespace {

constexpr std::chrono::milliseconds watch_every{500};
constexpr std::chrono::seconds sample_every{5};

int fail(const std::string& error) {
    spdlog::error("{}", error);
    spdlog::info("exit with failure");
    return 1;
}

int list_modules() {
    for (const auto& input : control::input_infos()) spdlog::info("input: {}", input.type);
    for (const auto* handler : control::handler_classes())
        spdlog::info("handler: {} {}", handler->type, handler->version);
    return 0;
}

// Until somebody says stop: addresses are followed, and what the process takes is told.
void serve(Signals& signals, Running& running, const ServiceManager& manager) {
    control::ResourceSampler sampler;
    auto next_sample = std::chrono::steady_clock::now() + sample_every;
    for (;;) {
        const auto wish = signals.wait(static_cast<int>(watch_every.count()));
        if (wish == Wish::stop) return;
        if (wish == Wish::reload) {
            manager.reloading();
            running.reload();
            manager.ready(running.status());
        }
        running.follow_files_and_addresses();
        if (std::chrono::steady_clock::now() >= next_sample) {
            next_sample += sample_every;
            running.tell_resources(sampler.sample());
        }
        manager.alive();
    }
}

int run(const CommandLine& line, const Settings& settings, std::optional<control::Document> document,
        Daemon* daemon) {
    auto signals = Signals::take();
    if (!signals) return fail(signals.error());
    auto running = Running::start(line, settings, std::move(document), [&] { signals->ask_to_stop(); });
    if (!running) return fail(running.error());
    if (daemon) {
        control::leave_standard_output();
        daemon->ready(); // whoever started it waits for that
    }
    const ServiceManager manager;
    manager.ready((*running)->status());
    serve(*signals, **running, manager);
    spdlog::info("Shutting down");
    manager.stopping();
    (*running)->stop();
    spdlog::info("exit with success");
    return 0;
}

// Files that are read again when the working directory is another one.
std::string absolute(const std::string& path) {
    return path.empty() ? path : std::filesystem::absolute(path).string();
}

int start(CommandLine line) {
    OptionValues options = line.given;
    line.config = absolute(line.config);
    std::optional<control::Document> document;
    if (!line.config.empty()) {
        auto read = read_configuration(line, line.config);
        if (!read) return fail(read.error());
        document = std::move(*read);
        options = document->options;
    }
    auto settings = settings_of(options);
    if (!settings) return fail(settings.error());
    settings->geo_city = absolute(settings->geo_city);
    settings->geo_asn = absolute(settings->geo_asn);
    if (document && document->policies.empty() && line.iface.empty() && !settings->admin_api)
        return fail(line.config +
                    " has no policies, and without --admin-api none can be made: nothing to do");
    if (const auto logging = control::log_live({settings->log_file, settings->syslog}, settings->verbose);
        !logging)
        return fail(logging.error());
    if (settings->module_list) return list_modules();
    for (const auto& notice : settings->notices) spdlog::info("{}", notice);
    if (!settings->daemon) return run(line, *settings, std::move(document), nullptr);
    auto daemon = Daemon::begin();
    if (!daemon) return fail(daemon.error());
    return run(line, *settings, std::move(document), &*daemon);
}

int check(const CommandLine& line) {
    const auto document = read_configuration(line, line.check_config);
    if (!document) return fail(document.error());
    const auto settings = settings_of(document->options);
    if (!settings) return fail(line.check_config + ": " + settings.error());
    for (const auto& notice : document->notices) spdlog::info("{}", notice);
    control::flush_log();
    std::cout << line.check_config << ": good: " << document->taps.size() << " taps, "
              << document->policies.size() << " policies\n";
    return 0;
}

} // namespace

} // namespace visor::cmd

// What was logged is seen, unless nobody takes it.
int main(int argc, char** argv) {
    visor::cmd::hold_standard_streams();
    visor::cmd::CommandLine line;
    if (const auto code = visor::cmd::parse_command_line(argc, argv, line)) return *code;
    if (const auto logging = visor::control::log_live({}, false); !logging) return 1;
    const int code = line.check_config.empty() ? visor::cmd::start(line) : visor::cmd::check(line);
    if (!visor::control::end_log()) std::_Exit(code);
    return code;
}
