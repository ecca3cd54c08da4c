#include "sinks/schema_json.hpp"

#include "sinks/names.hpp"

namespace visor::sinks {

using nlohmann::json;

namespace {

json row_json(const Schema& schema, const Row& row) {
    const RowFacts& facts = row.facts;
    json out{{"path", row.json_path()},
             {"kind", kind_name(row.ops->kind, row.ops->gauge)},
             {"unit", facts.unit},
             {"help", facts.help},
             {"prometheus",
              {{"compatible", compatible_name(schema, row)}, {"modern", modern_families(schema, row)}}}};
    for (unsigned i = 0; i < schema.groups.size(); ++i)
        if (facts.groups & group_bit(i)) out["groups"].push_back(schema.groups[i].name);
    if (!facts.label.empty()) out["label"] = facts.label;
    if (!row.dimension.empty())
        out[std::string("dimension")] = {{"label", schema.dimension}, {"value", row.dimension}};
    if (facts.extended) out["extended"] = true;
    return out;
}

json handler_class_json(const HandlerClass& handler) {
    const Schema& schema = handler.schema();
    json out{{"handler", handler.type},
             {"version", handler.version},
             {"key", schema.key},
             {"groups", json::array()},
             {"rows", json::array()}};
    for (const Group& group : schema.groups)
        out["groups"].push_back({{"name", group.name}, {"default", group.default_on}});
    for (const Row& row : schema.rows) out["rows"].push_back(row_json(schema, row));
    return out;
}

} // namespace

json metrics_schema_json(std::span<const HandlerClass* const> handlers) {
    json out{{"handlers", json::array()}};
    for (const HandlerClass* handler : handlers) out["handlers"].push_back(handler_class_json(*handler));
    return out;
}

} // namespace visor::sinks
