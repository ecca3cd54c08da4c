#include "control/databases.hpp"

#include <future>

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
    // Large ones take most of a second each: where there is another processor, at once.
    auto loading = std::async([&] { return load(asn, engine::load_asn, loaded.asn); });
    const std::string city_error = load(city, engine::load_city, loaded.city), asn_error = loading.get();
    for (const std::string& error : {city_error, asn_error})
        if (!error.empty()) return Error{error};
    if (suffixes) {
        auto list = engine::load_suffixes();
        if (!list) return Error{list.error()};
        loaded.suffixes = std::move(*list);
    }
    return loaded;
}

} // namespace visor::control
