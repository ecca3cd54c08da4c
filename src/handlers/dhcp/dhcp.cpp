#include "handlers/dhcp/dhcp.hpp"

#include "base/pending_table.hpp"
#include "handlers/dhcp/dhcp_cells.hpp"
#include "metric/sampling.hpp"
#include "wire/dhcp.hpp"
#include "wire/ports.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>

namespace visor::dhcp {

namespace {

constexpr size_t mac_size = 6;
constexpr std::array<uint8_t, mac_size> no_mac{};

// A REQUEST until its ACK.
struct PendingRequest {
    uint8_t mac[mac_size];
    uint8_t hostname_len;
    uint8_t hostname[255]; // RFC 2132 section 2: an option is no longer
};
using PendingRequests = PendingTable<PendingRequest, 7>;

// A top-list key put together in place: three parts and two slashes at most.
class KeyLine {
public:
    void mac(const uint8_t* bytes) {
        constexpr char digits[] = "0123456789abcdef";
        for (size_t i = 0; i < mac_size; ++i) {
            if (i) put(':');
            put(digits[bytes[i] >> 4]);
            put(digits[bytes[i] & 15]);
        }
    }
    void ip(const uint8_t* bytes, bool v4) {
        if (!inet_ntop(v4 ? AF_INET : AF_INET6, bytes, text_ + size_, INET6_ADDRSTRLEN)) return;
        size_ += static_cast<uint32_t>(std::strlen(text_ + size_));
    }
    void bytes(const void* data, size_t size) {
        std::memcpy(text_ + size_, data, size);
        size_ += static_cast<uint32_t>(size);
    }
    void put(char c) { text_[size_++] = c; }

    template <class Top>
    void add_to(Top& top, const sketch::HashKey& key, uint32_t weight) const {
        top.add(sketch::keyed_hash(key, text_, size_), weight, text_, size_);
    }

private:
    char text_[3 * mac_size + 1 + sizeof(PendingRequest::hostname) + 1 + INET6_ADDRSTRLEN];
    uint32_t size_ = 0;
};

const uint8_t* source_mac(const wire::Packet& packet) {
    return packet.eth_src ? packet.data + packet.eth_src - 1 : no_mac.data();
}

uint64_t request_key(const sketch::HashKey& key, const wire::Dhcp4& message) {
    const uint64_t mac = uint64_t{load_be32(message.client_mac)} << 16 | load_be16(message.client_mac + 4);
    return sketch::keyed_hash_16(key, message.xid, mac);
}

Counter DhcpCells::*type_cell(const wire::Dhcp4& message) {
    constexpr std::array cells{&DhcpCells::other,   &DhcpCells::discover, &DhcpCells::offer,
                               &DhcpCells::request, &DhcpCells::decline,  &DhcpCells::ack,
                               &DhcpCells::nak,     &DhcpCells::release,  &DhcpCells::inform};
    return cells[message.type < cells.size() ? message.type : 0];
}

Counter DhcpCells::*type_cell(const wire::Dhcp6& message) {
    switch (message.type) {
    case wire::dhcp6_type::solicit:
        return &DhcpCells::solicit;
    case wire::dhcp6_type::advertise:
        return &DhcpCells::advertise;
    case wire::dhcp6_type::request:
        return &DhcpCells::request_v6;
    case wire::dhcp6_type::reply:
        return &DhcpCells::reply;
    default:
        return &DhcpCells::other_v6;
    }
}

class Dhcp final : public Handler {
public:
    Dhcp(const HandlerConfig& config, const sketch::HashKey& key)
        : key_(key), sampling_(config.deep_sample_rate, key), pending_(transaction_ttl_us(config.values)) {}

    void on_ordered(const Batch& batch, void* cells_ptr) override {
        auto& cells = *static_cast<DhcpCells*>(cells_ptr);
        sampling_.begin(batch.deep_weight);
        for (const uint16_t index : batch.dhcp) {
            const wire::Packet& packet = batch.packets[index];
            const auto second = batch.second_of(packet.ts_ns);
            cells.events++;
            cells.observed.add(second, 1);
            const bool v4 = wire::is_dhcp4_port(packet.src_port) || wire::is_dhcp4_port(packet.dst_port);
            if (v4 ? message_v4(cells, batch, packet) : message_v6(cells, batch, packet)) {
                cells.total++;
                cells.passed.add(second, 1);
            } else {
                cells.malformed++;
            }
        }
    }

    std::optional<uint64_t> waiting() const override { return pending_.size(); }

