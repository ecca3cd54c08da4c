#include "client/schemas.hpp"

#include "client/json_text.hpp"
#include "sinks/names.hpp"

#include <algorithm>

namespace visor::client {

using nlohmann::json;

namespace {

// False: a kind this program does not know, so of a newer agent.
bool read_row(const json& from, SchemaRow& row) {
    const auto kind = sinks::kind_named(text_at(from, "kind"));
    row.path = text_at(from, "path");
    if (!kind || row.path.empty()) return false;
    row.kind = kind->kind;
    row.gauge = kind->gauge;
    row.help = text_at(from, "help");
    row.unit = text_at(from, "unit");
    row.label = text_at(from, "label");
    return true;
}

} // namespace

Result<Schemas> Schemas::read(const json& document) {
    const json* handlers = member(document, "handlers");
    if (!handlers || !handlers->is_array()) return Error{"a schema without handlers"};
    Schemas schemas;
    size_t rows_read = 0;
    for (const json& from : *handlers) {
        HandlerSchema handler;
        handler.key = text_at(from, "key");
        handler.title = text_at(from, "handler");
        if (const std::string version = text_at(from, "version"); !version.empty())
            handler.title += " " + version;
        const json* rows = member(from, "rows");
        if (handler.key.empty() || !rows || !rows->is_array()) continue;
        for (const json& row : *rows)
            if (SchemaRow read; rows_read < rows_max && read_row(row, read)) {
                handler.rows.push_back(std::move(read));
                ++rows_read;
            }
        schemas.handlers_.push_back(std::move(handler));
    }
    return schemas;
}

const HandlerSchema* Schemas::best(std::string_view key, const json& answer) const {
    const HandlerSchema* best = nullptr;
    ptrdiff_t most = 0;
    for (const HandlerSchema& handler : handlers_) {
        if (handler.key != key) continue;
        const auto found = std::count_if(handler.rows.begin(), handler.rows.end(), [&](const SchemaRow& row) {
            return at_path(answer, row.path) != nullptr;
        });
        if (found > most) best = &handler, most = found;
    }
    return best;
}

} // namespace visor::client
