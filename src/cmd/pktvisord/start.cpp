#include "cmd/pktvisord/start.hpp"

#include "cmd/pktvisord/privileges.hpp"
#include "control/log.hpp"
#include "control/registry.hpp"
#include "version.hpp"

#include <fstream>
#include <spdlog/spdlog.h>

namespace visor::cmd {

namespace {

void tell(engine::TapEvent event, const std::string& text) {
    const auto level = event == engine::TapEvent::error     ? spdlog::level::err
                       : event == engine::TapEvent::warning ? spdlog::level::warn
                                                            : spdlog::level::info;
    spdlog::log(level, "{}", text);
}

WindowSettings window_of(const OptionValues& options) {
    WindowSettings window;
    window.periods = static_cast<uint32_t>(options.get_uint("periods", window.periods));
    window.deep_sample_rate =
        static_cast<uint32_t>(options.get_uint("max_deep_sample", window.deep_sample_rate));
    return window;
}

WindowSettings window_of(const Settings& settings) {
    WindowSettings window;
    window.periods = settings.periods;
    window.deep_sample_rate = settings.max_deep_sample;
    return window;
}

void log_answer(const http::Answered& answered) {
    spdlog::info("REQUEST: {} {} {}", answered.request.method, answered.request.path, answered.status);
    if (answered.status == 500) spdlog::error("{}", answered.response.text());
}

// An IPv6 address has colons of its own.
std::string in_url(const std::string& host) {
    return host.find(':') == std::string::npos || host.front() == '[' ? host : "[" + host + "]";
}

// net, dns, dhcp and pcap on one interface: what runs when nobody says anything else.
control::PolicyConfig default_policy(const CommandLine& line, const WindowSettings& window) {
    control::PolicyConfig policy;
    policy.name = policy.tap = "default";
    policy.taps = {"default"};
    policy.input_type = "pcap";
    policy.input_config.set_text("bpf", line.bpf);
    policy.window = window;
    constexpr std::pair<const char*, const char*> modules[] = {
        {"net", "net"}, {"dhcp", "dhcp"}, {"dns", "dns"}, {"pcap_stats", "pcap"}};
    for (const auto& [instance, type] : modules)
        policy.modules.push_back(
            control::plain_module(instance, *control::find_handler(type, "1.0"), window));
    return policy;
}

} // namespace

Result<control::Document> read_configuration(const CommandLine& line, const std::string& path) {
    const control::Known known{
        control::handler_infos(), control::input_infos(), {}, {}, window_of(line.given), line.given, true};
    auto document = control::read_document(path, known);
    if (!document) return Error{document.error()};
    return std::move(*document);
}

Result<std::unique_ptr<Running>> Running::start(const CommandLine& line, const Settings& settings,
                                                std::optional<control::Document> document,
                                                std::function<void()> stop) {
    std::unique_ptr<Running> running(new Running(line, settings));
    for (const auto step : {&Running::load_databases, &Running::read_token, &Running::open_server})
        if (const std::string error = (running.get()->*step)(); !error.empty()) return Error{error};
    if (!settings.user.empty()) {
        const auto user = find_user(settings.user);
        if (!user) return Error{user.error()};
        if (const auto became = become(*user); !became) return Error{became.error()};
    }
    control::write_log();
    if (auto watch = taps::AddressWatch::open()) running->addresses_ = std::move(*watch);
    running->make_rest(std::move(stop));
    if (const std::string error = running->begin(document ? std::move(*document) : control::Document{});
        !error.empty())
        return Error{error};
    running->server_->start();
    running->log_start();
    return running;
}

namespace {
// When it was changed last; the past for one that is not there.
std::filesystem::file_time_type time_of(const std::string& path) {
    std::error_code none;
    const auto time = std::filesystem::last_write_time(path, none);
    return none ? std::filesystem::file_time_type::min() : time;
}

DatabaseTimes times_of(const Settings& settings) {
    return {time_of(settings.geo_city), time_of(settings.geo_asn)};
}
} // namespace

std::string Running::load_databases() {
    databases_times_ = times_of(settings_);
    auto loaded = control::load_databases(settings_.geo_city, settings_.geo_asn, false);
    if (!loaded) return loaded.error();
    if (auto suffixes = engine::load_suffixes())
        loaded->suffixes = std::move(*suffixes);
    else
        spdlog::warn("{}: public_suffix_list will do nothing", suffixes.error());
    databases_ = std::make_shared<const control::Databases>(std::move(*loaded));
    return {};
}

// A file that is being written is read again when it is complete: its time changes once more.
void Running::follow_databases() {
    if (times_of(settings_) == databases_times_) return;
    const auto before = databases_;
    if (const std::string error = load_databases(); !error.empty()) {
        spdlog::error("{}; the database before is still used", error);
    } else if (const auto trouble = agent_->replace_databases(databases_)) {
        spdlog::error("{}; the databases before are still used", trouble->text);
        databases_ = before;
    } else {
        spdlog::info("databases of places were read anew; policies go on with them");
    }
}

std::string Running::read_token() {
    if (settings_.admin_token_file.empty()) return {};
    std::ifstream file(settings_.admin_token_file);
    std::getline(file, token_);
    constexpr const char* blanks = " \t\r";
    token_.erase(token_.find_last_not_of(blanks) + 1); // all of it when there is nothing else
    token_.erase(0, token_.find_first_not_of(blanks));
    if (token_.empty())
        return "cannot read a token from " + settings_.admin_token_file +
               ": its first line is to be the token";
    return {};
}

// Bound, and waiting: it answers when all else is there.
std::string Running::open_server() {
    http::ServerConfig config;
    config.host = settings_.host;
    config.port = settings_.port;
    if (settings_.tls) config.tls = {settings_.tls_cert, settings_.tls_key, settings_.tls_client_ca, false};
    config.answered = log_answer;
    auto server = http::Server::open(std::move(config),
                                     [this](const http::Request& request) { return (*rest_)(request); });
    if (!server) return server.error();
    server_ = std::move(*server);
    return {};
}

void Running::make_rest(std::function<void()> stop) {
    control::AgentSettings agent;
    agent.tap = {settings_.workers, settings_.ring_bytes, settings_.promiscuous};
    agent.window = window_of(settings_);
    agent.databases = databases_;
    agent.adaptive_sampling = settings_.adaptive_sampling;
    agent_ = std::make_unique<control::Agent>(agent, tell);
    control::RestSettings rest;
    rest.version = version_text;
    rest.prom_instance = settings_.prom_instance;
    rest.admin = settings_.admin_api;
    rest.token = token_;
    rest.client_certificate_needed = !settings_.tls_client_ca.empty() && token_.empty();
    rest.bound_host = settings_.host;
    rest.stop = std::move(stop);
    rest.notice = [](const std::string& text) { spdlog::warn("in a document over REST: {}", text); };
    rest_ = std::make_unique<control::Rest>(*agent_, std::move(rest));
}

// The tap and policy "default" for the interface of the command line.
control::Document Running::of_interface() const {
    control::Document document;
    if (line_.iface.empty()) return document;
    control::TapConfig tap{"default", "pcap", {}, {}};
    tap.config.set_text("iface", line_.iface);
    tap.config.set_text("host_spec", line_.host_spec);
    document.taps.push_back(std::move(tap));
    document.policies.push_back(default_policy(line_, window_of(settings_)));
    return document;
}

std::string Running::begin(control::Document&& document) {
    for (const auto& notice : document.notices) spdlog::warn("{}", notice);
    document_ = std::move(document);
    if (const auto trouble = agent_->add(document_))
        return with_place(*trouble, document_, line_.config).text;
    const auto trouble = agent_->add(of_interface());
    return trouble ? trouble->text : std::string();
}

void Running::log_policies() const {
    const auto streams = agent_->streams();
    for (const auto& policy : agent_->policies()) {
        if (policy->resources) continue;
        std::string taps;
        for (const auto& on_tap : policy->taps) {
            const auto found = streams.find(on_tap.stream->name);
            if (found == streams.end()) continue; // opened meanwhile
            const control::StreamState& state = found->second;
            taps += (taps.empty() ? "" : "; ") + on_tap.stream->tap;
            for (const auto& name : state.interfaces) taps += " " + name;
            taps += fmt::format(" ({}, {} workers)", state.source, state.workers);
        }
        spdlog::info("policy '{}' on {}", policy->config.name, taps);
    }
}

void Running::log_start() const {
    log_policies();
    const std::string url =
        fmt::format("{}://{}:{}", settings_.tls ? "https" : "http", in_url(settings_.host), server_->port());
    spdlog::info("web server listening on {}", url);
    const bool has_default = agent_->policy("default") != nullptr;
    spdlog::info("try: curl {}{}", url, has_default ? "/metrics" : "/api/v1/policies");
}

std::string Running::status() const {
    size_t policies = 0;
    for (const auto& policy : agent_->policies()) policies += !policy->resources;
    return fmt::format("{} policies, http port {}", policies, server_->port());
}

void Running::follow_files_and_addresses() {
    follow_databases();
    if (addresses_ && addresses_->changed()) agent_->addresses_changed();
}

void Running::reload() {
    if (const auto log = control::reopen_log(); !log) spdlog::error("{}", log.error());
    if (line_.config.empty()) return;
    auto now = agent_->read_in_place_of(document_, line_.config, line_.given);
    if (!now) {
        spdlog::error("{}; nothing was changed", now.error());
        return;
    }
    for (const auto& notice : now->notices) spdlog::warn("{}", notice);
    if (!(now->options == document_.options))
        spdlog::warn(
            "{}: of visor.config only periods and max_deep_sample take effect now; the rest takes a restart",
            line_.config);
    if (const auto trouble = agent_->reload(document_, *now)) {
        spdlog::error("{}; nothing was changed", with_place(*trouble, *now, line_.config).text);
        return;
    }
    document_ = std::move(*now);
    spdlog::info("{} was read anew", line_.config);
    log_policies();
}

void Running::stop() {
    server_->stop();
    agent_.reset();
}

} // namespace visor::cmd
