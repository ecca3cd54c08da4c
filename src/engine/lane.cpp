#include "engine/lane.hpp"

#include "wire/ports.hpp"

#include <algorithm>

namespace visor::engine {

namespace {
constexpr uint32_t udp_header = 8, tcp_header = 20;

// Payload of a TCP segment as it was on the wire: what the IP header says, or the frame's length where it
// says 0.
uint32_t tcp_wire_payload(const wire::Packet& packet) {
    const uint8_t* ip = packet.data + packet.l3;
    const uint32_t said = packet.is_v4() ? load_be16(ip + 2) : load_be16(ip + 4) + 40U;
    const uint32_t headers = packet.payload - uint32_t{packet.l3};
    const bool offloaded = packet.is_v4() ? said == 0 : said == 40;
    const uint32_t total = offloaded ? packet.wirelen - std::min(packet.wirelen, uint32_t{packet.l3}) : said;
    return std::max(total > headers ? total - headers : 0, packet.payload_len);
}

// The events of a run: those of the block's that lie between its first and last frame.
template <class Events, class IndexOf>
Events slice(Events events, const Run& run, IndexOf index_of) {
    const auto before = [&](uint32_t limit) {
        return std::partition_point(events.begin(), events.end(),
                                    [&](const auto& e) { return index_of(e) < limit; });
    };
    const auto begin = before(run.begin), end = before(run.end);
    return events.subspan(static_cast<size_t>(begin - events.begin()), static_cast<size_t>(end - begin));
}
} // namespace

Batch run_batch(const Run& run, const Decoder& decoded, int64_t period_start_ns) {
    Batch batch;
    const wire::Packet* first = decoded.packets().data();
    batch.period_start_ns = period_start_ns;
    batch.packets = decoded.packets().subspan(run.begin, run.end - run.begin);
    batch.dns =
        slice(decoded.dns(), run, [&](const DnsEvent& e) { return static_cast<uint32_t>(e.packet - first); });
    return batch;
}

OrderedLane::OrderedLane(const DecodeSettings& settings, WorkerHandlers handlers, const Feed& feed,
                         Window& window, unsigned writer, uint32_t tcp_connections)
    : settings_(settings), handlers_(std::move(handlers)), feed_(feed), window_(window), writer_(writer),
      tcp_(tcp_connections) {}

void OrderedLane::wait_for_turn(uint64_t sequence) {
    std::unique_lock lock(mutex_);
    turn_.wait(lock, [&] { return next_sequence_ == sequence; });
}

// Nobody else was here since wait_for_turn().
void OrderedLane::leave() {
    const std::lock_guard lock(mutex_);
    ++next_sequence_;
    turn_.notify_all();
}

void OrderedLane::process_run(const Run& run, const Decoder& decoded, PeriodBuckets& buckets) {
    const auto index = [](uint16_t i) { return uint32_t{i}; };
    Batch batch = run_batch(run, decoded, feed_.period_start(run.period));
    if (settings_.hosts.empty()) host_guess_.observe(batch.packets);
    dhcp_.clear();
    for (const uint16_t i : slice(decoded.dhcp(), run, index))
        dhcp_.push_back(static_cast<uint16_t>(i - run.begin));
    batch.dhcp = dhcp_;
    handlers_.on_ordered(batch, buckets);
    for (const uint16_t i : slice(decoded.joins(), run, index)) join(decoded.packets()[i], buckets);
    tell_errors(buckets);
}

// The period before is over as far as order is concerned: what has waited too long in it is counted, and its
// figures become the thresholds of the next.
void OrderedLane::enter_period(int64_t period) {
    PeriodBuckets& ended = window_.at(writer_, period_);
    const int64_t now_ns = feed_.period_start(period);
    tcp_.cross_gaps(now_ns / 1000 - TcpStreams::hole_wait_us, [&](Bytes message, const wire::Packet* packet) {
        deliver(message, *packet, DnsTransport::tcp, ended);
    });
    fragments_.expire(now_ns / 1000);
    tell_errors(ended);
    handlers_.on_time(now_ns, ended);
    handlers_.on_period_end(ended);
    period_ = period;
    window_.settle_before(period - 1); // frames may still come for the one before
}

void OrderedLane::tell_errors(PeriodBuckets& buckets) {
    const TcpStreamCounts& counts = tcp_.counts();
    const uint64_t errors = counts.gaps + counts.no_room + counts.not_followed;
    if (errors == errors_told_) return;
    Batch batch = batch_for(buckets);
    batch.tcp_reassembly_errors = errors - errors_told_;
    errors_told_ = errors;
    handlers_.on_ordered(batch, buckets);
}

Batch OrderedLane::batch_for(const PeriodBuckets& buckets) const {
    Batch batch;
    batch.period_start_ns = feed_.period_start(buckets.period);
    return batch;
}

// Of a TCP segment whose first part was cut by the capture, that part stands for itself.
void OrderedLane::join(const wire::Packet& packet, PeriodBuckets& buckets) {
    if (packet.has(wire::packet_flag::fragment) && !packet.has(wire::packet_flag::cut_fragment))
        fragment(packet, buckets);
    else
        segment(packet, buckets);
}

void OrderedLane::segment(const wire::Packet& packet, PeriodBuckets& buckets) {
    if (packet.payload == 0) return; // the header itself was cut off
    segment(TcpSegment{.stream = directed_flow_hash(packet, settings_.key),
                       .seq = load_be32(packet.data + packet.l4 + 4),
                       .wire_len = tcp_wire_payload(packet),
                       .payload = packet.payload_bytes(),
                       .now_us = packet.ts_ns / 1000,
                       .flags = packet.tcp_flags,
                       .packet = &packet},
            buckets);
}

void OrderedLane::segment(const TcpSegment& segment, PeriodBuckets& buckets) {
    tcp_.segment(segment, [&](Bytes message, const wire::Packet* completed_by) {
        deliver(message, *completed_by, DnsTransport::tcp, buckets);
    });
}

void OrderedLane::fragment(const wire::Packet& packet, PeriodBuckets& buckets) {
    const wire::Fragment part = wire::fragment_of(packet);
    const uint64_t key = fragment_hash(packet, part.id, settings_.key);
    const Bytes whole = fragments_.add(key, part, packet.ts_ns / 1000, [](Bytes ports) {
        return wire::is_dns_port(load_be16(ports.data())) || wire::is_dns_port(load_be16(ports.data() + 2));
    });
    if (whole.ok()) datagram(whole, packet, buckets);
}

// A UDP datagram or TCP segment made whole from fragments.
void OrderedLane::datagram(Bytes datagram, const wire::Packet& last_part, PeriodBuckets& buckets) {
    const bool udp = last_part.proto == wire::ip_proto::udp;
    if (datagram.size() < (udp ? udp_header : tcp_header)) return;
    const uint8_t* header = datagram.data();
    wire::Packet whole = last_part;
    whole.src_port = load_be16(header);
    whole.dst_port = load_be16(header + 2);
    whole.flow_hash = symmetric_flow_hash(whole, settings_.key);
    if (udp) return deliver(datagram.from(udp_header), whole, DnsTransport::udp, buckets);
    whole.tcp_flags = header[13];
    const uint32_t header_size = (header[12] >> 4) * 4U;
    const Bytes payload = datagram.from(header_size);
    if (header_size < tcp_header || !payload.ok()) return;
    segment(TcpSegment{.stream = directed_flow_hash(whole, settings_.key),
                       .seq = load_be32(header + 4),
                       .wire_len = static_cast<uint32_t>(payload.size()),
                       .payload = payload,
                       .now_us = whole.ts_ns / 1000,
                       .flags = whole.tcp_flags,
                       .packet = &whole},
            buckets);
}

void OrderedLane::deliver(Bytes message, const wire::Packet& packet, DnsTransport transport,
                          PeriodBuckets& buckets) {
    dns_reader_.clear();
    DnsEvent event{};
    dns_reader_.read(message, packet, transport, event);
    Batch batch = batch_for(buckets);
    batch.dns = {&event, 1};
    handlers_.on_batch(batch, buckets);
    handlers_.on_ordered(batch, buckets);
}

void OrderedLane::finish() {
    PeriodBuckets& buckets = window_.at(writer_, period_);
    tcp_.flush([&](Bytes message, const wire::Packet* packet) {
        deliver(message, *packet, DnsTransport::tcp, buckets);
    });
    fragments_.expire(INT64_MAX);
    tell_errors(buckets);
    handlers_.on_time(feed_.totals().last_ns, buckets);
}

} // namespace visor::engine
