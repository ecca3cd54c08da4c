// DNS messages into events, remembering questions: a reply repeats its query's name a moment later, and most
// queries ask for names asked for before. What was made of a name's bytes is found again by their hash, keyed
// like every key here; its text is copied, its labels are not walked.
//
// A name is remembered only when its first zero byte ends it and no pointer does. So the same bytes up to the
// first zero always mean the same name. And events of a block that ask for the same name know of each other
// (DnsEvent::name_back). Threads: one owner. Owns: direct-mapped tables of 4096 short names and of 1024 long
// ones (256 KiB each, zero pages until used); the texts of names go where the caller says. Hot: no heap after
// construction.
#pragma once

#include "base/zero_pages.hpp"
#include "metric/handler.hpp"

#include <memory>
#include <span>
#include <vector>

namespace visor::engine {

// Room for the names of a block's messages, one behind the other: those that differ, and texts that are long,
// each with the room around it that writing it takes.
class NameRoom {
public:
    explicit NameRoom(size_t messages);

private:
    friend class DnsReader;
    std::vector<DnsName> names_;
    std::unique_ptr<char[]> texts_; // of long ones
};

class DnsReader {
public:
    // The key is that of the handlers' tables.
    explicit DnsReader(const sketch::HashKey& key = sketch::offline_hash_key);

    // A block begins, of no more messages than there is room for; names that were there are gone. Its events
    // are read into one array, one behind the other.
    void begin(NameRoom& room);
    void read(Bytes message, const wire::Packet& packet, DnsTransport transport, DnsEvent& out);
    // The payloads of some UDP packets: where their questions are remembered is on its way to the cache
    // before the first is read.
    static constexpr size_t together = 16;
    void read(std::span<const wire::Packet* const> packets, DnsEvent* out);

private:
    // What is remembered of a name, beside its text.
    struct Known {
        uint8_t length, two, three; // 0 = free
        uint32_t first;             // where the name was read first, of late: block and event
        uint64_t key;
        NameKeys keys;
    };
    template <size_t size>
    struct alignas(64) Question {
        static constexpr size_t text_max = size - sizeof(Known);
        Known known;
        char text[text_max];
    };
    using ShortQuestion = Question<64>;
    using LongQuestion = Question<256>;
    static_assert(ShortQuestion::text_max == DnsName::room_size && LongQuestion::text_max <= UINT8_MAX);
    static constexpr size_t shorts = 4096, longs = 1024;
    static constexpr uint32_t block_step = 1 << 16;

    // Where a message's question would be remembered.
    struct Place {
        Known* known; // null: nowhere, it is read the long way
        uint64_t key;
        size_t length; // of the name's bytes, root label not counted

        bool is_short() const { return length <= ShortQuestion::text_max + 1; }
        // Both kinds have their text behind what is known.
        char* text() const { return reinterpret_cast<char*>(known + 1); }
    };
    Place place_of(Bytes message) const;
    Place long_place_of(Bytes message, size_t length) const;
    void read(Bytes message, const Place& place, const wire::Packet& packet, DnsTransport transport,
              DnsEvent& out);
    void read_anew(Bytes message, const Place& place, const wire::Packet& packet, DnsTransport transport,
                   DnsEvent& out);
    wire::DnsMessage parse(Bytes message, DnsName& name);
    void keep_text(DnsName& name); // which stands at text_
    wire::DnsMessage recall(const Place& place, Bytes message, DnsEvent& out);
    void recall_long(const Place& place, DnsName& name);
    void remember(const Place& place, const DnsName& name);

    sketch::HashKey key_;
    DnsName* name_ = nullptr;   // where the next one goes
    char* text_ = nullptr;      // and its text, if it is long
    uint32_t now_ = block_step; // the block in the upper half, how many events were read of it in the lower
    ZeroPages pages_;
    ShortQuestion* shorts_;
    LongQuestion* longs_;
};

} // namespace visor::engine
