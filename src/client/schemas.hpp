// What an agent says of its metrics (/api/v1/metrics/schema), for reading and naming what it counted.
// Threads: immutable once read. Owns: its texts.
#pragma once

#include "base/result.hpp"
#include "metric/cell.hpp"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace visor::client {

struct SchemaRow {
    std::string path; // with the dimension in front
    std::string help, unit, label;
    Kind kind = Kind::counter;
    bool gauge = false;
};

struct HandlerSchema {
    std::string key, title; // "dns", "dns 2.0"
    std::vector<SchemaRow> rows;
};

class Schemas {
public:
    // Of all handlers: many times as many as there are, and few enough to look for each in every answer.
    static constexpr size_t rows_max = 1 << 14;
    Schemas() = default; // of an agent that serves none
    static Result<Schemas> read(const nlohmann::json& document);

    // Versions of a handler may share a key: the one whose rows the answer has most of. Null: none has any.
    const HandlerSchema* best(std::string_view key, const nlohmann::json& answer) const;

private:
    std::vector<HandlerSchema> handlers_;
};

} // namespace visor::client
