// status: whether the agent is well.
#include "cmd/pktvisor-cli/commands.hpp"
#include "cmd/pktvisor-cli/printing.hpp"
#include "sinks/text_units.hpp"

#include <chrono>
#include <map>
#include <thread>

namespace visor::cmd {

using client::AgentSource;
using client::PolicyInfo;
using sinks::Ink;
using sinks::Line;
using sinks::Lines;

namespace {

constexpr std::chrono::seconds between_looks{1};

// By stream and path; policies that share a stream tell of the same counts.
using Ledger = std::map<std::string, std::map<std::string, double>>;

struct Status {
    client::AppInfo app;
    std::vector<PolicyInfo> policies;
    std::vector<client::TapInfo> taps;
    Ledger ledger;
    std::map<std::string, double> dropping; // by stream: in the second between two looks
    std::vector<std::string> problems;
};

bool is_drop(const std::string& path) {
    return path.starts_with("tap.dropped.") || path.starts_with("tap.lost_before.");
}

Result<Ledger> ledger_of(AgentSource& agent, const std::vector<PolicyInfo>& policies) {
    Ledger ledger;
    for (const PolicyInfo& policy : policies) {
        const auto picture = agent.look(policy.name, 1);
        if (!picture) return Error{picture.error()};
        for (const client::LedgerLine& line : picture->ledger) ledger[line.stream][line.path] = line.count;
    }
    return ledger;
}

void find_problems(const Ledger& before, Status& status) {
    for (const auto& [stream, counts] : status.ledger) {
        const auto earlier = before.find(stream);
        if (earlier == before.end()) continue;
        for (const auto& [path, count] : counts) {
            const auto then = earlier->second.find(path);
            if (is_drop(path) && then != earlier->second.end() && count > then->second)
                status.dropping[stream] += count - then->second;
        }
    }
    for (const auto& [stream, count] : status.dropping)
        status.problems.push_back("stream " + stream + " drops packets now: " + count_text(count) +
                                  " in the last second");
    std::map<std::string, std::string> down; // streams are shared by policies
    for (const PolicyInfo& policy : status.policies)
        for (const client::InputInfo& input : policy.inputs)
            if (input.up == false) down[input.name] = input.interfaces;
    for (const auto& [stream, interfaces] : down)
        status.problems.push_back("stream " + stream + " is down" +
                                  (interfaces.empty() ? "" : ": interface " + interfaces));
}

Result<Status> status_of(AgentSource& agent) {
    Status status;
    auto policies = agent.policy_infos();
    if (!policies) return Error{policies.error()};
    status.policies = std::move(*policies);
    auto app = agent.app();
    if (!app) return Error{app.error()};
    status.app = std::move(*app);
    if (auto taps = agent.taps()) status.taps = std::move(*taps); // 3.0 to 3.2 tell of none
    const auto before = ledger_of(agent, status.policies);
    if (!before) return Error{before.error()};
    if (!before->empty()) {
        std::this_thread::sleep_for(between_looks);
        auto now = ledger_of(agent, status.policies);
        if (!now) return Error{now.error()};
        status.ledger = std::move(*now);
    }
    find_problems(*before, status);
    return status;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const auto& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

Lines status_page(const AgentSource& agent, const Status& status, const sinks::Look& look) {
    constexpr size_t label = 10, gap = 3;
    Lines lines;
    lines.push_back(Line(look).left("agent", label, Ink::heading).add(agent.identity(), Ink::title));
    lines.back().add("  pktvisor " + status.app.version + ", up " +
                     sinks::duration_of_minutes(status.app.up_minutes));
    for (const PolicyInfo& policy : status.policies) {
        Line line(look);
        line.left("policy", label, Ink::heading).add(policy.name);
        if (!policy.taps.empty()) line.add("  tap " + joined(policy.taps));
        std::vector<std::string> types;
        for (const auto& handler : policy.handlers)
            types.push_back(handler.type + (handler.version.empty() ? "" : " " + handler.version));
        if (!types.empty()) line.add("  " + joined(types), Ink::faint);
        lines.push_back(line);
    }
    for (const client::TapInfo& tap : status.taps)
        lines.push_back(Line(look)
                            .left("tap", label, Ink::heading)
                            .add(tap.name + "  " + tap.input_type)
                            .add(tap.config.empty() ? "" : "  " + tap.config, Ink::faint));
    for (const auto& [stream, counts] : status.ledger) {
        Lines items{Line(look).add(stream)};
        for (const auto& [path, count] : counts)
            if (path == "tap.received" || path == "tap.delivered" || (is_drop(path) && count > 0))
                items.push_back(Line(look).add(path.substr(4) + " " + count_text(count),
                                               is_drop(path) ? Ink::alarm : Ink::plain));
        const Lines wrapped = sinks::wrapped("stream", label, items, gap, look);
        lines.insert(lines.end(), wrapped.begin(), wrapped.end());
    }
    if (status.ledger.empty())
        lines.push_back(Line(look)
                            .left("stream", label, Ink::heading)
                            .add("this agent does not tell what it drops", Ink::faint));
    for (const std::string& problem : status.problems)
        lines.push_back(Line(look).left("problem", label, Ink::alarm).add(problem, Ink::alarm));
    if (status.problems.empty())
        lines.push_back(Line(look).left("health", label, Ink::good).add("ok", Ink::good));
    return lines;
}

nlohmann::json status_json(const AgentSource& agent, const Status& status) {
    nlohmann::json out{{"agent", agent.identity()},           {"version", status.app.version},
                       {"up_minutes", status.app.up_minutes}, {"well", status.problems.empty()},
                       {"problems", status.problems},         {"ledger", status.ledger},
                       {"dropping", status.dropping},         {"policies", nlohmann::json::object()},
                       {"taps", nlohmann::json::array()}};
    for (const PolicyInfo& policy : status.policies) {
        nlohmann::json& into = out["policies"][policy.name];
        into = {{"taps", policy.taps}, {"handlers", nlohmann::json::array()}};
        for (const auto& handler : policy.handlers)
            into["handlers"].push_back(
                {{"name", handler.name}, {"type", handler.type}, {"version", handler.version}});
        for (const auto& input : policy.inputs)
            into["inputs"].push_back({{"name", input.name},
                                      {"source", input.source},
                                      {"interfaces", input.interfaces},
                                      {"up", input.up ? nlohmann::json(*input.up) : nlohmann::json()}});
    }
    for (const client::TapInfo& tap : status.taps)
        out["taps"].push_back({{"name", tap.name}, {"input_type", tap.input_type}});
    return out;
}

} // namespace

int show_status(AgentSource& agent, const CliOptions& options) {
    const auto status = status_of(agent);
    if (!status) return failed(status.error());
    const sinks::Look look = options.look();
    const bool printed =
        options.json() ? print_json(status_json(agent, *status)) : print(status_page(agent, *status, look));
    return printed && status->problems.empty() ? 0 : 1;
}

} // namespace visor::cmd
