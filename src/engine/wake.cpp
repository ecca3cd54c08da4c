#include "engine/wake.hpp"

#include <fcntl.h>
#include <poll.h>
#include <system_error>
#include <unistd.h>

namespace visor::engine {

Wake::Wake() {
    int ends[2];
    if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
    for (const int fd : ends) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    read_ = ends[0];
    write_ = ends[1];
}

Wake::~Wake() {
    close(read_);
    close(write_);
}

void Wake::wake() const {
    const char one = 1;
    // A full pipe wakes as well.
    [[maybe_unused]] const auto written = write(write_, &one, 1);
}

void Wake::clear() const {
    char some[64];
    while (read(read_, some, sizeof some) > 0) {
    }
}

bool Wake::wait(int wait_ms) const {
    pollfd self{read_, POLLIN, 0};
    if (poll(&self, 1, wait_ms) <= 0) return false;
    clear();
    return true;
}

} // namespace visor::engine
