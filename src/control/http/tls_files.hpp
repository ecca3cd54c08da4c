// The files a server's TLS is made from. Threads: a plain value.
#pragma once

#include <string>

namespace visor::http {

struct TlsFiles {
    std::string certificate; // PEM, with the chain; empty: no TLS
    std::string key;         // PEM, not encrypted
    std::string client_ca;   // PEM; empty: clients are not asked for certificates
    bool require_client_certificate = false;
};

} // namespace visor::http
