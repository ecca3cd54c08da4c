// Geo and ASN databases in MaxMind's file format (MMDB 2.0), read once and compiled into lookup tables.
//
// Records are taken in MaxMind's own layout (continent.code, country.names.en, subdivisions[0].iso_code,
// city.names.en, location.*; autonomous_system_number, autonomous_system_organization) and in the flat one of
// other makers (country_code, state1, city, latitude, longitude; asn, name).
// Threads: any; the result is immutable. Owns: nothing of the file once loaded.
#pragma once

#include "base/result.hpp"
#include "metric/places.hpp"

#include <string>

namespace visor::engine {

// The error is one line with the path in it. A database without a single record of the kind asked for is an
// error.
Result<GeoTable> load_city(const std::string& path);
Result<GeoTable> load_asn(const std::string& path);

} // namespace visor::engine
