#include "engine/stream_buffers.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace visor::engine {
namespace {

Bytes bytes(const std::string& text) {
    return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

std::string taken(StreamBuffers& buffers, StreamBuffers::Chain& chain) {
    std::string out(chain.size, ' ');
    buffers.move_out(chain, reinterpret_cast<uint8_t*>(out.data()));
    return out;
}

TEST(StreamBuffers, ChainsKeepTheirBytes) {
    StreamBuffers buffers(1 << 20);
    std::mt19937 random(5);
    std::vector<StreamBuffers::Chain> chains(20);
    std::vector<std::string> truth(20);
    for (int i = 0; i < 5000; ++i) {
        const auto c = random() % 20;
        if (random() % 10 == 0) {
            ASSERT_EQ(taken(buffers, chains[c]), truth[c]);
            EXPECT_EQ(chains[c].size, 0u);
            truth[c].clear();
            continue;
        }
        if (const auto other = random() % 20; other != c && random() % 8 == 0) {
            buffers.join(chains[c], chains[other]);
            truth[c] += truth[other];
            truth[other].clear();
        }
        const std::string more(random() % (random() % 5 ? 40 : 400), static_cast<char>('a' + random() % 26));
        ASSERT_TRUE(buffers.append(chains[c], bytes(more)));
        truth[c] += more;
    }
    for (auto& chain : chains) buffers.release(chain);
    EXPECT_EQ(buffers.chunks_in_use(), 0u);
}

TEST(StreamBuffers, AllOrNothing) {
    constexpr uint32_t chunk = StreamBuffers::chunk_bytes;
    StreamBuffers buffers(4 * 128);
    StreamBuffers::Chain a, b;
    ASSERT_TRUE(buffers.append(a, bytes(std::string(3 * chunk - 1, 'a'))));
    EXPECT_FALSE(buffers.append(b, bytes(std::string(chunk + 1, 'b'))));
    EXPECT_EQ(b.size, 0u);
    EXPECT_TRUE(buffers.has_room(0, 1));
    EXPECT_FALSE(buffers.has_room(1, 1));
    EXPECT_TRUE(buffers.append(a, bytes("x")));
    EXPECT_TRUE(buffers.append(b, bytes(std::string(chunk, 'b'))));
    EXPECT_FALSE(buffers.append(a, bytes("x")));
    EXPECT_EQ(taken(buffers, a), std::string(3 * chunk - 1, 'a') + "x");
    EXPECT_EQ(taken(buffers, b), std::string(chunk, 'b'));
}

TEST(StreamBuffers, PartOfAChain) {
    StreamBuffers buffers(1 << 16);
    StreamBuffers::Chain chain;
    ASSERT_TRUE(buffers.append(chain, bytes(std::string(300, 'a') + "b")));
    std::string out(302, '-');
    buffers.move_out(chain, reinterpret_cast<uint8_t*>(out.data()), 299);
    EXPECT_EQ(out, std::string(299, 'a') + "---");
    EXPECT_EQ(buffers.chunks_in_use(), 0u);
}

} // namespace
} // namespace visor::engine
