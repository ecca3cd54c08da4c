#include "taps/device/interfaces.hpp"

#include "engine/links.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#ifdef __linux__
#include "engine/test_network.hpp"

#include <poll.h>
#endif

namespace visor::taps {
namespace {

using Names = std::vector<std::string>;

std::string error_of(std::string_view spec) {
    const auto found = resolve_interfaces(spec);
    return found ? "" : found.error();
}

std::string loopback_name() {
    for (const auto& link : engine::list_links())
        if (link.loopback) return link.name;
    return "lo";
}

TEST(Interfaces, names_addresses_and_lists) {
    const std::string lo = loopback_name();
    const auto by_name = resolve_interfaces(lo);
    ASSERT_TRUE(by_name) << by_name.error();
    EXPECT_EQ(*by_name, Names{lo});
    const auto all = engine::list_links();
    EXPECT_TRUE(std::any_of(all.begin(), all.end(), [&](const auto& link) { return link.name == lo; }));
    const auto twice = resolve_interfaces(" " + lo + " ," + lo);
    ASSERT_TRUE(twice);
    EXPECT_EQ(*twice, Names{lo});
    const auto any = resolve_interfaces("any");
    ASSERT_TRUE(any);
    EXPECT_EQ(*any, Names{"any"});
}

TEST(Interfaces, mistakes_are_told) {
    EXPECT_EQ(error_of("no-such0"),
              "interface 'no-such0' not found; available interfaces: " + engine::available_interfaces());
    EXPECT_NE(engine::available_interfaces().find(loopback_name()), std::string::npos);
    EXPECT_EQ(error_of("192.0.2.77"), "Couldn't find interface by provided IP: 192.0.2.77");
    EXPECT_EQ(error_of("2001:db8::77"), "Couldn't find interface by provided IP: 2001:db8::77");
    EXPECT_EQ(error_of(""), "empty interface name in ''");
    EXPECT_EQ(error_of("any,"), "empty interface name in 'any,'");
    EXPECT_EQ(error_of(loopback_name() + ",any"),
              "'any' means all interfaces: it stands alone, not in '" + loopback_name() + ",any'");
}

#ifdef __linux__

using engine::test::FrameSender;
using engine::test::TestNetwork;
using engine::test::UdpFrame;

class Devices : public testing::Test {
protected:
    void SetUp() override {
        if (!network_.ready()) GTEST_SKIP() << "needs root and network namespaces";
    }
    TestNetwork network_;
};

TEST_F(Devices, an_address_names_its_interface) {
    ASSERT_TRUE(TestNetwork::add_pair("va", "vb"));
    ASSERT_TRUE(
        TestNetwork::run("sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.va.disable_ipv6=0 && "
                         "ip addr add 10.9.1.5/24 dev va && ip addr add fd09::5/64 dev va nodad"));
    for (const char* text : {"10.9.1.5", "fd09::5", "FD09:0::5", "10.9.1.5,va,fd09::5"}) {
        const auto found = resolve_interfaces(text);
        ASSERT_TRUE(found) << found.error();
        EXPECT_EQ(*found, Names{"va"}) << text;
    }
    EXPECT_EQ(*resolve_interfaces("127.0.0.1"), Names{"lo"});
    const auto hosts = host_addresses({"va"});
    EXPECT_EQ(hosts.ipv4, Names{"10.9.1.5/24"});
    EXPECT_NE(std::find(hosts.ipv6.begin(), hosts.ipv6.end(), "fd09::5/64"), hosts.ipv6.end());
    PrefixSet set;
    for (const auto& prefix : hosts.exact) set.add(prefix);
    EXPECT_TRUE(set.contains(*IpAddress::parse("10.9.1.5")));
    EXPECT_FALSE(set.contains(*IpAddress::parse("10.9.1.6"))) << "the address alone, not its network";
    EXPECT_TRUE(set.contains(*IpAddress::parse("fd09::5")));
    EXPECT_FALSE(set.contains(*IpAddress::parse("fd09::6")));
    EXPECT_FALSE(set.contains(*IpAddress::parse("127.0.0.1")));
    EXPECT_GT(host_addresses({"any"}).exact.size(), hosts.exact.size());
    EXPECT_TRUE(host_addresses({"vb"}).ipv4.empty());
}

TEST_F(Devices, auto_is_the_busiest_that_is_up_and_no_loopback) {
    EXPECT_EQ(error_of("auto"),
              "no interface is up but loopback; available interfaces: " + engine::available_interfaces());
    ASSERT_TRUE(TestNetwork::add_pair("va", "vb") && TestNetwork::add_pair("vc", "vd"));
    const FrameSender lo("lo"), d("vd");
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(lo.send(UdpFrame{}.bytes()));
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(d.send(UdpFrame{}.bytes()));
    const auto found = resolve_interfaces("auto");
    ASSERT_TRUE(found) << found.error();
    EXPECT_TRUE(*found == Names{"vc"} || *found == Names{"vd"}) << found->front();
    ASSERT_TRUE(TestNetwork::run("ip link set vc down && ip link set vd down"));
    const auto other = resolve_interfaces("auto");
    ASSERT_TRUE(other);
    EXPECT_TRUE(*other == Names{"va"} || *other == Names{"vb"}) << other->front();
}

TEST_F(Devices, changes_of_addresses_and_links_are_told_once) {
    auto watch = AddressWatch::open();
    ASSERT_TRUE(watch) << watch.error();
    EXPECT_FALSE((*watch)->changed());
    for (const char* change :
         {"ip addr add 10.9.2.1/32 dev lo", "ip addr del 10.9.2.1/32 dev lo",
          "ip link add va type veth peer name vb", "ip link set va up", "ip link del va"}) {
        ASSERT_TRUE(TestNetwork::run(change));
        pollfd polled{(*watch)->fd(), POLLIN, 0};
        EXPECT_EQ(poll(&polled, 1, 2000), 1) << change;
        EXPECT_TRUE((*watch)->changed()) << change;
        while (poll(&polled, 1, 100) == 1) (*watch)->changed(); // what the kernel tells a moment later
        EXPECT_FALSE((*watch)->changed()) << change;
    }
}

TEST_F(Devices, links_say_what_they_are) {
    ASSERT_TRUE(TestNetwork::add_pair("va", "vb"));
    const auto va = engine::find_link("va");
    ASSERT_TRUE(va);
    EXPECT_TRUE(va->up);
    EXPECT_FALSE(va->loopback);
    EXPECT_EQ(va->mtu, 1500U);
    EXPECT_EQ(va->hardware, 1U);
    EXPECT_EQ(engine::find_link(va->index)->name, "va");
    const FrameSender vb("vb");
    for (int i = 0; i < 7; ++i) ASSERT_TRUE(vb.send(UdpFrame{}.bytes()));
    EXPECT_EQ(engine::find_link("va")->rx_packets - va->rx_packets, 7U);
    EXPECT_FALSE(engine::find_link("vz"));
    EXPECT_FALSE(engine::find_link(99999U));
    EXPECT_EQ(engine::list_links().size(), 3U);
}

#endif

} // namespace
} // namespace visor::taps
