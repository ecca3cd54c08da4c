#include "cmd/pktvisord/settings.hpp"

#include "base/processors.hpp"
#include "cmd/common/loopback.hpp"

#include <algorithm>

namespace visor::cmd {

namespace {

constexpr unsigned workers_max = 64;

// Accepted, as configurations in use have them; what they ask for is not in this build.
constexpr std::string_view not_built[] = {"module_dir",
                                          "iana_service_port_registry",
                                          "default_service_registry",
                                          "otel",
                                          "cp_token",
                                          "cp_url",
                                          "cp_custom",
                                          "cp_path"};

// What does not go together; empty = nothing.
std::string fault_of(const OptionValues& options, const Settings& settings) {
    if (settings.tls && (settings.tls_cert.empty() || settings.tls_key.empty()))
        return "--tls needs --tls-cert and --tls-key";
    if (!settings.tls && !settings.tls_client_ca.empty()) return "--tls-client-ca needs --tls";
    const bool guarded = !settings.admin_token_file.empty() || !settings.tls_client_ca.empty();
    if (settings.admin_api && !guarded && !is_loopback(settings.host) && !options.get_bool("admin_insecure"))
        return "--admin-api on " + settings.host +
               " would let every host that reaches it change what runs: give --admin-token-file or "
               "--tls-client-ca, or waive this with --admin-insecure";
    return {};
}

std::vector<std::string> notices_of(const OptionValues& options, const Settings& settings) {
    std::vector<std::string> notices;
    if (settings.max_deep_sample != 100)
        notices.push_back("deep samples: " + std::to_string(settings.max_deep_sample) + "% of events");
    if (!settings.adaptive_sampling)
        notices.emplace_back("deep samples: as many when falling behind, and rather lost frames");
    for (const std::string_view key : not_built)
        if (const OptionValue* value = options.find(key);
            value && (value->kind != OptionValue::Kind::boolean || value->boolean))
            notices.push_back("accepted, not built: " + flag_of(key));
    return notices;
}

} // namespace

const OptionValues& default_options() {
    static const auto defaults = [] {
        OptionValues values;
        values.set_text("host", "localhost");
        values.set_uint("port", 10853);
        values.set_uint("periods", 5);
        values.set_uint("max_deep_sample", 100);
        values.set_uint("ring_mb", 64);
        return values;
    }();
    return defaults;
}

std::string flag_of(std::string_view key) {
    constexpr std::pair<std::string_view, const char*> short_ones[] = {
        {"verbose", "-v"}, {"daemon", "-d"}, {"host", "-l"}, {"port", "-p"}};
    for (const auto& [name, flag] : short_ones)
        if (name == key) return flag;
    std::string flag = "--" + std::string(key);
    std::replace(flag.begin(), flag.end(), '_', '-');
    return flag;
}

Result<Settings> settings_of(const OptionValues& given) {
    OptionValues options = default_options();
    options.merge(given);
    const auto text = [&](std::string_view key) { return std::string(options.get_text(key)); };
    const auto number = [&](std::string_view key) { return static_cast<unsigned>(options.get_uint(key)); };
    const auto either = [&](std::string_view key, std::string_view otherwise) {
        return options.has(key) ? text(key) : text(otherwise);
    };
    Settings s;
    s.host = text("host");
    s.port = static_cast<uint16_t>(number("port"));
    s.prom_instance = text("prom_instance");
    s.tls = options.get_bool("tls");
    s.tls_cert = text("tls_cert");
    s.tls_key = text("tls_key");
    s.tls_client_ca = text("tls_client_ca");
    s.admin_api = options.get_bool("admin_api");
    s.admin_token_file = text("admin_token_file");
    s.periods = number("periods");
    s.max_deep_sample = number("max_deep_sample");
    s.workers = options.has("workers") ? number("workers") : std::min(available_processors(), workers_max);
    s.ring_bytes = options.get_uint("ring_mb") << 20;
    s.adaptive_sampling = !options.get_bool("no_adaptive_sampling");
    s.promiscuous = options.get_bool("promiscuous");
    s.geo_city = either("geo_city", "default_geo_city");
    s.geo_asn = either("geo_asn", "default_geo_asn");
    s.verbose = options.get_bool("verbose");
    s.syslog = options.get_bool("syslog");
    s.daemon = options.get_bool("daemon");
    s.module_list = options.get_bool("module_list");
    s.log_file = text("log_file");
    s.user = text("user");
    s.notices = notices_of(options, s);
    if (const std::string fault = fault_of(options, s); !fault.empty()) return Error{fault};
    return s;
}

} // namespace visor::cmd
