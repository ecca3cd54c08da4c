#include "control/rest/replies.hpp"

#include "sinks/json.hpp"

namespace visor::control {

http::Response json_reply(const nlohmann::json& body, int status) {
    return {status, "text/json", sinks::dump_json(body, false)};
}

http::Response error_reply(int status, std::string_view text) {
    return json_reply({{"error", text}}, status);
}

http::Response refusal_of(std::string_view trouble) {
    const auto says = [&](std::string_view what) { return trouble.find(what) != std::string_view::npos; };
    if (says("does not exists")) return error_reply(404, trouble);
    if (says("already")) return error_reply(409, trouble);
    if (says("no tap match found")) return error_reply(422, trouble);
    // What is right as a document, and cannot be done on this host now.
    if (trouble.starts_with("unable to instantiate tap") || says("failed to start"))
        return error_reply(500, trouble);
    return error_reply(400, trouble);
}

} // namespace visor::control
