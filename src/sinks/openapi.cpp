#include "sinks/openapi.hpp"

#include "sinks/openapi_schemas.hpp"

#include <algorithm>

namespace visor::sinks {

using nlohmann::json;

namespace {

json parameter_json(const RouteParameter& parameter) {
    const bool in_path = parameter.place == RouteParameter::Place::path;
    json schema;
    switch (parameter.type) {
    case RouteParameter::Type::text:
        schema = {{"type", "string"}};
        break;
    case RouteParameter::Type::uint:
        schema = {{"type", "integer"}, {"minimum", parameter.least}};
        break;
    case RouteParameter::Type::boolean:
        schema = {{"type", "boolean"}};
        break;
    }
    if (!parameter.choices.empty()) schema["enum"] = parameter.choices;
    json out{{"name", parameter.name},
             {"in", in_path ? "path" : "query"},
             {"description", parameter.help},
             {"schema", std::move(schema)}};
    if (in_path) out["required"] = true;
    return out;
}

json content_json(std::string_view type, std::string_view schema) {
    return {{std::string(type), {{"schema", schema_reference(schema)}}}};
}

// Several answers may share a status: one content type each, and their helps one after another.
json responses_json(const RouteInfo& route) {
    json out = json::object();
    for (const RouteResponse& response : route.responses) {
        json& at = out[std::to_string(response.status)];
        std::string help = at.is_null() ? "" : at["description"].get<std::string>() + "; ";
        at["description"] = help.append(response.help);
        if (!response.schema.empty())
            at["content"].update(content_json(response.content_type, response.schema));
        else if (response.content_type != RouteResponse{}.content_type)
            at["content"][std::string(response.content_type)] = {
                {"schema", {{"type", response.content_type.ends_with("json") ? "object" : "string"}}}};
    }
    return out;
}

json operation_json(const RouteInfo& route) {
    json out{{"summary", route.summary}, {"responses", responses_json(route)}};
    for (const RouteParameter& parameter : route.parameters)
        out["parameters"].push_back(parameter_json(parameter));
    if (!route.body.empty()) {
        json& body = out["requestBody"];
        body["required"] = true;
        for (const std::string_view type : route.body_types)
            body["content"].update(content_json(type, route.body));
    }
    if (route.admin) out["tags"] = {"admin"};
    return out;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

} // namespace

json openapi_json(const ApiDescription& api) {
    json paths = json::object();
    for (const RouteInfo& route : api.routes)
        paths[std::string(route.path)][lower(route.method)] = operation_json(route);
    return {
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "pktvisor"}, {"version", api.version}, {"description", "Metrics, taps and policies."}}},
        {"tags",
         {{{"name", "admin"},
           {"description", "There only when the agent may be changed over the network."}}}},
        {"paths", std::move(paths)},
        {"components", {{"schemas", component_schemas(api)}}}};
}

} // namespace visor::sinks
