#include "cmd/pktvisord/service_manager.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace visor::cmd {
namespace {

// What a service manager listens on; "@name" in the abstract namespace.
class Listener {
public:
    explicit Listener(const std::string& name)
        : name_(name), fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address = {};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name.data(), name.size());
        if (name[0] == '@') address.sun_path[0] = '\0';
        bound_ = bind(fd_, reinterpret_cast<const sockaddr*>(&address),
                      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size())) == 0;
    }
    ~Listener() {
        close(fd_);
        if (name_[0] != '@') unlink(name_.c_str());
    }
    bool bound() const { return bound_; }
    std::string heard() const {
        char room[512];
        const ssize_t got = recv(fd_, room, sizeof room, MSG_DONTWAIT);
        return got < 0 ? "" : std::string(room, static_cast<size_t>(got));
    }

private:
    std::string name_;
    int fd_;
    bool bound_ = false;
};

class ServiceManagerTest : public testing::Test {
protected:
    void SetUp() override { TearDown(); }
    void TearDown() override {
        for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) unsetenv(name);
    }
};

TEST_F(ServiceManagerTest, IsToldOverEitherKindOfSocket) {
    const std::string id = std::to_string(getpid());
    for (const std::string& name : {"/tmp/visor_notify_" + id, "@visor_notify_" + id}) {
        const Listener listener(name);
        ASSERT_TRUE(listener.bound()) << name;
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
        const ServiceManager manager;
        manager.ready("2 policies");
        EXPECT_EQ(listener.heard(), "READY=1\nSTATUS=2 policies");
        manager.reloading();
        const std::string reloading = listener.heard();
        EXPECT_TRUE(reloading.starts_with("RELOADING=1\nMONOTONIC_USEC=")) << reloading;
        EXPECT_GT(std::stoll(reloading.substr(27)), 0);
        manager.alive();
        EXPECT_EQ(listener.heard(), "WATCHDOG=1");
        manager.stopping();
        EXPECT_EQ(listener.heard(), "STOPPING=1");
        EXPECT_EQ(listener.heard(), "");
    }
}

TEST_F(ServiceManagerTest, WithoutOneNothingHappens) {
    const ServiceManager manager;
    manager.ready("");
    manager.stopping();
    EXPECT_EQ(manager.alive_interval().count(), 0);
}

TEST_F(ServiceManagerTest, NamesThatAreNoneAreLeftAlone) {
    for (const std::string& name :
         {std::string("relative"), std::string("vsock:2:1234"), "/" + std::string(200, 'x')}) {
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
        ServiceManager().ready("");
    }
}

TEST_F(ServiceManagerTest, SaysItIsAliveTwiceAsOftenAsIsAsked) {
    setenv("WATCHDOG_USEC", "30000000", 1);
    EXPECT_EQ(ServiceManager().alive_interval(), std::chrono::seconds(15));
    setenv("WATCHDOG_PID", std::to_string(getpid()).c_str(), 1);
    EXPECT_EQ(ServiceManager().alive_interval(), std::chrono::seconds(15));
    setenv("WATCHDOG_PID", "1", 1); // another's
    EXPECT_EQ(ServiceManager().alive_interval().count(), 0);
    unsetenv("WATCHDOG_PID");
    setenv("WATCHDOG_USEC", "soon", 1);
    EXPECT_EQ(ServiceManager().alive_interval().count(), 0);
}

} // namespace
} // namespace visor::cmd
