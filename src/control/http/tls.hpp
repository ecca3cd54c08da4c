// The server's TLS context, from files; what is wrong with a file is said with its name.
// Threads: made by one, used by all. Wire: RFC 8446, RFC 5246 (TLS 1.2 at least).
#pragma once

#include "base/result.hpp"

#include <memory>
#include <openssl/ssl.h>
#include <string>

namespace visor::http {

struct TlsFiles {
    std::string certificate; // PEM, with the chain; empty: no TLS
    std::string key;         // PEM, not encrypted
    std::string client_ca;   // PEM; empty: clients are not asked for certificates
    bool require_client_certificate = false;
};

struct FreeTlsContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

Result<TlsContext> make_tls_context(const TlsFiles& files);

} // namespace visor::http
