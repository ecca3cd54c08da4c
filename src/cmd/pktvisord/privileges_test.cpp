#include "cmd/pktvisord/privileges.hpp"

#include "cmd/pktvisord/test_child.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <grp.h>
#include <gtest/gtest.h>
#include <linux/if_ether.h>
#include <sys/socket.h>
#include <thread>

namespace visor::cmd {
namespace {

using test::tell;

std::string opens_packet_socket() {
    const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL));
    if (fd < 0) return std::strerror(errno);
    close(fd);
    return "opened";
}

// Takes CAP_NET_ADMIN, and changes nothing but the socket.
std::string forces_a_buffer() {
    const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), size = 4096;
    const bool forced = setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == 0;
    std::string said = forced ? "forced" : std::strerror(errno);
    close(fd);
    return said;
}

#define NEEDS_ROOT()                                                                                         \
    if (geteuid() != 0 || opens_packet_socket() != "opened" || forces_a_buffer() != "forced")                \
    GTEST_SKIP() << "needs root with CAP_NET_RAW and CAP_NET_ADMIN"

TEST(User, IsFoundByNameAndNumber) {
    const auto root = find_user("root");
    ASSERT_TRUE(root) << root.error();
    EXPECT_EQ(root->uid, 0u);
    const auto number = find_user("0");
    ASSERT_TRUE(number);
    EXPECT_EQ(number->name, "root");
}

TEST(User, NoneIsTold) {
    for (const char* name : {"no-such-user-here", "", "4000000000", "-1"}) {
        const auto none = find_user(name);
        ASSERT_FALSE(none) << name;
        EXPECT_EQ(none.error(), std::string("there is no user ") + name);
    }
}

TEST(Become, LeavesOnlyWhatCapturingTakes) {
    NEEDS_ROOT();
    const auto ended = test::in_child([](int fd) {
        const auto user = find_user("nobody");
        if (!user) return 9;
        const auto became = become(*user);
        tell(fd, became ? "became" : became.error());
        const bool all = getuid() == user->uid && geteuid() == user->uid && getgid() == user->gid;
        tell(fd, all ? "is nobody" : "is somebody");
        gid_t groups[64];
        for (int i = getgroups(64, groups); i-- > 0;)
            if (groups[i] == 0) tell(fd, "in root's group");
        tell(fd, opens_packet_socket());
        tell(fd, forces_a_buffer());
        std::thread([&] { // made later
            tell(fd, opens_packet_socket());
            tell(fd, forces_a_buffer());
        })
            .join();
        tell(fd, setuid(0) == 0 ? "is root again" : "stays");
        return 0;
    });
    EXPECT_TRUE(test::exited(ended, 0));
    EXPECT_EQ(ended.told,
              "became\nis nobody\nopened\nOperation not permitted\nopened\nOperation not permitted\nstays\n");
}

TEST(Become, AnythingButRootCannotBecomeAnother) {
    NEEDS_ROOT();
    const auto ended = test::in_child([](int fd) {
        const auto nobody = find_user("nobody"), root = find_user("root");
        if (!nobody || !root || !become(*nobody)) return 9;
        const auto back = become(*root);
        tell(fd, back ? "became" : back.error());
        tell(fd, become(*nobody) ? "is that already" : "refused");
        tell(fd, opens_packet_socket());
        return 0;
    });
    EXPECT_EQ(ended.told,
              "cannot become user root: its groups: Operation not permitted\nis that already\nopened\n");
}

TEST(Become, RootWithoutAnotherUserStillGivesUpTheRest) {
    NEEDS_ROOT();
    const auto ended = test::in_child([](int fd) {
        const auto root = find_user("root");
        if (!root || !become(*root)) return 9;
        tell(fd, opens_packet_socket());
        tell(fd, forces_a_buffer());
        return 0;
    });
    EXPECT_EQ(ended.told, "opened\nOperation not permitted\n");
}

} // namespace
} // namespace visor::cmd
