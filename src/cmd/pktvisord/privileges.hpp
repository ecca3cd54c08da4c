// Giving up what is not needed: root, and every capability but the one that opens capture sockets.
//
// Threads: before any other is started, as the kernel keeps capabilities by the thread and new ones inherit
// them. What was opened before stays open.
#pragma once

#include "base/result.hpp"

#include <string>
#include <sys/types.h>

namespace visor::cmd {

struct User {
    std::string name;
    uid_t uid = 0;
    gid_t gid = 0;
};

Result<User> find_user(const std::string& name); // or number

// For good: the process is this user, in their groups, and of its capabilities only CAP_NET_RAW is left, so
// interfaces that come later can still be captured on. Error: why it cannot be; it must not go on then.
Result<User> become(const User& user);

} // namespace visor::cmd
