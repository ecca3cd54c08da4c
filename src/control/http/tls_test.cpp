#include "control/http/tls.hpp"

#include "control/http/server.hpp"
#include "control/http/test_tls.hpp"

#include <gtest/gtest.h>
#include <thread>

namespace visor::http {

namespace {

using namespace std::chrono_literals;
using testing::Identity;
using testing::make_identity;
using testing::RawClient;
using testing::TestFiles;
using testing::TlsClient;

constexpr std::string_view get = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

class HttpTls : public ::testing::Test {
protected:
    void open(bool client_ca = false, bool require = false, std::chrono::milliseconds handshake = 10s) {
        ServerConfig config;
        config.host = "127.0.0.1";
        config.tls.certificate = certificate_;
        config.tls.key = key_;
        if (client_ca) config.tls.client_ca = files_.certificate("ca.pem", ca_);
        config.tls.require_client_certificate = require;
        config.handshake_timeout = handshake;
        auto opened = Server::open(config, [](const Request& request) {
            if (request.path == "/big")
                return Response(200, "application/octet-stream", std::string(3'000'000, 'x'));
            return Response(200, "text/plain",
                            std::string(request.tls ? "tls" : "plain") +
                                (request.client_certificate ? " known" : ""));
        });
        ASSERT_TRUE(opened) << opened.error();
        server_ = std::move(*opened);
        server_->start();
    }
    // The end of what a request over TLS is answered with.
    std::string ask(const Identity* own = nullptr, int version = 0) {
        TlsClient client(server_->port(), ca_, own, version);
        client.send(get);
        const std::string response = client.read(SIZE_MAX);
        return response.substr(std::min(response.rfind('\n') + 1, response.size()));
    }
    std::string error(const std::string& certificate, const std::string& key,
                      const std::string& ca = {}) const {
        const auto made = make_tls_context({certificate, key, ca, false});
        return made ? "" : made.error();
    }
    bool soon_failures(uint64_t count) const {
        for (int i = 0; i < 500 && server_->counters().tls_failures != count; ++i)
            std::this_thread::sleep_for(10ms);
        return server_->counters().tls_failures == count;
    }

