// For tests of what cannot be undone in a process: runs a function in a child and takes what it told.
// Threads: one.
#pragma once

#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace visor::cmd::test {

struct Ended {
    int status = 0; // as waitpid tells it
    std::string told;
};

// What the function writes to `tell` is told, by whatever processes it forks too; the child then exits with
// what it returns.
inline Ended in_child(const std::function<int(int tell)>& work) {
    int ends[2];
    if (pipe(ends) != 0) return {-1, "no pipe"};
    const pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        _exit(work(ends[1]));
    }
    close(ends[1]);
    Ended ended;
    char room[4096];
    for (ssize_t got; (got = read(ends[0], room, sizeof room)) > 0;)
        ended.told.append(room, static_cast<size_t>(got));
    close(ends[0]);
    waitpid(child, &ended.status, 0);
    return ended;
}

inline void tell(int fd, const std::string& line) {
    [[maybe_unused]] const ssize_t written = write(fd, (line + "\n").data(), line.size() + 1);
}

inline bool exited(const Ended& ended, int code) {
    return WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == code;
}

} // namespace visor::cmd::test
