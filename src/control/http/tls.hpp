// The server's TLS context, from files; what is wrong with a file is said with its name.
// Threads: made by one, used by all. Wire: RFC 8446, RFC 5246 (TLS 1.2 at least).
#pragma once

#include "base/result.hpp"
#include "control/http/tls_files.hpp"

#include <memory>
#include <openssl/ssl.h>

namespace visor::http {

struct FreeTlsContext {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

Result<TlsContext> make_tls_context(const TlsFiles& files);

} // namespace visor::http
