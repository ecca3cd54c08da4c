#include "cmd/pktvisord/options.hpp"

#include "cmd/common/command_line.hpp"
#include "cmd/pktvisord/settings.hpp"
#include "control/policy.hpp"

#include <CLI/CLI.hpp>

namespace visor::cmd {

namespace {

constexpr const char* operands = "[IFACE]";

constexpr const char* description =
    "Summarises network traffic as it passes: what flows, from and to whom, how the\n"
    "DNS and DHCP in it are doing. Metrics by the minute, for Prometheus and as JSON.\n";

constexpr const char* examples =
    "Examples:\n"
    "  pktvisord eth0                  watch eth0; curl localhost:10853/metrics\n"
    "  pktvisord -b 'port 53' eth0     its DNS only\n"
    "  pktvisord -H 192.0.2.0/24 auto  192.0.2.0/24 is this host's: in and out\n"
    "  pktvisord --config visor.yaml   the taps and policies of a file\n"
    "  pktvisord -d --user nobody --log-file /var/log/pktvisord.log eth0\n"
    "Capturing takes CAP_NET_RAW: run it as root or from a systemd unit, or say\n"
    "  setcap cap_net_raw=ep pktvisord\n";

constexpr const char* capture = "Capture";
constexpr const char* config_file = "Configuration";
constexpr const char* web = "Web server";
constexpr const char* places = "Places of addresses";
constexpr const char* process = "Process and log";
constexpr const char* accepted = "Accepted, but not needed or not in this build";

constexpr bool newer = true;

// Where a process option stands in the help, what its value is called there, and whether earlier versions did
// not have it.
struct Shown {
    std::string_view key;
    const char* group;
    const char* value = "";
    bool is_newer = false;
};
constexpr Shown shown_options[] = {
    {"promiscuous", capture, "", newer},
    {"ring_mb", capture, "N", newer},
    {"workers", capture, "N", newer},
    {"periods", capture, "P"},
    {"max_deep_sample", capture, "N"},
    {"no_adaptive_sampling", capture, "", newer},
    {"host", web, "HOST"},
    {"port", web, "PORT"},
    {"prom_instance", web, "ID"},
    {"tls", web},
    {"tls_cert", web, "FILE"},
    {"tls_key", web, "FILE"},
    {"tls_client_ca", web, "FILE", newer},
    {"admin_api", web},
    {"admin_token_file", web, "FILE", newer},
    {"admin_insecure", web, "", newer},
    {"geo_city", places, "FILE"},
    {"geo_asn", places, "FILE"},
    {"default_geo_city", places, "FILE"},
    {"default_geo_asn", places, "FILE"},
    {"daemon", process},
    {"user", process, "NAME", newer},
    {"log_file", process, "FILE"},
    {"syslog", process},
    {"verbose", process},
    {"module_list", process},
    {"prometheus", accepted},
    {"no_track", accepted},
    {"geo_cache_size", accepted, "N"},
    {"module_dir", accepted, "DIR"},
    {"iana_service_port_registry", accepted, "FILE"},
    {"default_service_registry", accepted, "FILE"},
    {"otel", accepted},
    {"otel_host", accepted, "HOST"},
    {"otel_port", accepted, "PORT"},
    {"otel_path", accepted, "PATH"},
    {"otel_interval", accepted, "SECONDS"},
    {"otel_tls", accepted},
    {"otel_tls_cert", accepted, "FILE"},
    {"otel_tls_key", accepted, "FILE"},
    {"cp_disable", accepted},
    {"cp_token", accepted, "TOKEN"},
    {"cp_url", accepted, "URL"},
    {"cp_custom", accepted, "TEXT"},
    {"cp_path", accepted, "FILE"},
};

// Else -1 would be the largest number there is.
std::string wrong_number(const std::string& text) {
    const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
    return digits ? "" : "not a number: " + text;
}

// As it is shown: with what it is when nobody says so.
std::string value_text(const Shown& shown) {
    const OptionValue* value = default_options().find(shown.key);
    if (!value) return shown.value;
    return std::string(shown.value) + "=" +
           (value->kind == OptionValue::Kind::uint ? std::to_string(value->number) : value->text);
}

CLI::Option* declare(CLI::App& app, const Shown& shown, OptionValues& given) {
    const std::string key(shown.key), flag = flag_of(key);
    const OptionTable tables[] = {control::process_options};
    const Option& option = *find_option(tables, key);
    const std::string help(option.help);
    if (option.type == OptionType::boolean)
        return app
            .add_flag_callback(
                flag, [&given, key] { given.set_bool(key, true); }, help)
            ->disable_flag_override();
    CLI::Option* declared;
    if (option.type == OptionType::uint)
        declared = app.add_option_function<uint64_t>(
                          flag, [&given, key](const uint64_t& value) { given.set_uint(key, value); }, help)
                       ->check(wrong_number);
    else
        declared = app.add_option_function<std::string>(
            flag, [&given, key](const std::string& value) { given.set_text(key, value); }, help);
    return declared->type_name(shown.value)->option_text(value_text(shown));
}

using Names = std::vector<std::string>;

void add_names(Names& names, const CLI::Option& option) {
    const auto& more = option.get_lnames();
    names.insert(names.end(), more.begin(), more.end());
}

// The options that earlier versions did not have.
Names declare(CLI::App& app, CommandLine& line) {
    Names newer_ones;
    app.add_option("IFACE", line.iface,
                   "interface to watch: its name, one of its addresses, or auto for the busiest; summarised "
                   "by a policy named default")
        ->option_text(" ");
    app.add_option("-b", line.bpf, "only these frames of IFACE: a capture filter, pcap-filter(7)")
        ->type_name("BPF")
        ->group(capture);
    app.add_option("-H", line.host_spec,
                   "comma separated CIDRs of this host, beside the addresses of IFACE: what is to and from "
                   "them is in and out")
        ->type_name("HOSTSPEC")
        ->group(capture);
    app.add_option("--config", line.config, "YAML file of options, taps and policies")
        ->type_name("FILE")
        ->group(config_file);
    add_names(newer_ones, *app.add_option("--check-config", line.check_config,
                                          "tell whether this file is valid, and exit")
                               ->type_name("FILE")
                               ->group(config_file));
    for (const Shown& shown : shown_options) {
        const CLI::Option* option = declare(app, shown, line.given)->group(shown.group);
        if (shown.is_newer) add_names(newer_ones, *option);
    }
    teach(app, examples);
    for (const char* name : {"--help", "--version"}) app.get_option(name)->group(process);
    return newer_ones;
}

bool nothing_to_do(const CommandLine& line) {
    return line.iface.empty() && line.config.empty() && line.check_config.empty() &&
           !line.given.get_bool("admin_api") && !line.given.get_bool("module_list");
}

} // namespace

std::optional<int> parse_command_line(int argc, const char* const* argv, CommandLine& line) {
    CLI::App app{description, "pktvisord"};
    const Names newer_ones = declare(app, line);
    if (const auto ended = parse(app, argc, argv, operands, newer_ones)) return ended;
    const OptionTable tables[] = {control::process_options};
    if (const auto error = check_options(tables, line.given)) return wrong_use(app, error->text, operands);
    if (nothing_to_do(line))
        return wrong_use(app, "nothing to do: name an interface, or give --config or --admin-api", operands);
    return std::nullopt;
}

} // namespace visor::cmd
