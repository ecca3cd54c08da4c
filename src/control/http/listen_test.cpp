#include "control/http/listen.hpp"

#include "control/http/server.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

namespace visor::http {

TEST(Listen, AnAddressIsOneSocketOnAPortOfItsOwn) {
    auto listening = listen_on("127.0.0.1", 0);
    ASSERT_TRUE(listening) << listening.error();
    EXPECT_EQ(listening->sockets.size(), 1U);
    EXPECT_NE(listening->port, 0);
    EXPECT_FALSE(listening->sockets[0].ip6());
}

TEST(Listen, LocalhostIsEveryLoopbackAddressOnOnePort) {
    const auto ip6 = listen_on("::1", 0);
    auto listening = listen_on("localhost", 0);
    ASSERT_TRUE(listening) << listening.error();
    EXPECT_EQ(listening->sockets.size(), ip6 ? 2U : 1U);
}

TEST(Listen, ErrorsSayWhatToDo) {
    auto first = listen_on("127.0.0.1", 0);
    ASSERT_TRUE(first);
    const std::string place = "127.0.0.1:" + std::to_string(first->port);
    const auto second = listen_on("127.0.0.1", first->port);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error(), "cannot listen on " + place +
                                  ": address already in use; another pktvisord? choose another port with -p");
    const auto both = listen_on("localhost", first->port);
    EXPECT_FALSE(both);

    const auto elsewhere = listen_on("192.0.2.1", 10853);
    ASSERT_FALSE(elsewhere);
    EXPECT_EQ(
        elsewhere.error(),
        "cannot listen on 192.0.2.1:10853: this host has no such address; choose one of its own with -l");
    const auto elsewhere6 = listen_on("2001:db8::1", 1);
    ASSERT_FALSE(elsewhere6);
    EXPECT_EQ(elsewhere6.error().find("cannot listen on [2001:db8::1]:1: "), 0U) << elsewhere6.error();

    const auto nameless = listen_on("no..such", 1);
    ASSERT_FALSE(nameless);
    EXPECT_EQ(nameless.error().find("cannot listen on no..such:1: "), 0U) << nameless.error();
    EXPECT_NE(nameless.error().find("with -l"), std::string::npos) << nameless.error();

    ServerConfig config;
    config.host = "127.0.0.1";
    config.port = first->port;
    const auto server = Server::open(config, {});
    ASSERT_FALSE(server);
    EXPECT_EQ(server.error(), second.error());
}

} // namespace visor::http
