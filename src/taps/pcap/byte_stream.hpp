// The bytes of a capture file in order, wherever they come from: a descriptor (file, pipe), memory, or any of
// these through gzip or zstd. Nothing seeks, so a pipe reads like a file.
//
// Threads: one reader at a time. Owns: its descriptor and its decompressor; memory is bounded (64 KiB of
// input, and the decompressor's window: 32 KiB for gzip, what the frame asks for up to 32 MiB for zstd).
// Units: bytes.
#pragma once

#include "base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace visor::taps {

class ByteStream {
public:
    ByteStream() = default;
    ByteStream(const ByteStream&) = delete;
    ByteStream& operator=(const ByteStream&) = delete;
    virtual ~ByteStream() = default;

    // Fills dst wholly unless the input ends or fails, in which case error() says whether it failed.
    virtual size_t read(uint8_t* dst, size_t size) = 0;
    virtual uint64_t stored_read() const = 0;  // of the file as stored, so compressed bytes
    virtual uint64_t stored_total() const = 0; // 0 when unknown
    // Reading ended as it was told to, with more to come.
    virtual bool stopped() const { return false; }
    const std::string& error() const { return error_; }

protected:
    std::string error_;
};

// A stream and the bytes already taken from it to see what it is.
struct OpenedBytes {
    std::unique_ptr<ByteStream> stream;
    std::vector<uint8_t> head;
    std::string_view compression; // "gzip", "zstd" or empty
};

// "-" is standard input. The error is the reason alone, without the path. Once stop_fd is readable nothing is
// waited for any more but for a moment; -1 = nobody will say so.
Result<std::unique_ptr<ByteStream>> open_bytes(const std::string& path, int stop_fd = -1);
std::unique_ptr<ByteStream> memory_bytes(std::vector<uint8_t> content);

// Reads up to head_bytes, looking through gzip or zstd when the first bytes say so.
OpenedBytes look_inside(std::unique_ptr<ByteStream> raw, size_t head_bytes);

// What starts with `head` is already taken from raw. Several members or frames read as one stream.
std::unique_ptr<ByteStream> gzip_bytes(std::unique_ptr<ByteStream> raw, std::vector<uint8_t> head);
std::unique_ptr<ByteStream> zstd_bytes(std::unique_ptr<ByteStream> raw, std::vector<uint8_t> head);

} // namespace visor::taps
