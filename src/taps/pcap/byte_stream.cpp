#include "taps/pcap/byte_stream.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace visor::taps {
namespace {

// What the program before in a pipe may take to write its last bytes, when one key stopped both.
constexpr std::chrono::milliseconds last_bytes_wait{250};

class FdStream final : public ByteStream {
public:
    // waits: reading may have to wait for somebody to write, so stop_fd must be watched meanwhile.
    FdStream(int fd, bool owned, uint64_t total, bool waits, int stop_fd)
        : fd_(fd), owned_(owned), waits_(waits), stop_fd_(stop_fd), total_(total) {}
    ~FdStream() override {
        if (owned_) ::close(fd_);
    }
    size_t read(uint8_t* dst, size_t size) override {
        size_t have = 0;
        while (have < size) {
            if (waits_ && !wait_readable()) break;
            const ssize_t n = ::read(fd_, dst + have, size - have);
            if (n == 0) break;
            if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
            if (n < 0) {
                error_ = std::strerror(errno);
                break;
            }
            have += static_cast<size_t>(n);
        }
        read_ += have;
        return have;
    }
    uint64_t stored_read() const override { return read_; }
    uint64_t stored_total() const override { return total_; }
    bool stopped() const override { return stopped_; }

private:
    using Clock = std::chrono::steady_clock;

    // False when reading was stopped and nothing came for a moment.
    bool wait_readable() {
        while (!stopped_) {
            const bool told = last_.has_value();
            pollfd waiting[] = {{fd_, POLLIN, 0}, {told ? -1 : stop_fd_, POLLIN, 0}};
            const int ready = ::poll(waiting, 2, told ? milliseconds_left() : -1);
            if (ready < 0 && errno == EINTR) continue;
            if (ready < 0 || waiting[0].revents) return true; // bytes, the end, or an error read() will tell
            if (ready == 0)
                stopped_ = true;
            else
                last_ = Clock::now() + last_bytes_wait;
        }
        return false;
    }
    int milliseconds_left() const {
        using std::chrono::milliseconds;
        const auto left = std::chrono::ceil<milliseconds>(*last_ - Clock::now());
        return static_cast<int>(std::max(left, milliseconds{0}).count());
    }
    int fd_;
    bool owned_, waits_;
    int stop_fd_;
    bool stopped_ = false;
    std::optional<Clock::time_point> last_; // when waiting ends, once it was told to stop
    uint64_t total_;
    uint64_t read_ = 0;
};

class MemoryStream final : public ByteStream {
public:
    explicit MemoryStream(std::vector<uint8_t> content) : content_(std::move(content)) {}
    size_t read(uint8_t* dst, size_t size) override {
        const size_t n = std::min(size, content_.size() - read_);
        if (n > 0) std::memcpy(dst, content_.data() + read_, n);
        read_ += n;
        return n;
    }
    uint64_t stored_read() const override { return read_; }
    uint64_t stored_total() const override { return content_.size(); }

private:
    std::vector<uint8_t> content_;
    size_t read_ = 0;
};

bool looks_gzip(const std::vector<uint8_t>& head) {
    return head.size() >= 2 && head[0] == 0x1f && head[1] == 0x8b;
}

// A zstd frame, or one of the skippable frames parallel compressors write first (RFC 8878, section 3.1).
bool looks_zstd(const std::vector<uint8_t>& head) {
    if (head.size() < 4) return false;
    const uint32_t magic = load_le32(head.data());
    return magic == 0xfd2fb528 || (magic & 0xfffffff0) == 0x184d2a50;
}

} // namespace

Result<std::unique_ptr<ByteStream>> open_bytes(const std::string& path, int stop_fd) {
    const bool standard_input = path == "-";
    // A FIFO nobody writes to yet must not block the opening: reading waits, and can be stopped.
    const int fd = standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return Error{std::strerror(errno)};
    struct stat st {};
    const int failed = ::fstat(fd, &st);
    const int reason = failed ? errno : S_ISDIR(st.st_mode) ? EISDIR : 0;
    if (reason) {
        if (!standard_input) ::close(fd);
        return Error{std::strerror(reason)};
    }
    uint64_t total = 0;
    if (S_ISREG(st.st_mode)) {
        total = static_cast<uint64_t>(st.st_size);
        ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    }
    return std::unique_ptr<ByteStream>(
        new FdStream(fd, !standard_input, total, !S_ISREG(st.st_mode), stop_fd));
}

std::unique_ptr<ByteStream> memory_bytes(std::vector<uint8_t> content) {
    return std::make_unique<MemoryStream>(std::move(content));
}

OpenedBytes look_inside(std::unique_ptr<ByteStream> raw, size_t head_bytes) {
    std::vector<uint8_t> head(head_bytes);
    head.resize(raw->read(head.data(), head.size()));
    std::string_view compression;
    if (looks_gzip(head)) {
        compression = "gzip";
        raw = gzip_bytes(std::move(raw), std::move(head));
    } else if (looks_zstd(head)) {
        compression = "zstd";
        raw = zstd_bytes(std::move(raw), std::move(head));
    } else {
        return {std::move(raw), std::move(head), compression};
    }
    std::vector<uint8_t> plain(head_bytes);
    plain.resize(raw->read(plain.data(), plain.size()));
    return {std::move(raw), std::move(plain), compression};
}

} // namespace visor::taps
