#include "taps/pcap/byte_stream.hpp"

#include <algorithm>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

namespace visor::taps {
namespace {

constexpr size_t input_bytes = 64 * 1024;
// 32 MiB: four times what zstd's levels to 19 need, and what leaves the program within its 64 MiB.
constexpr int zstd_window_log_max = 25;

// The compressed side both decompressors share.
class Packed : public ByteStream {
public:
    Packed(std::unique_ptr<ByteStream> raw, std::vector<uint8_t> head)
        : raw_(std::move(raw)), in_(std::move(head)) {}
    uint64_t stored_read() const override { return raw_->stored_read(); }
    uint64_t stored_total() const override { return raw_->stored_total(); }
    bool stopped() const override { return raw_->stopped(); }

protected:
    // The next piece of input into in_; false at the end of it.
    bool refill() {
        in_.resize(input_bytes);
        in_.resize(raw_->read(in_.data(), in_.size()));
        if (in_.empty()) error_ = raw_->error();
        return !in_.empty();
    }
    void fail(const std::string& why) {
        if (error_.empty()) error_ = why;
        done_ = true;
    }
    std::unique_ptr<ByteStream> raw_;
    std::vector<uint8_t> in_;
    bool done_ = false;
};

class GzipStream final : public Packed {
public:
    GzipStream(std::unique_ptr<ByteStream> raw, std::vector<uint8_t> head)
        : Packed(std::move(raw), std::move(head)) {
        constexpr int gzip_only = 16 + MAX_WBITS;
        if (inflateInit2(&z_, gzip_only) != Z_OK) fail("cannot start gzip decompression");
        z_.next_in = in_.data();
        z_.avail_in = static_cast<uInt>(in_.size());
    }
    ~GzipStream() override { inflateEnd(&z_); }

    size_t read(uint8_t* dst, size_t size) override {
        z_.next_out = dst;
        z_.avail_out = static_cast<uInt>(size);
        while (z_.avail_out > 0 && !done_) {
            if (z_.avail_in == 0 && !more()) break;
            if (between_members_) {
                next_member();
                continue;
            }
            const int rc = inflate(&z_, Z_NO_FLUSH);
            if (rc == Z_STREAM_END) {
                between_members_ = true;
            } else if (rc != Z_OK && rc != Z_BUF_ERROR) {
                fail(std::string("gzip data damaged: ") + (z_.msg ? z_.msg : "unknown error"));
            }
        }
        return size - z_.avail_out;
    }

private:
    bool more() {
        if (!refill()) {
            if (!between_members_ && !stopped()) fail("gzip data cut short");
            done_ = true;
            return false;
        }
        z_.next_in = in_.data();
        z_.avail_in = static_cast<uInt>(in_.size());
        return true;
    }
    // RFC 1952, section 2.2: members follow one another. Zeros are the padding of tapes and block devices.
    void next_member() {
        if (*z_.next_in == 0) {
            ++z_.next_in;
            --z_.avail_in;
        } else if (*z_.next_in == 0x1f && inflateReset(&z_) == Z_OK) {
            between_members_ = false;
        } else {
            fail("garbage after the gzip data");
        }
    }
    z_stream z_{};
    bool between_members_ = false;
};

class ZstdStream final : public Packed {
public:
    ZstdStream(std::unique_ptr<ByteStream> raw, std::vector<uint8_t> head)
        : Packed(std::move(raw), std::move(head)), z_(ZSTD_createDStream()) {
        if (!z_ || ZSTD_isError(ZSTD_DCtx_setParameter(z_, ZSTD_d_windowLogMax, zstd_window_log_max)))
            fail("cannot start zstd decompression");
        pending_ = {in_.data(), in_.size(), 0};
    }
    ~ZstdStream() override { ZSTD_freeDStream(z_); }

    size_t read(uint8_t* dst, size_t size) override {
        ZSTD_outBuffer out{dst, size, 0};
        while (out.pos < out.size && !done_) {
            // A frame's last bytes may wait inside the decompressor although its input is used up.
            if (pending_.pos == pending_.size && !flushing_ && !more()) break;
            const size_t rc = ZSTD_decompressStream(z_, &out, &pending_);
            if (ZSTD_isError(rc)) {
                fail(what_is_wrong(rc));
                break;
            }
            in_frame_ = rc != 0;
            flushing_ = in_frame_ && out.pos == out.size;
        }
        return out.pos;
    }

private:
    static std::string what_is_wrong(size_t rc) {
        if (ZSTD_getErrorCode(rc) != ZSTD_error_frameParameter_windowTooLarge)
            return std::string("zstd data damaged: ") + ZSTD_getErrorName(rc);
        return "zstd data needs a window of more than " + std::to_string((1 << zstd_window_log_max) >> 20) +
               " MiB (made with --long or --ultra): read it as zstd -dc --long=31 FILE | pktvisor-pcap -";
    }
    bool more() {
        if (!refill()) {
            if (in_frame_ && !stopped()) fail("zstd data cut short");
            done_ = true;
            return false;
        }
        pending_ = {in_.data(), in_.size(), 0};
        return true;
    }
    ZSTD_DStream* z_;
    ZSTD_inBuffer pending_{};
    bool in_frame_ = false;
    bool flushing_ = false;
};

} // namespace

std::unique_ptr<ByteStream> gzip_bytes(std::unique_ptr<ByteStream> raw, std::vector<uint8_t> head) {
    return std::make_unique<GzipStream>(std::move(raw), std::move(head));
}

std::unique_ptr<ByteStream> zstd_bytes(std::unique_ptr<ByteStream> raw, std::vector<uint8_t> head) {
    return std::make_unique<ZstdStream>(std::move(raw), std::move(head));
}

} // namespace visor::taps
