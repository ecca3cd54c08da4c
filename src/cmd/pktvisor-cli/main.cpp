// pktvisor-cli: what an agent sees, or what is in captures, on a terminal.
#include "cmd/common/interrupt.hpp"
#include "cmd/common/loopback.hpp"
#include "cmd/common/standard_streams.hpp"
#include "cmd/pktvisor-cli/captures.hpp"
#include "cmd/pktvisor-cli/commands.hpp"
#include "cmd/pktvisor-cli/options.hpp"
#include "cmd/pktvisor-cli/printing.hpp"
#include "control/log.hpp"
#include "terminal/terminal.hpp"

#include <exception>
#include <unistd.h>

namespace visor::cmd {

namespace {

int show_live(client::Source& source, const CliOptions& options) {
    if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
        return failed("the live screen takes a terminal; --once prints what there is now");
    terminal::Options how;
    how.policy = options.policy;
    // An agent may come, and its policies with it; what is in a capture is known.
    if (!source.live() && !how.policy.empty())
        if (const auto there = source.look(how.policy, 1); !there) return failed(there.error());
    if (options.minutes) how.minutes = *options.minutes;
    if (!options.theme.empty()) how.theme = options.theme;
    how.monochrome = !options.look().colour;
    how.ascii = options.ascii;
    how.mouse = !options.no_mouse;
    return terminal::run(source, how);
}

int show(client::Source& source, const CliOptions& options) {
    if (options.screen()) return show_live(source, options);
    return options.command == "top" ? show_top(source, options) : show_once(source, options);
}

int run(CliOptions& options) {
    if (!options.token_file.empty()) {
        auto token = read_token(options.token_file);
        if (!token) return failed(token.error());
        options.agent.token = std::move(*token);
        if (!options.agent.tls && !is_loopback(client::bare_host(options.agent.host)))
            tell("the token goes to " + options.agent.host +
                 " for all on the way to read: --tls protects it");
    }
    if (!options.capture.files.empty()) {
        control::log_to_stderr(false, true);
        const auto source = capture_source(options.capture);
        if (!source) return stop_signalled() ? interrupted_exit_code() : failed(source.error());
        const int shown = show(**source, options);
        return stop_signalled() ? interrupted_exit_code() : shown;
    }
    auto transport = client::http_transport(options.agent);
    if (!transport) return failed(transport.error());
    client::AgentSource agent(std::move(*transport));
    if (options.command == "status") return show_status(agent, options);
    if (options.command == "policies" || options.command == "taps") return objects(agent, options);
    return show(agent, options);
}

} // namespace

int program(int argc, char** argv) {
    CliOptions options;
    int exit_code = 0;
    if (!parse_command_line(argc, argv, options, exit_code)) return exit_code;
    try {
        return run(options);
    } catch (const std::exception& e) { // out of memory, or a library's last word
        return failed(e.what());
    }
}

} // namespace visor::cmd

int main(int argc, char** argv) {
    visor::cmd::hold_standard_streams();
    return visor::cmd::program(argc, argv);
}
