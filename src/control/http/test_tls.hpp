// For tests: keys and certificates made on the spot, as files, and a client that speaks TLS over a RawClient.
// Threads: one. Owns: its directory, removed at the end.
#pragma once

#include "control/http/test_client.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <string>

namespace visor::http::testing {

struct FreeOpenssl {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
template <class T>
using Openssl = std::unique_ptr<T, FreeOpenssl>;

struct Identity {
    Openssl<EVP_PKEY> key;
    Openssl<X509> certificate;
};

// For "localhost" and 127.0.0.1, signed by the issuer, or by itself.
inline Identity make_identity(const std::string& name, const Identity* issuer = nullptr) {
    Identity made{Openssl<EVP_PKEY>(EVP_EC_gen("P-256")), Openssl<X509>(X509_new())};
    X509* raw = made.certificate.get();
    X509_set_version(raw, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(raw), issuer ? 2 : 1);
    X509_gmtime_adj(X509_getm_notBefore(raw), -60);
    X509_gmtime_adj(X509_getm_notAfter(raw), 3600);
    X509_set_pubkey(raw, made.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(raw), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* signer = issuer ? issuer->certificate.get() : raw;
    X509_set_issuer_name(raw, X509_get_subject_name(signer));
    const auto add = [&](int nid, const char* value) {
        X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value);
        X509_add_ext(raw, extension, -1);
        X509_EXTENSION_free(extension);
    };
    add(NID_basic_constraints, issuer ? "critical,CA:FALSE" : "critical,CA:TRUE");
    add(NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_sign(raw, issuer ? issuer->key.get() : made.key.get(), EVP_sha256());
    return made;
}

class TestFiles {
public:
    TestFiles() {
        std::string path = (std::filesystem::temp_directory_path() / "visor_http_XXXXXX").string();
        if (::mkdtemp(path.data())) folder_ = path;
    }
    ~TestFiles() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    TestFiles(const TestFiles&) = delete;
    TestFiles& operator=(const TestFiles&) = delete;

    std::string path(const std::string& name) const { return (folder_ / name).string(); }
    std::string text(const std::string& name, const std::string& content) const {
        write(name, [&](FILE* file) { std::fwrite(content.data(), 1, content.size(), file); });
        return path(name);
    }
    std::string certificate(const std::string& name, const Identity& identity) const {
        write(name, [&](FILE* file) { PEM_write_X509(file, identity.certificate.get()); });
        return path(name);
    }
    std::string key(const std::string& name, const Identity& identity, const char* password = nullptr) const {
        write(name, [&](FILE* file) {
            PEM_write_PrivateKey(file, identity.key.get(), password ? EVP_aes_128_cbc() : nullptr, nullptr, 0,
                                 nullptr, const_cast<char*>(password));
        });
        return path(name);
    }

private:
    template <class Write>
    void write(const std::string& name, Write fill) const {
        const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path(name).c_str(), "w"), &std::fclose);
        if (file) fill(file.get());
    }
    std::filesystem::path folder_;
};

// A TLS client that trusts one CA and may show a certificate of its own. max_version 0: the newest.
class TlsClient {
public:
    // The ciphers are those of TLS 1.2 and before; as they are, also what only old versions take is offered.
    TlsClient(uint16_t port, const Identity& trusted, const Identity* own = nullptr, int max_version = 0,
              const char* ciphers = "DEFAULT:@SECLEVEL=0")
        : raw_(port), context_(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_max_proto_version(context_.get(), max_version);
        SSL_CTX_set_cipher_list(context_.get(), ciphers);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), trusted.certificate.get());
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        if (own) {
            SSL_CTX_use_certificate(context_.get(), own->certificate.get());
            SSL_CTX_use_PrivateKey(context_.get(), own->key.get());
        }
        ssl_.reset(SSL_new(context_.get()));
        SSL_set1_host(ssl_.get(), "localhost");
        SSL_set_fd(ssl_.get(), raw_.fd());
        connected_ = SSL_connect(ssl_.get()) == 1;
    }

    bool connected() const { return connected_; }
    bool send(std::string_view bytes) {
        return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) ==
               static_cast<int>(bytes.size());
    }
    // What comes until `size` bytes are there, the end, or an error.
    std::string read(size_t size) {
        std::string out;
        char buffer[16384];
        while (out.size() < size) {
            const int got = SSL_read(ssl_.get(), buffer, sizeof buffer);
            if (got <= 0) break;
            out.append(buffer, static_cast<size_t>(got));
        }
        return out;
    }

private:
    RawClient raw_;
    Openssl<SSL_CTX> context_;
    Openssl<SSL> ssl_;
    bool connected_ = false;
};

} // namespace visor::http::testing