    void on_time(int64_t now_ns, void* cells_ptr, unsigned parts) override {
        auto& cells = *static_cast<DhcpCells*>(cells_ptr);
        pending_.sweep(now_ns / 1000, parts, [&](const PendingRequest&) { cells.timed_out++; });
    }

private:
    // By transaction, not by flow: broadcasts give every client the same addresses and ports.
    bool samples(DhcpCells& cells, const Batch& batch, uint32_t transaction) const {
        if (!sampling_.takes(0, transaction)) return false;
        const bool deep = sampling_.shares(0, transaction);
        cells.deep_samples += deep;
        batch.skip_deep(!deep);
        return deep;
    }

    bool message_v4(DhcpCells& cells, const Batch& batch, const wire::Packet& packet) {
        const wire::Dhcp4 message = wire::parse_dhcp4(packet.payload_bytes());
        const bool deep = samples(cells, batch, message.xid);
        if (!message.ok) return false;
        (cells.*type_cell(message))++;
        if (message.type == wire::dhcp4_type::request) {
            request(cells, packet, message);
        } else if (message.type == wire::dhcp4_type::ack || message.type == wire::dhcp4_type::nak) {
            answer(cells, packet, message, deep);
        } else if (message.type == wire::dhcp4_type::offer && message.server_id && deep) {
            server(cells, packet, message.server_id, true);
        }
        return true;
    }

    bool message_v6(DhcpCells& cells, const Batch& batch, const wire::Packet& packet) {
        const Bytes payload = packet.payload_bytes();
        const wire::Dhcp6 message = wire::parse_dhcp6(payload);
        const bool deep = samples(cells, batch, message.ok ? load_be32(payload.data()) & 0xffffff : 0);
        if (!message.ok) return false;
        (cells.*type_cell(message))++;
        const bool from_server =
            message.type == wire::dhcp6_type::advertise || message.type == wire::dhcp6_type::reply;
        if (from_server && message.has_server_id && deep)
            server(cells, packet, packet.src_ip(), packet.is_v4());
        return true;
    }

    void request(DhcpCells& cells, const wire::Packet& packet, const wire::Dhcp4& message) {
        PendingRequest value{};
        std::memcpy(value.mac, message.client_mac, mac_size);
        if (message.hostname.ok()) {
            value.hostname_len =
                static_cast<uint8_t>(std::min(message.hostname.size(), sizeof value.hostname));
            std::memcpy(value.hostname, message.hostname.data(), value.hostname_len);
        }
        switch (pending_.put(request_key(key_, message), packet.ts_ns / 1000, value)) {
        case PendingRequests::Put::displaced_expired:
            cells.timed_out++;
            break;
        case PendingRequests::Put::displaced_live:
            cells.evicted++;
            break;
        default:
            break;
        }
    }

    void answer(DhcpCells& cells, const wire::Packet& packet, const wire::Dhcp4& message, bool deep) {
        const auto taken = pending_.take(request_key(key_, message), packet.ts_ns / 1000);
        if (!taken.found) return;
        if (taken.age_us >= pending_.ttl_us()) {
            cells.timed_out++;
            return;
        }
        if (message.type != wire::dhcp4_type::ack || !deep) return;
        constexpr std::string_view unknown = "Unknown";
        const PendingRequest& request = taken.value;
        KeyLine line;
        line.mac(request.mac);
        line.put('/');
        if (request.hostname_len)
            line.bytes(request.hostname, request.hostname_len);
        else
            line.bytes(unknown.data(), unknown.size());
        line.put('/');
        line.ip(message.your_ip, true);
        line.add_to(cells.top_clients, key_, sampling_.weight());
    }

    void server(DhcpCells& cells, const wire::Packet& packet, const uint8_t* ip, bool v4) const {
        KeyLine line;
        line.mac(source_mac(packet));
        line.put('/');
        line.ip(ip, v4);
        line.add_to(cells.top_servers, key_, sampling_.weight());
    }

    sketch::HashKey key_;
    DeepSampling sampling_;
    PendingRequests pending_;
};

Result<std::unique_ptr<Handler>> create(const HandlerConfig& config, const Services& services) {
    return std::unique_ptr<Handler>(new Dhcp(config, services.key));
}

} // namespace

const HandlerClass& dhcp_v1() {
    static const HandlerClass handler{"dhcp", "1.0", schema, all_cells<schema>, transaction_options, create};
    return handler;
}

} // namespace visor::dhcp
