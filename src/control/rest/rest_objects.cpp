// Routes of taps and policies, and what changes them.
#include "control/rest/objects.hpp"
#include "control/rest/replies.hpp"
#include "control/rest/rest.hpp"

namespace visor::control {

using http::PathValues;
using http::Request;
using http::Response;

Response Rest::taps(const Request&, const PathValues&) const {
    nlohmann::json out = nlohmann::json::object();
    for (const TapConfig& tap : agent_.taps()) out[tap.name] = tap_json(tap);
    return json_reply(out);
}

Response Rest::tap(const Request&, const PathValues& path) const {
    for (const TapConfig& tap : agent_.taps())
        if (tap.name == path["name"]) return json_reply({{tap.name, tap_json(tap)}});
    return error_reply(404, no_such_tap);
}

Response Rest::policies(const Request&, const PathValues&) const {
    nlohmann::json out = nlohmann::json::object();
    const auto all = agent_.policies();
    agent_.refresh(all);
    const Ground ground = ground_of(agent_);
    for (const PolicyPointer& policy : all) out[policy->config.name] = policy_info_json(*policy, ground);
    return json_reply(out);
}

Response Rest::policy(const Request&, const PathValues& path) const {
    const PolicyPointer policy = agent_.policy(std::string(path["name"]));
    if (!policy) return error_reply(404, no_such_policy);
    agent_.refresh({&policy, 1});
    return json_reply({{policy->config.name, policy_info_json(*policy, ground_of(agent_))}});
}

namespace {
Extent extent_of(const Request& request) {
    return is_set(request, "dry_run") ? Extent::trial : Extent::done;
}
} // namespace

void Rest::tell_notices(const Document& document) const {
    if (!settings_.notice) return;
    for (const std::string& notice : document.notices) settings_.notice(notice);
}

Response Rest::add_tap(const Request& request, const PathValues&) const {
    const auto document = agent_.parse(request.body, DocumentKind::tap);
    if (!document) return refusal_reply(document.reason());
    const Extent extent = extent_of(request);
    if (const Trouble trouble = agent_.add(*document, extent)) return refusal_reply(*trouble);
    const TapConfig& tap = document->taps.front();
    if (extent == Extent::done) tell_notices(*document);
    return json_reply({{tap.name, tap_json(tap)}}, extent == Extent::done ? 201 : 200);
}

Response Rest::put_tap(const Request& request, const PathValues& path) const {
    const std::string name(path["name"]);
    const auto document = agent_.parse_in_place_of(name, request.body, DocumentKind::tap);
    if (!document) return refusal_reply(document.reason());
    const TapConfig& tap = document->taps.front();
    if (tap.name != name)
        return error_reply(400, "the tap in the document is '" + tap.name + "', not '" + name + "'");
    const Extent extent = extent_of(request);
    if (const Trouble trouble = agent_.replace_tap(name, *document, extent)) return refusal_reply(*trouble);
    if (extent == Extent::done) tell_notices(*document);
    return json_reply({{tap.name, tap_json(tap)}});
}

Response Rest::delete_tap(const Request& request, const PathValues& path) const {
    if (const Trouble trouble = agent_.remove_tap(std::string(path["name"]), extent_of(request)))
        return refusal_reply(*trouble);
    return json_reply(nlohmann::json::object());
}

Response Rest::planned_reply(const Document& document) const {
    const PolicyConfig& policy = document.policies.front();
    return json_reply({{policy.name, policy_config_json(policy, agent_.taps())}});
}

Response Rest::add_policy(const Request& request, const PathValues&) const {
    const auto document = agent_.parse(request.body, DocumentKind::policy);
    if (!document) return refusal_reply(document.reason());
    const Extent extent = extent_of(request);
    if (const Trouble trouble = agent_.add(*document, extent)) return refusal_reply(*trouble);
    if (extent == Extent::trial) return planned_reply(*document);
    tell_notices(*document);
    PathValues made;
    made.add("name", document->policies.front().name);
    Response reply = policy(request, made);
    if (reply.status == 200) reply.status = 201;
    return reply;
}

Response Rest::put_policy(const Request& request, const PathValues& path) const {
    const std::string name(path["name"]);
    const auto document = agent_.parse_in_place_of(name, request.body, DocumentKind::policy);
    if (!document) return refusal_reply(document.reason());
    const std::string& given = document->policies.front().name;
    if (given != name)
        return error_reply(400, "the policy in the document is '" + given + "', not '" + name + "'");
    const Extent extent = extent_of(request);
    if (const Trouble trouble = agent_.replace_policy(name, *document, extent))
        return refusal_reply(*trouble);
    if (extent == Extent::trial) return planned_reply(*document);
    tell_notices(*document);
    return policy(request, path);
}

Response Rest::delete_policy(const Request& request, const PathValues& path) const {
    if (const Trouble trouble = agent_.remove_policy(std::string(path["name"]), extent_of(request)))
        return refusal_reply(*trouble);
    return json_reply(nlohmann::json::object());
}

Response Rest::stop_server(const Request& request, const PathValues&) const {
    if (settings_.stop && extent_of(request) == Extent::done) settings_.stop();
    return Response(200);
}

} // namespace visor::control
