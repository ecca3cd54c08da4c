// policies and taps: show, apply, delete.
#include "client/json_text.hpp"
#include "cmd/pktvisor-cli/commands.hpp"
#include "cmd/pktvisor-cli/printing.hpp"
#include "control/config_tree.hpp"

#include <cctype>
#include <fstream>
#include <iostream>
#include <iterator>

namespace visor::cmd {

using client::AgentSource;
using client::Answer;
using sinks::Ink;
using sinks::Line;
using sinks::Lines;

namespace {

constexpr int made = 201, done = 200, unauthorized = 401, forbidden = 403, not_found = 404, not_allowed = 405,
              conflict = 409;

std::string path_of(const CliOptions& options, std::string_view name = {}) {
    std::string path = "/api/v1/" + options.command;
    return name.empty() ? path : path + "/" + client::path_escaped(name);
}

// "policies" -> "policy"
std::string kind_of(const CliOptions& options) {
    return options.command == "taps" ? "tap" : "policy";
}

Result<Answer> ask(AgentSource& agent, const char* method, std::string path, std::string body = {}) {
    client::Question question;
    question.method = method;
    question.path = std::move(path);
    question.body = std::move(body);
    return agent.transport().ask(question);
}

bool tells_why(const Answer& answer) {
    const auto body = client::read_json(answer.body);
    return body && !client::text_at(*body, "error").empty();
}

// What a refusal means, and what to do about it. `file`: of the document, whose place the agent tells.
std::string explained(const AgentSource& agent, const Answer& answer, const std::string& file,
                      bool token_given) {
    const std::string text = client::said(answer);
    if (answer.status == unauthorized)
        return token_given ? agent.identity() + " does not take this token"
                           : agent.identity() + " asks for a token: say --token-file FILE";
    if (answer.status == forbidden) return agent.identity() + " refuses: " + text;
    if ((answer.status == not_found || answer.status == not_allowed) && !tells_why(answer))
        return agent.identity() + " changes nothing over HTTP: it must be started with pktvisord --admin-api";
    const bool placed = !text.empty() && std::isdigit(static_cast<unsigned char>(text.front()));
    return file.empty() || !placed ? text : file + ":" + text;
}

Lines policies_page(const std::vector<client::PolicyInfo>& policies, const sinks::Look& look) {
    Lines lines;
    for (const client::PolicyInfo& policy : policies) {
        lines.push_back(Line(look).add(policy.name, Ink::title));
        for (const std::string& tap : policy.taps) lines.back().add("  tap " + tap);
        for (const auto& input : policy.inputs) {
            Line line(look);
            line.add("  input    " + input.name);
            if (!input.source.empty()) line.add("  " + input.source);
            if (!input.interfaces.empty()) line.add("  " + input.interfaces);
            if (input.up) line.add(*input.up ? "  up" : "  down", *input.up ? Ink::good : Ink::alarm);
            lines.push_back(line);
        }
        for (const auto& handler : policy.handlers)
            lines.push_back(Line(look)
                                .add("  handler  " + handler.name)
                                .add("  " + handler.type + " " + handler.version, Ink::faint));
    }
    if (lines.empty()) lines.push_back(Line(look).add("no policies"));
    return lines;
}

Lines taps_page(const std::vector<client::TapInfo>& taps, const sinks::Look& look) {
    Lines lines;
    for (const client::TapInfo& tap : taps) {
        lines.push_back(Line(look).add(tap.name, Ink::title).add("  " + tap.input_type));
        if (!tap.config.empty()) lines.push_back(Line(look).add("  config   " + tap.config));
        if (!tap.tags.empty()) lines.push_back(Line(look).add("  tags     " + tap.tags));
    }
    if (lines.empty()) lines.push_back(Line(look).add("no taps"));
    return lines;
}

int show(AgentSource& agent, const CliOptions& options) {
    const std::string name = options.words.size() > 1 ? options.words[1] : "";
    const auto answer = ask(agent, "GET", path_of(options, name));
    if (!answer) return failed(answer.error());
    if (answer->status != done)
        return failed(agent.identity() + path_of(options, name) + ": " + client::said(*answer));
    const auto document = client::read_json(answer->body);
    if (!document) return failed(agent.identity() + ": " + document.error());
    if (options.json()) return print_json(*document) ? 0 : 1;
    const sinks::Look look = options.look();
    Lines lines;
    if (options.command == "taps") {
        const auto taps = client::read_taps(*document);
        if (!taps) return failed(taps.error());
        lines = taps_page(*taps, look);
    } else {
        const auto policies = client::read_policies(*document);
        if (!policies) return failed(policies.error());
        lines = policies_page(*policies, look);
    }
    return print(lines) ? 0 : 1;
}

Result<std::string> read_text(const std::string& file) {
    std::ifstream opened;
    if (file != "-") opened.open(file, std::ios::binary);
    std::istream& in = file == "-" ? std::cin : opened;
    if (!in) return Error{"cannot read " + file};
    std::string text;
    for (char c; text.size() <= control::max_config_bytes && in.get(c);) text += c;
    if (in.bad() || (file != "-" && !opened.is_open())) return Error{"cannot read " + file};
    if (text.size() > control::max_config_bytes) return Error{file + " is larger than any document: 1 MiB"};
    return text;
}

// Of the one tap or policy in the document; empty when it cannot be told.
std::string name_in(const std::string& document, const std::string& section) {
    const auto tree = control::parse_config(document, {});
    const control::ConfigNode* visor = tree ? tree->find("visor") : nullptr;
    const control::ConfigNode* all = visor ? visor->find(section) : nullptr;
    return all && all->entries.size() == 1 ? all->entries.front().key : std::string();
}

int told(const CliOptions& options, const std::string& name, const char* what) {
    return print(sinks::Lines{Line(options.look()).add(kind_of(options) + " '" + name + "' " + what)}) ? 0
                                                                                                       : 1;
}

// Makes it; when there is one of that name, puts this one in its place.
int apply(AgentSource& agent, const CliOptions& options) {
    const std::string& file = options.words[1];
    const auto document = read_text(file);
    if (!document) return failed(document.error());
    const std::string called = file == "-" ? "standard input" : file;
    const bool token = !options.agent.token.empty();
    const std::string name = name_in(*document, options.command);
    auto answer = ask(agent, "POST", path_of(options), *document);
    if (!answer) return failed(answer.error());
    if (answer->status == made || answer->status == done) return told(options, name, "is made");
    if (answer->status != conflict || name.empty()) return failed(explained(agent, *answer, called, token));
    const auto there = ask(agent, "GET", path_of(options, name));
    if (!there || there->status != done) return failed(explained(agent, *answer, called, token));
    const std::string taken = client::said(*answer);
    answer = ask(agent, "PUT", path_of(options, name), *document);
    if (!answer) return failed(answer.error());
    if (answer->status == done) return told(options, name, "is replaced");
    if ((answer->status == not_found || answer->status == not_allowed) && !tells_why(*answer))
        return failed(taken + "; this agent's version cannot replace one: delete it first");
    return failed(explained(agent, *answer, called, token));
}

int remove(AgentSource& agent, const CliOptions& options) {
    const std::string& name = options.words[1];
    const auto answer = ask(agent, "DELETE", path_of(options, name));
    if (!answer) return failed(answer.error());
    if (answer->status == done) return told(options, name, "is deleted");
    return failed(explained(agent, *answer, {}, !options.agent.token.empty()));
}

} // namespace

int objects(AgentSource& agent, const CliOptions& options) {
    const std::string verb = options.words.empty() ? "show" : options.words.front();
    return verb == "apply"    ? apply(agent, options)
           : verb == "delete" ? remove(agent, options)
                              : show(agent, options);
}

} // namespace visor::cmd
