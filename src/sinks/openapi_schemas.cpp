#include "sinks/openapi_schemas.hpp"

#include "engine/ledger.hpp"
#include "sinks/names.hpp"
#include "sinks/rows.hpp"

#include <map>

namespace visor::sinks {

using nlohmann::json;

namespace {

json object_of(json properties, bool closed = true) {
    json out{{"type", "object"}, {"properties", std::move(properties)}};
    if (closed) out["additionalProperties"] = false;
    return out;
}
// An object in which none of its properties may be missing.
json whole(json object) {
    for (const auto& [name, property] : object["properties"].items()) object["required"].push_back(name);
    return object;
}
json map_of(json values) {
    return {{"type", "object"}, {"additionalProperties", std::move(values)}};
}
json list_of(json items) {
    return {{"type", "array"}, {"items", std::move(items)}};
}
json described(json schema, std::string_view help) {
    schema["description"] = help;
    return schema;
}

const json count = {{"type", "integer"}, {"minimum", 0}};
const json number = {{"type", "number"}};
const json text = {{"type", "string"}};
const json scalar = {{"type", {"string", "number", "boolean"}}};
// As YAML has them, values of options may stand in quotes.
const json truth = {{"enum", {true, false, "true", "false"}}};
const json version = {{"enum", {"1.0", 1.0}}};

json quoted_or(json uint) {
    uint["type"] = {"integer", "string"};
    uint["pattern"] = "^[0-9]{1,20}$";
    return uint;
}

// Shapes of the kinds of metrics.
void add_kinds(json& out) {
    json quantiles = json::object(), rate = json::object();
    for (const char* name : quantile_names) {
        quantiles[name] = number;
        rate[name] = count;
    }
    rate["live"] = described(count, "the last second, while the period is open");
    for (const char* name : {"min", "max", "sum"}) quantiles[name] = number;
    quantiles["count"] = count;
    quantiles["bins"] =
        described(list_of({{"type", "array"}, {"items", number}, {"minItems", 3}, {"maxItems", 3}}),
                  "[lower, upper, count] by rising value: how many are above lower, up to upper");
    rate["seconds"] = whole(object_of({{"start_ts", described({{"type", "integer"}}, "unix seconds")},
                                       {"values", described(list_of(count), "each second from then on")}}));
    out["Quantiles"] = object_of(std::move(quantiles));
    out["Rate"] = described(object_of(std::move(rate)), "quantiles over the seconds of the period");
    out["Histogram"] = whole(object_of({{"buckets", map_of(count)}}));
    out["TopList"] = list_of(object_of({{"name", text},
                                        {"estimate", count},
                                        {"lat", text},
                                        {"lon", text},
                                        {"lower", count},
                                        {"upper", count}}));
    out["CardinalityBounds"] = whole(object_of({{"lower", number}, {"upper", number}}));
    out["TopBounds"] = whole(object_of({{"total", count}, {"unlisted_max", count}}));
    out["Period"] = object_of({{"start_ts", described({{"type", "integer"}}, "unix seconds")},
                               {"length", described(count, "seconds")},
                               {"minutes", object_of({{"shown", count}, {"left_out", count}})}});
}

json kind_schema(Kind kind) {
    switch (kind) {
    case Kind::counter:
    case Kind::cardinality:
        return count;
    case Kind::top:
        return schema_reference("TopList");
    case Kind::quantiles:
        return schema_reference("Quantiles");
    case Kind::histogram:
        return schema_reference("Histogram");
    case Kind::rate:
        break;
    }
    return schema_reference("Rate");
}

// The schema of what stands at a dotted path, objects made on the way.
json& property_at(json& object, const std::string& path) {
    json* node = &object;
    for (size_t begin = 0; begin <= path.size();) {
        const size_t dot = std::min(path.find('.', begin), path.size());
        if (!node->contains("properties")) *node = object_of(json::object());
        node = &(*node)["properties"][path.substr(begin, dot - begin)];
        begin = dot + 1;
    }
    return *node;
}

json metrics_schema(const Schema& schema) {
    json out = object_of({{"period", schema_reference("Period")}});
    const auto sampling = engine::configured_sampling(0);
    property_at(out, sampling.path) = described(count, sampling.help);
    for (const Row& row : schema.rows) {
        const std::string path = row.json_path();
        json& property = property_at(out, path) = described(kind_schema(row.ops->kind), row.facts.help);
        if (row.facts.unit != "1") property["x-unit"] = row.facts.unit;
        if (row.ops->kind == Kind::cardinality)
            property_at(out, path + "_bounds") = schema_reference("CardinalityBounds");
        if (row.ops->kind == Kind::top) property_at(out, path + "_bounds") = schema_reference("TopBounds");
    }
    return out;
}

json option_schema(const Option& option) {
    json uint = count;
    if (option.range == OptionRange::refuse) {
        uint["minimum"] = option.min;
        if (option.max != UINT64_MAX) uint["maximum"] = option.max;
    }
    json out = json::object();
    switch (option.type) {
    case OptionType::boolean:
        out = truth;
        break;
    case OptionType::uint:
        out = quoted_or(std::move(uint));
        break;
    case OptionType::text:
        out = text;
        break;
    case OptionType::list:
        out = list_of(scalar);
        break;
    case OptionType::uint_or_list:
        out = {{"oneOf", {quoted_or(std::move(uint)), list_of(scalar)}}};
        break;
    case OptionType::map:
        out = {{"type", "object"}};
        break;
    case OptionType::presence:
        break;
    }
    return described(std::move(out), option.help);
}

json options_schema(std::initializer_list<OptionTable> tables, bool any_key = false) {
    json properties = json::object();
    for (const OptionTable table : tables)
        for (const Option& option : table) properties[std::string(option.key)] = option_schema(option);
    return object_of(std::move(properties), !any_key);
}

std::string name_of(const HandlerClass& handler, std::string_view what) {
    return std::string(handler.type).append("-").append(handler.version).append("-").append(what);
}

// Handlers' objects by schema key; two versions may share one.
json by_schema_key(std::span<const HandlerClass* const> handlers) {
    json properties = json::object();
    for (const HandlerClass* handler : handlers)
        properties[std::string(handler->schema().key)]["anyOf"].push_back(
            schema_reference(name_of(*handler, "metrics")));
    return object_of(std::move(properties), false);
}

void add_answers(json& out, const ApiDescription& api) {
    out["Error"] = whole(object_of({{"error", text}}));
    out["App"] = whole(
        object_of({{"app", whole(object_of({{"version", text}, {"up_time_min", number}}, false))}}, false));
    const json options = {{"type", {"object", "null"}}};
    out["Tap"] = whole(object_of(
        {{"input_type", text}, {"interface", text}, {"config", options}, {"tags", options}}, false));
    out["Taps"] = map_of(schema_reference("Tap"));
    out["Policy"] =
        whole(object_of({{"document", {{"type", "object"}}}, // as below its name in PolicyDocument
                         {"input", map_of({{"type", "object"}})},
                         {"modules", map_of({{"type", "object"}})},
                         {"taps", schema_reference("Taps")}},
                        false));
    out["Policies"] = map_of(schema_reference("Policy"));
    out["HandlerMetrics"] = by_schema_key(api.handlers);
    out["WindowMetrics"] = map_of(schema_reference("HandlerMetrics"));
    out["PolicyMetrics"] = map_of(map_of(schema_reference("HandlerMetrics")));
    out["MetricsSchema"] = whole(object_of({{"handlers", list_of({{"type", "object"}})}}, false));
}

json by_name(json schema, const std::string& pattern) {
    json out = map_of(std::move(schema));
    out["propertyNames"] = {{"pattern", pattern}};
    return out;
}

// A document with the one thing of a kind that a request is about, by its name.
json document_of(const char* section, json things) {
    things["minProperties"] = things["maxProperties"] = 1;
    json out =
        object_of({{"version", version}, {"visor", whole(object_of({{section, things}}, false))}}, false);
    out["required"] = {"visor"};
    return out;
}

json input_types(const ApiDescription& api) {
    json types = json::array();
    for (const InputOptions& input : api.inputs) types.push_back(input.type);
    return {{"type", "string"}, {"enum", std::move(types)}};
}

json tap_document(const ApiDescription& api) {
    json tap = object_of(
        {{"input_type", input_types(api)}, {"config", {{"type", "object"}}}, {"tags", map_of(scalar)}},
        false);
    tap["required"] = {"input_type"};
    for (const InputOptions& input : api.inputs)
        tap["allOf"].push_back(
            {{"if", {{"properties", {{"input_type", {{"const", input.type}}}}}}},
             {"then",
              {{"properties", {{"config", schema_reference(std::string(input.type) + "-input-config")}}}}}});
    return document_of("taps", by_name(std::move(tap), api.names.tap));
}

// What a policy listens to: one tap by its name, or those whose tags are selected.
json input_document(const ApiDescription& api) {
    json pair = map_of(scalar);
    pair["minProperties"] = pair["maxProperties"] = 1;
    json selector = object_of({{"any", list_of(pair)}, {"all", list_of(pair)}}, false);
    selector["oneOf"] = {{{"required", {"any"}}}, {{"required", {"all"}}}};
    json input = object_of({{"tap", text},
                            {"tap_selector", std::move(selector)},
                            {"input_type", input_types(api)},
                            {"config", {{"type", "object"}}},
                            {"filter", {{"type", "object"}}}},
                           false);
    input["required"] = {"input_type"};
    input["oneOf"] = {{{"required", {"tap"}}}, {{"required", {"tap_selector"}}}};
    for (const InputOptions& type : api.inputs) {
        const json options = schema_reference(std::string(type.type) + "-input-config");
        input["allOf"].push_back({{"if", {{"properties", {{"input_type", {{"const", type.type}}}}}}},
                                  {"then", {{"properties", {{"config", options}, {"filter", options}}}}}});
    }
    return input;
}

// Keys of a handler may stand under its config and its filter.
json module_document(const ApiDescription& api) {
    std::map<std::string_view, json> configs;
    for (const HandlerClass* handler : api.handlers)
        configs[handler->type]["anyOf"].push_back(schema_reference(name_of(*handler, "config")));
    json module = object_of({{"type", text},
                             {"require_version", {{"type", {"string", "number"}}}},
                             {"config", {{"type", "object"}}},
                             {"filter", {{"type", "object"}}},
                             {"metric_groups", options_schema({group_options})}},
                            false);
    module["required"] = {"type"};
    for (const auto& [type, config] : configs) {
        module["properties"]["type"]["enum"].push_back(type);
        module["allOf"].push_back({{"if", {{"properties", {{"type", {{"const", type}}}}}}},
                                   {"then", {{"properties", {{"config", config}, {"filter", config}}}}}});
    }
    return module;
}

json policy_document(const ApiDescription& api) {
    const json module = module_document(api);
    json named = by_name(module, api.names.module), link = named;
    link["minProperties"] = link["maxProperties"] = 1;
    const json modules = {{"oneOf", {std::move(named), list_of(std::move(link))}}}; // a list is a chain
    json handlers =
        object_of({{"modules", modules}, {"window_config", options_schema({window_options})}}, false);
    handlers["required"] = {"modules"};
    json policy = object_of({{"kind", {{"const", "collection"}}},
                             {"input", input_document(api)},
                             {"config", object_of({{"merge_like_handlers", truth}})},
                             {"handlers", std::move(handlers)}},
                            false);
    policy["required"] = {"kind", "input", "handlers"};
    return document_of("policies", by_name(std::move(policy), api.names.policy));
}

} // namespace

json schema_reference(std::string_view name) {
    return {{"$ref", std::string("#/components/schemas/").append(name)}};
}

json component_schemas(const ApiDescription& api) {
    json out;
    add_kinds(out);
    add_answers(out, api);
    for (const HandlerClass* handler : api.handlers) {
        out[name_of(*handler, "metrics")] = metrics_schema(handler->schema());
        out[name_of(*handler, "config")] =
            options_schema({handler->options, window_options, stream_options, group_options});
    }
    for (const InputOptions& input : api.inputs)
        out[std::string(input.type) + "-input-config"] = options_schema({input.options}, input.any_key);
    out["TapDocument"] = tap_document(api);
    out["PolicyDocument"] = policy_document(api);
    return out;
}

} // namespace visor::sinks
