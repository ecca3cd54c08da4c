#include "control/http/tls.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509err.h>

namespace visor::http {

namespace {

std::string openssl_reason() {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason ? reason : "unknown error";
}

// Why the file cannot be used, told as users know it: OpenSSL's own words name neither file nor cause.
std::string file_fault(const std::string& path) {
    const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
    if (!file) return std::strerror(errno);
    if (std::fgetc(file.get()) == EOF)
        return std::ferror(file.get()) ? std::strerror(errno) : "the file is empty";
    const std::string text = openssl_reason();
    bool other_kind = false;
    while (const unsigned long error =
               ERR_get_error()) { // the last one often says only that something failed
        const int library = ERR_GET_LIB(error), reason = ERR_GET_REASON(error);
        other_kind = other_kind || (library == ERR_LIB_PEM && reason == PEM_R_NO_START_LINE) ||
                     (library == ERR_LIB_X509 && reason == X509_R_NO_CERTIFICATE_OR_CRL_FOUND) ||
                     (library == ERR_LIB_OSSL_DECODER && reason == ERR_R_UNSUPPORTED);
    }
    return other_kind ? "not a PEM file of that kind" : text;
}

std::string fault(const std::string& what, const std::string& path) {
    return what + " '" + path + "': " + file_fault(path);
}

// Without it OpenSSL would ask for a password on the terminal.
int no_password(char*, int, int, void* asked) {
    if (asked) *static_cast<bool*>(asked) = true;
    return -1;
}

// Error text; empty when the server's own certificate is in place.
std::string use_certificate(SSL_CTX* context, const TlsFiles& files) {
    bool encrypted = false;
    SSL_CTX_set_default_passwd_cb(context, &no_password);
    SSL_CTX_set_default_passwd_cb_userdata(context, &encrypted);
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
        return fault("TLS certificate", files.certificate);
    ERR_clear_error();
    const bool used = SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(context, nullptr);
    if (encrypted) return "TLS key '" + files.key + "': the key is encrypted; give one that is not";
    const bool of_another = !used && ERR_GET_LIB(ERR_peek_last_error()) == ERR_LIB_X509;
    if (of_another || (used && SSL_CTX_check_private_key(context) != 1))
        return "TLS key '" + files.key + "' does not match certificate '" + files.certificate + "'";
    return used ? std::string() : fault("TLS key", files.key);
}

// Error text; empty when the clients' certificates will be verified.
std::string ask_for_client_certificates(SSL_CTX* context, const TlsFiles& files) {
    ERR_clear_error();
    if (SSL_CTX_load_verify_locations(context, files.client_ca.c_str(), nullptr) != 1)
        return fault("TLS client CA", files.client_ca);
    STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(files.client_ca.c_str());
    if (!names) return fault("TLS client CA", files.client_ca);
    SSL_CTX_set_client_CA_list(context, names);
    SSL_CTX_set_verify(
        context, SSL_VERIFY_PEER | (files.require_client_certificate ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
        nullptr);
    return {};
}

} // namespace

Result<TlsContext> make_tls_context(const TlsFiles& files) {
    if (files.certificate.empty()) return Error{"TLS needs a certificate: give its file with --tls-cert"};
    if (files.key.empty()) return Error{"TLS needs the certificate's key: give its file with --tls-key"};
    ERR_clear_error();
    TlsContext context(SSL_CTX_new(TLS_server_method()));
    if (!context) return Error{"TLS cannot be used: " + openssl_reason()};
    SSL_CTX* raw = context.get();
    SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
    SSL_CTX_set_options(raw,
                        SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    // Of TLS 1.2, what keeps a recording secret when the key is lost, and needs no padding (RFC 9325, 4.2).
    if (SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1)
        return Error{"TLS cannot be used: " + openssl_reason()};
    SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
    static constexpr unsigned char session_context[] = "pktvisor";
    SSL_CTX_set_session_id_context(raw, session_context, sizeof session_context - 1);
    if (std::string text = use_certificate(raw, files); !text.empty()) return Error{text};
    if (!files.client_ca.empty())
        if (std::string text = ask_for_client_certificates(raw, files); !text.empty()) return Error{text};
    return context;
}

} // namespace visor::http
