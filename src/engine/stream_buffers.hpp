// Bytes that wait to be put together, as chains of small chunks from one pool: what waits takes the room it
// needs and a chunk's rest, whether it is a byte or a zone transfer.
//
// Bytes are appended to a chain, chains are joined, and all comes out together, once. Threads: one owner.
// Owns: the chunks, zero pages until touched. Units: bytes.
#pragma once

#include "base/bytes.hpp"
#include "base/record_pool.hpp"

#include <algorithm>
#include <cstring>

namespace visor::engine {

class StreamBuffers {
    struct Chunk {
        uint32_t next;
        uint16_t used;
        uint8_t bytes[122];
    };

public:
    struct Chain {
        uint32_t first = 0, last = 0, chunks = 0;
        uint32_t size = 0; // bytes
    };
    static constexpr uint32_t chunk_bytes = sizeof(Chunk::bytes);
    static constexpr uint32_t chunks_for(uint32_t bytes) { return (bytes + chunk_bytes - 1) / chunk_bytes; }

    explicit StreamBuffers(uint32_t memory) : chunks_(static_cast<uint32_t>(memory / sizeof(Chunk))) {}

    // Room is left for so many bytes, appended to chains in so many parts.
    bool has_room(uint32_t bytes, uint32_t parts) const {
        return chunks_.free_count() >= chunks_for(bytes) + parts;
    }
    // Appends all of it, or nothing when there is no room.
    bool append(Chain& chain, Bytes bytes) {
        const size_t rest = chain.last ? chunk_bytes - chunks_[chain.last].used : 0;
        const auto beyond = static_cast<uint32_t>(bytes.size() - std::min(rest, bytes.size()));
        if (chunks_for(beyond) > chunks_.free_count()) return false;
        while (!bytes.empty()) {
            if (!chain.last || chunks_[chain.last].used == chunk_bytes) lengthen(chain);
            Chunk& chunk = chunks_[chain.last];
            const Bytes part = bytes.take(std::min<size_t>(chunk_bytes - chunk.used, bytes.size()));
            std::memcpy(chunk.bytes + chunk.used, part.data(), part.size());
            chunk.used = static_cast<uint16_t>(chunk.used + part.size());
            chain.size += static_cast<uint32_t>(part.size());
        }
        return true;
    }
    // Appends another chain, which is empty then.
    void join(Chain& chain, Chain& other) {
        if (other.first == 0) return;
        (chain.last ? chunks_[chain.last].next : chain.first) = other.first;
        chain.last = other.last;
        chain.chunks += other.chunks;
        chain.size += other.size;
        other = {};
    }
    // Copies the chain's first bytes, `limit` at most, to `out` and lets go of the chain.
    void move_out(Chain& chain, uint8_t* out, uint32_t limit = UINT32_MAX) {
        uint32_t left = std::min(chain.size, limit);
        for (uint32_t at = chain.first; left; at = chunks_[at].next) {
            const uint32_t n = std::min<uint32_t>(left, chunks_[at].used);
            std::memcpy(out, chunks_[at].bytes, n);
            out += n;
            left -= n;
        }
        release(chain);
    }
    void release(Chain& chain) {
        if (chain.first) chunks_.give_back(chain.first, chain.last, chain.chunks);
        chain = {};
    }
    uint32_t chunks_in_use() const { return chunks_.in_use(); }

private:
    void lengthen(Chain& chain) {
        const uint32_t chunk = chunks_.take();
        chunks_[chunk].used = 0;
        (chain.last ? chunks_[chain.last].next : chain.first) = chunk;
        chain.last = chunk;
        ++chain.chunks;
    }

    RecordPool<Chunk> chunks_;
};

} // namespace visor::engine
