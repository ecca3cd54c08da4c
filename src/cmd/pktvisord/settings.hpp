// What pktvisord runs with: the command line over visor.config over what holds when nothing is said.
// Threads: value types.
#pragma once

#include "base/result.hpp"
#include "metric/options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace visor::cmd {

struct Settings {
    std::string host;
    uint16_t port = 0;
    std::string prom_instance; // empty: no such label
    bool tls = false;
    std::string tls_cert, tls_key, tls_client_ca;
    bool admin_api = false;
    std::string admin_token_file;

    unsigned periods = 0, max_deep_sample = 0, workers = 0;
    size_t ring_bytes = 0; // of the capture queues of each input
    bool promiscuous = false;
    bool adaptive_sampling = true; // live workers that are behind analyse less deeply
    std::string geo_city, geo_asn;

    bool verbose = false, syslog = false, daemon = false, module_list = false;
    std::string log_file, user;

    std::vector<std::string> notices; // for the log
};

// Of process options that hold something else than nothing when nobody says so.
const OptionValues& default_options();

// What a process option is on the command line: "-p", "--log-file".
std::string flag_of(std::string_view key);

// From checked process options (Document::options, or those of the command line where there is no document).
Result<Settings> settings_of(const OptionValues& options);

} // namespace visor::cmd
