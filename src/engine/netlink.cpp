#ifdef __linux__
#include "engine/netlink.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace visor::engine {
namespace {

// The kernel sends at most 32 KiB at a time when it lists.
constexpr size_t receive_bytes = 64 * 1024;

class Socket {
public:
    Socket() : fd_(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE)) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() {
        if (fd_ >= 0) close(fd_);
    }
    int fd() const { return fd_; }

private:
    int fd_;
};

enum class Progress { more, done, failed };

// The messages of one datagram.
Progress walk(Bytes datagram, bool all, const std::function<void(const NetlinkMessage&)>& answer) {
    while (datagram.size() >= sizeof(nlmsghdr)) {
        nlmsghdr header{};
        std::memcpy(&header, datagram.data(), sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > datagram.size()) return Progress::failed;
        const Bytes body{datagram.data() + NLMSG_HDRLEN, header.nlmsg_len - NLMSG_HDRLEN};
        if (header.nlmsg_type == NLMSG_DONE) return Progress::done;
        if (header.nlmsg_type == NLMSG_ERROR) return Progress::failed;
        answer({header.nlmsg_type, body});
        if (!all) return Progress::done;
        const size_t step = std::min<size_t>(NLMSG_ALIGN(header.nlmsg_len), datagram.size());
        datagram = {datagram.data() + step, datagram.size() - step};
    }
    return Progress::more;
}

} // namespace

bool ask_netlink(uint16_t type, bool all, Bytes request,
                 const std::function<void(const NetlinkMessage&)>& answer) {
    const Socket socket;
    if (socket.fd() < 0) return false;
    nlmsghdr header{};
    header.nlmsg_len = static_cast<uint32_t>(NLMSG_LENGTH(request.size()));
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | (all ? NLM_F_DUMP : 0));
    std::vector<uint8_t> buffer(receive_bytes);
    std::memcpy(buffer.data(), &header, sizeof header);
    std::memcpy(buffer.data() + NLMSG_HDRLEN, request.data(), request.size());
    if (send(socket.fd(), buffer.data(), header.nlmsg_len, 0) < 0) return false;
    for (;;) {
        const ssize_t got = recv(socket.fd(), buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        const auto progress = walk({buffer.data(), static_cast<size_t>(got)}, all, answer);
        if (progress != Progress::more) return progress == Progress::done;
    }
}

} // namespace visor::engine
#endif
