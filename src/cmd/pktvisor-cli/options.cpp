#include "cmd/pktvisor-cli/options.hpp"

#include "cmd/common/command_line.hpp"
#include "terminal/terminal.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace visor::cmd {

namespace {

constexpr const char* operands = "[COMMAND | FILE...]";

constexpr const char* description =
    "Shows what an agent (pktvisord) sees, live on this terminal, or what is in captures.\n"
    "\n"
    "Commands, instead of the live screen:\n"
    "  top LIST                        one top list: dns.qname2, in.ipv4, nxdomain...\n"
    "  status                          how the agent is; exit status 1 when it drops\n"
    "                                  packets now or a tap is down\n"
    "  policies|taps [show [NAME]]     what is configured\n"
    "  policies|taps apply FILE        make or replace the one in FILE (- for standard\n"
    "                                  input); needs pktvisord --admin-api\n"
    "  policies|taps delete NAME\n";

constexpr const char* examples =
    "Examples:\n"
    "  pktvisor-cli                         the agent of this host, live\n"
    "  pktvisor-cli -H ns1 -P dns           policy dns of the agent on ns1\n"
    "  pktvisor-cli capture.pcap            what is in a capture, on the same screens\n"
    "  pktvisor-cli --once --format json    everything, as one line for a script\n"
    "  pktvisor-cli top nxdomain -n 20      which names do not exist\n"
    "  pktvisor-cli status || page-me       is it well?\n";

constexpr const char* commands[] = {"top", "status", "policies", "taps"};

constexpr const char* of_agent = "Agent";
constexpr const char* shown = "What is shown";
constexpr const char* screen = "Terminal";
constexpr const char* of_captures = "Captures";

std::vector<std::string> names_of_themes() {
    std::vector<std::string> names;
    for (const std::string_view name : terminal::theme_names()) names.emplace_back(name);
    return names;
}

void declare_agent(CLI::App& app, CliOptions& o) {
    app.add_option("-H", o.agent.host, "host name or address of the agent")
        ->type_name("HOST")
        ->group(of_agent)
        ->capture_default_str();
    app.add_option("-p", o.agent.port, "its port")
        ->type_name("PORT")
        ->check(CLI::Range(1, 65535))
        ->group(of_agent)
        ->option_text("PORT=" + std::to_string(o.agent.port));
    app.add_option("-P", o.policy, "policy to show; default, or the first there is, unless told otherwise")
        ->type_name("POLICY")
        ->group(of_agent);
    app.add_flag("--tls", o.agent.tls, "ask with HTTPS")->group(of_agent);
    app.add_flag_callback(
           "--tls-noverify", [&o] { o.agent.tls = true, o.agent.verify = false; },
           "ask with HTTPS, whatever certificate is shown")
        ->group(of_agent);
    app.add_option(
           "--tls-ca", o.agent.ca_file,
           "ask with HTTPS, and trust certificates that this one (PEM) has signed, or this one itself")
        ->type_name("FILE")
        ->group(of_agent);
    app.add_option("--token-file", o.token_file, "file whose first line is the token that changes ask for")
        ->type_name("FILE")
        ->group(of_agent);
}

void declare_shown(CLI::App& app, CliOptions& o) {
    app.add_flag("--once", o.once, "print what there is now, and exit")->group(shown);
    app.add_option("--format", o.format, "of what is printed: text (a page to read) or json (one line)")
        ->type_name("FORMAT")
        ->check(CLI::IsMember({"text", "json"}))
        ->group(shown)
        ->option_text("FORMAT=text");
    app.add_option("--minutes", o.minutes,
                   "how far back: 1 is the minute that is being filled, 2 that and the last, and so on, as "
                   "many as the agent keeps")
        ->type_name("N")
        ->check(CLI::Range(1, 1000))
        ->group(shown)
        ->option_text("N=5");
    app.add_option("-n", o.lines, "lines of a top list")
        ->type_name("N")
        ->check(CLI::Range(1, 1000))
        ->group(shown)
        ->option_text("N=" + std::to_string(o.lines));
}

void declare_screen(CLI::App& app, CliOptions& o) {
    app.add_option("--color", o.color, "auto, always or never; NO_COLOR in the environment is never")
        ->type_name("WHEN")
        ->check(CLI::IsMember({"auto", "always", "never"}))
        ->group(screen)
        ->option_text("WHEN=auto");
    std::string themes;
    for (const std::string& name : names_of_themes()) themes += (themes.empty() ? "" : ", ") + name;
    app.add_option("--theme", o.theme, "colours of the live screen: " + themes)
        ->type_name("NAME")
        ->check(CLI::IsMember(names_of_themes()))
        ->group(screen)
        ->option_text("NAME=" + terminal::Options().theme);
    app.add_flag("--ascii", o.ascii, "nothing but ASCII, as without a UTF-8 locale")->group(screen);
    app.add_flag("--no-mouse", o.no_mouse, "leave the mouse to the terminal")->group(screen);
}

void declare_captures(CLI::App& app, CliOptions& o) {
    CaptureOptions& c = o.capture;
    app.add_option("-b", c.bpf, "capture filter (pcap-filter(7)): only these frames")
        ->type_name("BPF")
        ->group(of_captures);
    app.add_option("--host-spec", c.host_spec,
                   "comma separated CIDRs of the host: what is to and from them is in and out")
        ->type_name("HOSTSPEC")
        ->group(of_captures);
    app.add_option("--config", c.config, "YAML file whose policies to run instead of the default analysis")
        ->type_name("FILE")
        ->group(of_captures);
    app.add_option("--geo-city", c.geo_city, "city database (mmdb) for places of addresses")
        ->type_name("FILE")
        ->group(of_captures);
    app.add_option("--geo-asn", c.geo_asn, "ASN database (mmdb) for autonomous systems of addresses")
        ->type_name("FILE")
        ->group(of_captures);
}

bool is_command(const std::string& word) {
    return std::find(std::begin(commands), std::end(commands), word) != std::end(commands);
}

// Files, unless one of them was meant as a command.
std::string sort_files(std::vector<std::string> given, CliOptions& o) {
    std::error_code none;
    const auto meant = std::find_if(given.begin(), given.end(), [&](const std::string& word) {
        return is_command(word) && !std::filesystem::exists(word, none);
    });
    if (meant != given.end())
        return "'" + *meant +
               "' is a command, and commands ask an agent; what is in a capture is printed by " + cli_name +
               " --once " + given.front();
    o.capture.files = std::move(given);
    return {};
}

// Operands are a command and its words, or files.
std::string sort_operands(std::vector<std::string> given, CliOptions& o) {
    if (given.empty()) return {};
    if (!is_command(given.front())) return sort_files(std::move(given), o);
    o.command = given.front();
    o.words.assign(given.begin() + 1, given.end());
    const size_t words = o.words.size();
    if (o.command == "top") return words == 1 ? "" : "top takes one list, such as dns.qname2";
    if (o.command == "status") return words == 0 ? "" : "status takes nothing";
    if (words == 0) return {};
    const std::string& verb = o.words.front();
    if (verb == "show") return words <= 2 ? "" : "show takes one name";
    if (verb != "apply" && verb != "delete")
        return o.command + " takes show, apply or delete, not '" + verb + "'";
    return words == 2 ? "" : verb == "apply" ? "apply takes one file" : "delete takes one name";
}

// An option that would be passed over in silence: of captures, where an agent is asked, or the other way
// round.
std::string misplaced(const CLI::App& app, const CliOptions& o) {
    const bool captures = !o.capture.files.empty();
    for (const CLI::Option* option : app.get_options()) {
        const std::string name = option->get_name();
        if (option->count() == 0 || name == "-P") continue;
        if (captures && option->get_group() == of_agent)
            return name + " is for agents, and this shows a capture" +
                   (name == "-H" ? ": --host-spec says which hosts are its own" : "");
        if (!captures && option->get_group() == of_captures)
            return name + " is for captures, and none is named";
    }
    return {};
}

OptionValues given_options(const CLI::App& app, const CaptureOptions& c) {
    OptionValues given;
    given.set_uint("periods", c.periods);
    if (app.count("--geo-city")) given.set_text("geo_city", c.geo_city);
    if (app.count("--geo-asn")) given.set_text("geo_asn", c.geo_asn);
    return given;
}

bool colourless() {
    const char* set = std::getenv("NO_COLOR");
    return set && *set;
}

} // namespace