    TestFiles files_;
    Identity ca_ = make_identity("test CA");
    Identity own_ = make_identity("localhost", &ca_);
    std::string certificate_ = files_.certificate("cert.pem", own_);
    std::string key_ = files_.key("key.pem", own_);
    std::unique_ptr<Server> server_;
};

} // namespace

TEST_F(HttpTls, ServesOverTls12And13ButNothingOlder) {
    open();
    EXPECT_EQ(ask(), "tls");
    EXPECT_EQ(ask(nullptr, TLS1_2_VERSION), "tls");
    EXPECT_EQ(server_->counters().tls_failures, 0U);
    EXPECT_EQ(ask(nullptr, TLS1_1_VERSION), "");
    EXPECT_TRUE(soon_failures(1));
}

TEST_F(HttpTls, TakesOnlyCiphersWithForwardSecrecyAndAuthentication) {
    open();
    for (const char* good :
         {"ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"})
        EXPECT_TRUE(TlsClient(server_->port(), ca_, nullptr, TLS1_2_VERSION, good).connected()) << good;
    for (const char* weak : {"ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-SHA", "AES256-GCM-SHA384"})
        EXPECT_FALSE(TlsClient(server_->port(), ca_, nullptr, TLS1_2_VERSION, weak).connected()) << weak;
}

TEST_F(HttpTls, SendsLargeBodiesAndKeepsConnections) {
    open();
    TlsClient client(server_->port(), ca_);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(client.send("GET /big HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        const std::string response = client.read(3'000'100);
        EXPECT_EQ(std::count(response.begin(), response.end(), 'x'), 3'000'000);
    }
    EXPECT_EQ(server_->counters().connections, 1U);
}

TEST_F(HttpTls, AClientsCertificateIsVerified) {
    open(true);
    const Identity stranger_ca = make_identity("other CA");
    const Identity known = make_identity("client", &ca_), stranger = make_identity("client", &stranger_ca);
    EXPECT_EQ(ask(), "tls");
    EXPECT_EQ(ask(&known), "tls known");
    EXPECT_EQ(ask(&stranger), "");
    EXPECT_TRUE(soon_failures(1));
}

TEST_F(HttpTls, AClientsCertificateMayBeRequired) {
    open(true, true);
    const Identity known = make_identity("client", &ca_);
    EXPECT_EQ(ask(&known), "tls known");
    EXPECT_EQ(ask(), "");
    EXPECT_TRUE(soon_failures(1));
}

TEST_F(HttpTls, WhatIsNoHandshakeEnds) {
    open(false, false, 200ms);
    RawClient plain(server_->port());
    plain.send(get);
    plain.rest();
    EXPECT_TRUE(plain.closed());
    RawClient silent(server_->port());
    EXPECT_EQ(silent.rest(), "");
    EXPECT_TRUE(silent.closed());
    EXPECT_TRUE(soon_failures(2));
    EXPECT_EQ(ask(), "tls");
}

TEST_F(HttpTls, StopsWithOpenConnections) {
    open();
    TlsClient idle(server_->port(), ca_);
    RawClient silent(server_->port());
    const auto begin = testing::Clock::now();
    server_->stop();
    EXPECT_LT(testing::Clock::now() - begin, 2s);
    EXPECT_EQ(server_->counters().open_connections, 0U);
}

TEST_F(HttpTls, ErrorsNameTheFileAndTheCause) {
    EXPECT_EQ(error(certificate_, key_), "");
    EXPECT_EQ(error("", key_), "TLS needs a certificate: give its file with --tls-cert");
    EXPECT_EQ(error(certificate_, ""), "TLS needs the certificate's key: give its file with --tls-key");
    const std::string missing = files_.path("missing.pem"),
                      text = files_.text("text.pem", "not a certificate\n");
    EXPECT_EQ(error(missing, key_), "TLS certificate '" + missing + "': No such file or directory");
    EXPECT_EQ(error(certificate_, missing), "TLS key '" + missing + "': No such file or directory");
    EXPECT_EQ(error(text, key_), "TLS certificate '" + text + "': not a PEM file of that kind");
    EXPECT_EQ(error(certificate_, text), "TLS key '" + text + "': not a PEM file of that kind");
    EXPECT_EQ(error(key_, key_), "TLS certificate '" + key_ + "': not a PEM file of that kind");
    EXPECT_EQ(error(certificate_, certificate_),
              "TLS key '" + certificate_ + "': not a PEM file of that kind");
    const std::string empty = files_.text("empty.pem", "");
    EXPECT_EQ(error(empty, key_), "TLS certificate '" + empty + "': the file is empty");
    const std::string other = files_.key("other.pem", ca_),
                      locked = files_.key("locked.pem", own_, "password");
    EXPECT_EQ(error(certificate_, other),
              "TLS key '" + other + "' does not match certificate '" + certificate_ + "'");
    EXPECT_EQ(error(certificate_, locked),
              "TLS key '" + locked + "': the key is encrypted; give one that is not");
    EXPECT_EQ(error(certificate_, key_, missing),
              "TLS client CA '" + missing + "': No such file or directory");
    EXPECT_EQ(error(certificate_, key_, text), "TLS client CA '" + text + "': not a PEM file of that kind");

    ServerConfig config;
    config.tls.certificate = missing;
    config.tls.key = key_;
    const auto server = Server::open(config, {});
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error(), error(missing, key_));
}

TEST_F(HttpTls, CurlIsServed) {
    if (std::system("curl --version >/dev/null 2>&1") != 0) GTEST_SKIP() << "no curl on this host";
    open();
    const std::string place = "https://localhost:" + std::to_string(server_->port()) + "/";
    const std::string command =
        "curl -sS --noproxy '*' --compressed --resolve 'localhost:" + std::to_string(server_->port()) +
        ":127.0.0.1' --max-time 10 --cacert '" + files_.certificate("ca.pem", ca_) + "' " + place + " " +
        place + "big -o - -o '" + files_.path("big") + "' 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> curl(::popen(command.c_str(), "r"), &::pclose);
    char line[1000] = "";
    EXPECT_NE(std::fgets(line, sizeof line, curl.get()), nullptr);
    EXPECT_STREQ(line, "tls");
    while (std::fgets(line, sizeof line, curl.get())) {
    }
    EXPECT_EQ(std::filesystem::file_size(files_.path("big")), 3'000'000U);
}

} // namespace visor::http
