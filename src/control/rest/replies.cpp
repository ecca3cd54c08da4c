#include "control/rest/replies.hpp"

#include "sinks/json.hpp"

namespace visor::control {

bool is_set(const http::Request& request, std::string_view parameter) {
    const std::string_view value = request.parameter(parameter);
    return value == "1" || value == "true" || (value.empty() && request.has_parameter(parameter));
}

http::Response json_reply(const nlohmann::json& body, int status) {
    return {status, "text/json", sinks::dump_json(body, false)};
}

http::Response error_reply(int status, std::string_view text) {
    return json_reply({{"error", text}}, status);
}

namespace {
int status_of(RefusalKind kind) {
    switch (kind) {
    case RefusalKind::invalid:
    case RefusalKind::too_many:
        return 400;
    case RefusalKind::not_found:
        return 404;
    case RefusalKind::conflict:
        return 409;
    case RefusalKind::no_match:
        return 422;
    case RefusalKind::unavailable:
        break;
    }
    return 500;
}
} // namespace

http::Response refusal_reply(const Refusal& refusal) {
    return error_reply(status_of(refusal.kind), refusal.text);
}

} // namespace visor::control
