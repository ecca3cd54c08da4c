#include "engine/block_part.hpp"

#include <algorithm>

namespace visor::engine {

namespace {
// Of events in the order of their frames, those that lie between the range's first and last frame.
template <class Events, class IndexOf>
Events slice(Events events, FrameRange range, IndexOf index_of) {
    const auto before = [&](uint32_t limit) {
        return std::partition_point(events.begin(), events.end(),
                                    [&](const auto& e) { return index_of(e) < limit; });
    };
    const auto begin = before(range.begin), end = before(range.end);
    return events.subspan(static_cast<size_t>(begin - events.begin()), static_cast<size_t>(end - begin));
}

uint32_t itself(uint16_t index) {
    return index;
}
} // namespace

Batch batch_of(FrameRange range, const Decoded& decoded, int64_t period_start_ns) {
    Batch batch;
    const wire::Packet* first = decoded.packets().data();
    batch.period_start_ns = period_start_ns;
    batch.packets = decoded.packets().subspan(range.begin, range.end - range.begin);
    batch.outlines = decoded.outlines().subspan(range.begin, range.end - range.begin);
    batch.dns = slice(decoded.dns(), range,
                      [&](const DnsEvent& e) { return static_cast<uint32_t>(e.packet - first); });
    return batch;
}

std::span<const uint16_t> dhcp_of(FrameRange range, const Decoded& decoded, std::vector<uint16_t>& room) {
    room.clear();
    for (const uint16_t i : slice(decoded.dhcp(), range, itself))
        room.push_back(static_cast<uint16_t>(i - range.begin));
    return room;
}

std::span<const uint16_t> joins_of(FrameRange range, const Decoded& decoded) {
    return slice(decoded.joins(), range, itself);
}

} // namespace visor::engine
