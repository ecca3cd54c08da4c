#include "control/databases.hpp"

namespace visor::control {

Result<Databases> load_databases(const std::string& city, const std::string& asn, bool suffixes) {
    Databases loaded;
    const auto load = [](const std::string& path, auto loader, std::optional<GeoTable>& into) -> std::string {
        if (path.empty()) return {};
        auto table = loader(path);
        if (!table) return table.error();
        into = std::move(*table);
        return {};
    };
    if (auto error = load(city, engine::load_city, loaded.city); !error.empty()) return Error{error};
    if (auto error = load(asn, engine::load_asn, loaded.asn); !error.empty()) return Error{error};
    if (suffixes) {
        auto list = engine::load_suffixes();
        if (!list) return Error{list.error()};
        loaded.suffixes = std::move(*list);
    }
    return loaded;
}

} // namespace visor::control
