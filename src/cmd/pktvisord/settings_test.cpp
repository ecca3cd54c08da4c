#include "cmd/pktvisord/settings.hpp"

#include "control/policy.hpp"

#include <gtest/gtest.h>

namespace visor::cmd {
namespace {

using Values = std::vector<std::pair<const char*, const char*>>; // a number, "true", or text

OptionValues options(const Values& values) {
    OptionValues out;
    for (const auto& [key, value] : values) {
        const std::string text = value;
        if (text == "true")
            out.set_bool(key, true);
        else if (text.find_first_not_of("0123456789") == std::string::npos)
            out.set_uint(key, std::stoull(text));
        else
            out.set_text(key, text);
    }
    return out;
}

std::string fault(const Values& values) {
    const auto settings = settings_of(options(values));
    return settings ? "" : settings.error();
}

TEST(Settings, WhatHoldsWhenNothingIsSaid) {
    const auto s = settings_of({});
    ASSERT_TRUE(s);
    EXPECT_EQ(s->host, "localhost");
    EXPECT_EQ(s->port, 10853);
    EXPECT_EQ(s->periods, 5u);
    EXPECT_EQ(s->max_deep_sample, 100u);
    EXPECT_EQ(s->ring_bytes, size_t{64} << 20);
    EXPECT_GE(s->workers, 1u);
    EXPECT_LE(s->workers, 64u);
    EXPECT_FALSE(s->tls || s->admin_api || s->verbose || s->syslog || s->daemon || s->promiscuous);
    EXPECT_EQ(s->prom_instance + s->geo_city + s->geo_asn + s->log_file + s->user, "");
    EXPECT_TRUE(s->adaptive_sampling);
    EXPECT_TRUE(s->notices.empty());
}

TEST(Settings, AdaptiveSamplingCanBeOff) {
    const auto s = settings_of(options({{"no_adaptive_sampling", "true"}}));
    ASSERT_TRUE(s);
    EXPECT_FALSE(s->adaptive_sampling);
    EXPECT_EQ(s->notices.size(), 1u);
    EXPECT_EQ(flag_of("no_adaptive_sampling"), "--no-adaptive-sampling");
}

TEST(Settings, DefaultsAreValidOptions) {
    OptionValues defaults = default_options();
    const OptionTable tables[] = {control::process_options};
    EXPECT_FALSE(check_options(tables, defaults));
    EXPECT_EQ(defaults, default_options());
}

TEST(Settings, TakesWhatIsGiven) {
    const auto s = settings_of(options({{"port", "0"},
                                        {"workers", "3"},
                                        {"ring_mb", "8"},
                                        {"geo_asn", "a.mmdb"},
                                        {"default_geo_asn", "b.mmdb"},
                                        {"default_geo_city", "c.mmdb"},
                                        {"user", "nobody"},
                                        {"promiscuous", "true"}}));
    ASSERT_TRUE(s);
    EXPECT_EQ(s->port, 0);
    EXPECT_EQ(s->workers, 3u);
    EXPECT_EQ(s->ring_bytes, size_t{8} << 20);
    EXPECT_EQ(s->geo_asn, "a.mmdb");
    EXPECT_EQ(s->geo_city, "c.mmdb");
    EXPECT_EQ(s->user, "nobody");
    EXPECT_TRUE(s->promiscuous);
}

TEST(Settings, TheCommandLineWinsOverTheFile) {
    const control::Known known{{}, {}, {}, {}, {}, options({{"port", "8080"}, {"verbose", "true"}})};
    const auto document = control::parse_document(
        "visor: {config: {port: 1, periods: 3, verbose: false, tls: false, syslog: true, user: me}}", "",
        control::DocumentKind::file, known);
    ASSERT_TRUE(document) << document.error();
    const auto s = settings_of(document->options);
    ASSERT_TRUE(s);
    EXPECT_EQ(s->port, 8080);
    EXPECT_EQ(s->periods, 3u);
    EXPECT_EQ(s->user, "me");
    EXPECT_TRUE(s->verbose && s->syslog);
    EXPECT_FALSE(s->tls);
}

TEST(Settings, TlsNeedsItsFiles) {
    EXPECT_EQ(fault({{"tls", "true"}, {"tls_cert", "a.pem"}}), "--tls needs --tls-cert and --tls-key");
    EXPECT_EQ(fault({{"tls", "true"}, {"tls_key", "a.pem"}}), "--tls needs --tls-cert and --tls-key");
    EXPECT_EQ(fault({{"tls", "true"}, {"tls_cert", "a.pem"}, {"tls_key", "b.pem"}}), "");
    EXPECT_EQ(fault({{"tls_client_ca", "a.pem"}}), "--tls-client-ca needs --tls");
}

TEST(Settings, ChangesFromOtherHostsAreGuarded) {
    for (const char* host : {"localhost", "127.0.0.1", "127.8.9.1", "::1"})
        EXPECT_EQ(fault({{"admin_api", "true"}, {"host", host}}), "");
    for (const char* host : {"0.0.0.0", "::", "192.0.2.1", "example.test", "127.0.0.1.example.test"}) {
        EXPECT_NE(fault({{"admin_api", "true"}, {"host", host}}).find("--admin-insecure"), std::string::npos);
        EXPECT_EQ(fault({{"host", host}}), "");
        EXPECT_EQ(fault({{"admin_api", "true"}, {"host", host}, {"admin_insecure", "true"}}), "");
        EXPECT_EQ(fault({{"admin_api", "true"}, {"host", host}, {"admin_token_file", "t"}}), "");
        EXPECT_EQ(fault({{"admin_api", "true"},
                         {"host", host},
                         {"tls", "true"},
                         {"tls_cert", "a"},
                         {"tls_key", "b"},
                         {"tls_client_ca", "c"}}),
                  "");
    }
}

TEST(Settings, TellsWhatIsNotBuilt) {
    const auto s = settings_of(options({{"otel", "true"},
                                        {"otel_host", "h"},
                                        {"cp_token", "t"},
                                        {"no_track", "true"},
                                        {"prometheus", "true"},
                                        {"module_dir", "d"},
                                        {"max_deep_sample", "50"}}));
    ASSERT_TRUE(s);
    EXPECT_EQ(s->notices,
              (std::vector<std::string>{"deep samples: 50% of events", "accepted, not built: --module-dir",
                                        "accepted, not built: --otel", "accepted, not built: --cp-token"}));
    OptionValues off;
    off.set_bool("otel", false);
    EXPECT_TRUE(settings_of(off)->notices.empty());
}

} // namespace
} // namespace visor::cmd
