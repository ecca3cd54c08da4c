#include "cmd/pktvisord/privileges.hpp"

#include <cerrno>
#include <cstring>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

namespace visor::cmd {

namespace {

Error failed(const User& user, const std::string& what) {
    return Error{"cannot become user " + user.name + ": " + what + ": " + std::strerror(errno)};
}

// Of what there is, CAP_NET_RAW alone. capset(2) has no function in the C library.
bool keep_net_raw() {
    __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
    if (syscall(SYS_capget, &header, sets) != 0) return false;
    const uint32_t kept = sets[0].permitted & (1U << CAP_NET_RAW);
    sets[0] = {kept, kept, 0};
    sets[1] = {};
    return syscall(SYS_capset, &header, sets) == 0;
}

} // namespace

Result<User> find_user(const std::string& name) {
    std::vector<char> room(16 << 10);
    passwd entry = {};
    passwd* found = nullptr;
    getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
    const bool number =
        !name.empty() && name.size() < 10 && name.find_first_not_of("0123456789") == std::string::npos;
    if (!found && number)
        getpwuid_r(static_cast<uid_t>(std::stoul(name)), &entry, room.data(), room.size(), &found);
    if (!found) return Error{"there is no user " + name};
    return User{entry.pw_name, entry.pw_uid, entry.pw_gid};
}

Result<User> become(const User& user) {
    if (prctl(PR_SET_KEEPCAPS, 1) != 0) return failed(user, "keeping capabilities");
    if (geteuid() != user.uid || getuid() != user.uid) {
        if (initgroups(user.name.c_str(), user.gid) != 0) return failed(user, "its groups");
        if (setresgid(user.gid, user.gid, user.gid) != 0) return failed(user, "its group");
        if (setresuid(user.uid, user.uid, user.uid) != 0) return failed(user, "its identity");
    }
    if (!keep_net_raw()) return failed(user, "capabilities");
    prctl(PR_SET_KEEPCAPS, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed(user, "ruling out new privileges");
    if (user.uid != 0 && setresuid(static_cast<uid_t>(-1), 0, static_cast<uid_t>(-1)) == 0)
        return Error{"cannot become user " + user.name + ": the way back to root is still open"};
    return user;
}

} // namespace visor::cmd