sinks::Look CliOptions::look() const {
    const bool wanted = color == "always" || (color == "auto" && !colourless() && isatty(STDOUT_FILENO) == 1);
    return {.colour = wanted, .utf8 = !ascii && sinks::utf8_locale()};
}

bool CliOptions::screen() const {
    return command.empty() && !once && format.empty();
}

std::vector<std::string> with_our_dashes(const std::vector<std::string>& arguments,
                                         const std::vector<std::string>& long_names) {
    std::vector<std::string> out;
    for (size_t i = 0; i < arguments.size(); ++i) {
        const std::string& word = arguments[i];
        if (word == "--") {
            out.insert(out.end(), arguments.begin() + static_cast<ptrdiff_t>(i), arguments.end());
            break;
        }
        const size_t begin = word.starts_with("--") ? 2 : 1;
        if (!word.starts_with("-") || word.size() <= begin) {
            out.push_back(word);
            continue;
        }
        const size_t equals = std::min(word.find('='), word.size());
        const std::string name = word.substr(begin, equals - begin);
        const bool is_long = std::find(long_names.begin(), long_names.end(), name) != long_names.end();
        if (name.size() == 1) {
            out.push_back("-" + name);
            if (equals < word.size()) out.push_back(word.substr(equals + 1));
        } else {
            out.push_back(is_long && begin == 1 ? "-" + word : word);
        }
    }
    return out;
}

