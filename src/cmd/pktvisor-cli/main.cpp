// pktvisor-cli: what an agent sees, or what is in captures, on a terminal.
#include "cmd/common/standard_streams.hpp"
#include "cmd/pktvisor-cli/captures.hpp"
#include "cmd/pktvisor-cli/commands.hpp"
#include "cmd/pktvisor-cli/options.hpp"
#include "cmd/pktvisor-cli/printing.hpp"
#include "control/log.hpp"

#include <exception>
#include <unistd.h>

namespace visor::cmd {

namespace {

int show(client::Source& source, const CliOptions& options) {
    return options.command == "top" ? show_top(source, options) : show_once(source, options);
}

int run(CliOptions& options) {
    if (!options.token_file.empty()) {
        auto token = read_token(options.token_file);
        if (!token) return failed(token.error());
        options.agent.token = std::move(*token);
    }
    if (!options.capture.files.empty()) {
        control::log_to_stderr(false, true);
        const auto source = capture_source(options.capture);
        return source ? show(**source, options) : failed(source.error());
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
