// DNS messages that are not in one packet: in TCP streams, and in datagrams that came in fragments. They are
// put together from packets in the order of their coming, parsed once, and handed out.
//
// Threads: one owner (the ordered lane of a capture, or a live worker). Owns: streams, fragments and the
// reader's memory; all bounded (tcp_streams.hpp, fragments.hpp). An event is valid during the call. Units:
// microseconds.
#pragma once

#include "base/function_ref.hpp"
#include "engine/decoder.hpp"
#include "engine/fragments.hpp"
#include "engine/tcp_streams.hpp"

namespace visor::engine {

class Joiner {
public:
    using OnMessage = FunctionRef<void(const DnsEvent&)>;

    // Follows so many connections, or as many as usual when 0.
    Joiner(const DecodeSettings& settings, uint32_t tcp_connections);

    // One of Decoded::joins().
    void add(const wire::Packet& packet, OnMessage on_message);
    // Time has come so far: what waited too long for what is missing is handed out without it, or given up.
    void pass_time(int64_t now_us, OnMessage on_message);
    // Nothing more will come.
    void flush(OnMessage on_message);

    const TcpStreamCounts& tcp() const { return tcp_.counts(); }
    const FragmentCounts& fragments() const { return fragments_.counts(); }
    // Errors of reassembly since the last call.
    uint64_t new_errors();

private:
    void segment(const wire::Packet& packet, OnMessage on_message);
    void segment(const TcpSegment& segment, OnMessage on_message);
    void fragment(const wire::Packet& packet, OnMessage on_message);
    void datagram(Bytes datagram, const wire::Packet& last_part, OnMessage on_message);
    void read(Bytes message, const wire::Packet& packet, DnsTransport transport, OnMessage on_message);

    const DecodeSettings& settings_;
    TcpStreams tcp_;
    Fragments fragments_;
    DnsReader dns_reader_{settings_.key};
    NameRoom names_{1};
    uint64_t errors_told_ = 0;
};

} // namespace visor::engine