Result<std::string> read_token(const std::string& path) {
    std::ifstream file(path);
    std::string token;
    if (!std::getline(file, token)) return Error{"cannot read a token from " + path};
    while (!token.empty() && std::isspace(static_cast<unsigned char>(token.back()))) token.pop_back();
    const auto sendable = [](unsigned char c) { return c > 0x20 && c < 0x7f; };
    if (token.empty() || !std::all_of(token.begin(), token.end(), sendable))
        return Error{"the first line of " + path + " is no token: printable ASCII without spaces"};
    return token;
}

bool parse_command_line(int argc, char** argv, CliOptions& options, int& exit_code) {
    CLI::App app{description, cli_name};
    std::vector<std::string> given;
    app.add_option("COMMAND | FILE", given, "a command from above, or capture files to show")
        ->option_text("...");
    declare_agent(app, options);
    declare_shown(app, options);
    declare_screen(app, options);
    declare_captures(app, options);
    teach(app, examples);
    std::vector<std::string> long_names;
    for (const CLI::Option* option : app.get_options())
        for (const auto& name : option->get_lnames()) long_names.push_back(name);
    std::vector<std::string> words = with_our_dashes({argv + std::min(argc, 1), argv + argc}, long_names);
    std::vector<const char*> pointers{cli_name};
    for (const std::string& word : words) pointers.push_back(word.c_str());
    const std::vector<std::string> earlier{"tls", "tls-noverify", "version", "help"};
    std::erase_if(long_names, [&](const std::string& name) {
        return std::find(earlier.begin(), earlier.end(), name) != earlier.end();
    });
    if (const auto ended =
            parse(app, static_cast<int>(pointers.size()), pointers.data(), operands, long_names)) {
        exit_code = *ended;
        return false;
    }
    std::string wrong = sort_operands(std::move(given), options);
    if (wrong.empty()) wrong = misplaced(app, options);
    if (!wrong.empty()) {
        exit_code = wrong_use(app, wrong, operands);
        return false;
    }
    if (app.count("--tls-ca")) options.agent.tls = true;
    options.capture.periods = 1; // a capture is shown as a whole
    options.capture.given = given_options(app, options.capture);
    return true;
}

} // namespace visor::cmd
