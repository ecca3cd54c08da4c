#include "engine/packed_bucket.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <zstd.h>

namespace visor::engine {

namespace {
constexpr size_t page_size = 4096;
constexpr std::array<std::byte, page_size> zero_page{};
constexpr int level = 1;

using Compressor = std::unique_ptr<ZSTD_CCtx, decltype([](ZSTD_CCtx* it) { ZSTD_freeCCtx(it); })>;
using Decompressor = std::unique_ptr<ZSTD_DCtx, decltype([](ZSTD_DCtx* it) { ZSTD_freeDCtx(it); })>;

size_t length_of_page(uint32_t page, size_t bytes) {
    return std::min(page_size, bytes - page * page_size);
}

std::vector<uint32_t> pages_in_use(const std::byte* cells, size_t bytes) {
    std::vector<uint32_t> pages;
    for (uint32_t page = 0; page * page_size < bytes; ++page)
        if (std::memcmp(cells + page * page_size, zero_page.data(), length_of_page(page, bytes)) != 0)
            pages.push_back(page);
    return pages;
}
} // namespace

std::optional<PackedBucket> PackedBucket::of(const Bucket& bucket, size_t bytes) {
    const auto* const cells = static_cast<const std::byte*>(bucket.cells());
    PackedBucket packed;
    packed.bytes_ = bytes;
    packed.pages_ = pages_in_use(cells, bytes);
    const size_t room = ZSTD_compressBound(packed.pages_.size() * page_size);
    const Compressor compressor(ZSTD_createCCtx());
    // Fresh zero pages: of the room, only what the result takes is ever there.
    ZeroPages result(room);
    if (!compressor || ZSTD_isError(ZSTD_CCtx_setParameter(compressor.get(), ZSTD_c_compressionLevel, level)))
        return std::nullopt;
    ZSTD_outBuffer out{result.data(), room, 0};
    for (const uint32_t page : packed.pages_) {
        ZSTD_inBuffer in{cells + page * page_size, length_of_page(page, bytes), 0};
        if (ZSTD_isError(ZSTD_compressStream2(compressor.get(), &out, &in, ZSTD_e_continue)))
            return std::nullopt;
    }
    ZSTD_inBuffer none{};
    if (ZSTD_compressStream2(compressor.get(), &out, &none, ZSTD_e_end) != 0) return std::nullopt;
    packed.size_ = out.pos;
    packed.compressed_ = std::make_unique_for_overwrite<std::byte[]>(out.pos);
    std::memcpy(packed.compressed_.get(), result.data(), out.pos);
    return packed;
}

Bucket PackedBucket::unpacked() const {
    Bucket bucket(bytes_);
    auto* const cells = static_cast<std::byte*>(bucket.cells());
    const Decompressor decompressor(ZSTD_createDCtx());
    if (!decompressor) throw std::bad_alloc();
    ZSTD_inBuffer in{compressed_.get(), size_, 0};
    for (const uint32_t page : pages_) {
        ZSTD_outBuffer out{cells + page * page_size, length_of_page(page, bytes_), 0};
        while (out.pos < out.size)
            if (ZSTD_isError(ZSTD_decompressStream(decompressor.get(), &out, &in))) throw std::bad_alloc();
    }
    return bucket;
}

} // namespace visor::engine
