#include "taps/pcap/byte_stream.hpp"

#include "base/bytes.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace visor::taps {
namespace {

class FdStream final : public ByteStream {
public:
    FdStream(int fd, bool owned, uint64_t total) : fd_(fd), owned_(owned), total_(total) {}
    ~FdStream() override {
        if (owned_) ::close(fd_);
    }
    size_t read(uint8_t* dst, size_t size) override {
        size_t have = 0;
        while (have < size) {
            const ssize_t n = ::read(fd_, dst + have, size - have);
            if (n == 0) break;
            if (n < 0 && errno == EINTR) continue;
            if (n < 0 && errno == EAGAIN && wait_readable()) continue;
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

private:
    // Standard input may have been made non-blocking by whoever shares it.
    bool wait_readable() const {
        pollfd waiting{fd_, POLLIN, 0};
        return ::poll(&waiting, 1, -1) > 0 || errno == EINTR;
    }
    int fd_;
    bool owned_;
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
    const uint32_t magic = __builtin_bswap32(load_be32(head.data()));
    return magic == 0xfd2fb528 || (magic & 0xfffffff0) == 0x184d2a50;
}

} // namespace

Result<std::unique_ptr<ByteStream>> open_bytes(const std::string& path) {
    const bool standard_input = path == "-";
    const int fd = standard_input ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
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
    return std::unique_ptr<ByteStream>(new FdStream(fd, !standard_input, total));
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
