#include "traffic.hpp"

#include <algorithm>

namespace pcapgen {
namespace {

struct Flow {
    Addr a, b;
    uint16_t pa = 0, pb = 0;
    uint8_t proto = tcp;
    bool quic = false, started = false;
    uint32_t seq[2] = {0, 0};
};

void choose_kind(Flow& f, Rng& r, bool mixed, const Discrete& port_rank) {
    static const uint16_t tcp_ports[] = {443, 80, 22, 25, 8443, 3306, 5432, 9092, 179, 853};
    static const uint16_t udp_ports[] = {123, 500, 5060, 3478, 51820, 161, 514, 1194, 27015, 5004};
    const double k = r.unit();
    if (!mixed) {
        f.proto = f.a.v6 || k < 0.45 ? udp : tcp; // 64 bytes cannot hold a TCP/IPv6 frame
        f.pb = f.proto == tcp ? tcp_ports[port_rank.draw(r)] : udp_ports[port_rank.draw(r)];
    } else if (k < 0.70) {
        f.pb = tcp_ports[port_rank.draw(r)];
    } else if (k < 0.85) {
        f.proto = udp, f.quic = true, f.pb = 443;
    } else if (k < 0.97) {
        f.proto = udp, f.pb = udp_ports[port_rank.draw(r)];
    } else {
        f.proto = f.a.v6 ? icmp6 : icmp;
    }
}

std::vector<Flow> make_flows(const Options& o, Rng& r, bool mixed) {
    const Discrete port_rank = Discrete::zipf(10, 1.2);
    std::vector<Flow> flows(o.flows);
    for (auto& f : flows) {
        const bool v6 = r.chance(mixed ? 0.25 : 0.10);
        const uint32_t host = r.below(1U << 18), server = r.below(1U << 14);
        f.a = v6 ? Addr::v6net(2, host) : Addr::v4(0x64400000U + host);
        f.b = v6 ? Addr::v6net(3, server) : Addr::v4(0xc6120000U + server);
        f.pa = static_cast<uint16_t>(1024 + r.below(64512));
        choose_kind(f, r, mixed, port_rank);
    }
    return flows;
}

class FlowTraffic {
public:
    FlowTraffic(PcapWriter& out, const Options& o, bool mixed)
        : out_(out), options_(o), mixed_(mixed), r_(o.seed), flows_(make_flows(o, r_, mixed)),
          pick_(mixed ? Discrete::zipf(o.flows, o.zipf) : Discrete(std::vector<double>(o.flows, 1.0))),
          pick_size_({7, 4, 1}) { // simple IMIX
        for (auto& byte : filler_) byte = static_cast<uint8_t>(r_.next());
    }

    void run() {
        const double step = options_.seconds * 1e6 / static_cast<double>(options_.packets);
        double t = 0;
        for (uint64_t i = 0; i < options_.packets; ++i) {
            t += mixed_ ? r_.exponential() * step : step;
            write_packet(i, flows_[pick_.draw(r_)]);
            out_.packet(start_usec + static_cast<uint64_t>(t), f_);
        }
    }

private:
    void write_packet(uint64_t i, Flow& fl) {
        static const size_t sizes[] = {64, 594, 1514};
        const size_t want = mixed_ ? sizes[pick_size_.draw(r_)] : 64;
        const bool back = fl.started && r_.chance(0.5), first = !fl.started;
        fl.started = true;
        const Addr &src = back ? fl.b : fl.a, &dst = back ? fl.a : fl.b;
        const size_t l4 = begin_frame(f_, src, dst, fl.proto, fl.quic ? 2 : 0, static_cast<uint16_t>(i));
        if (fl.proto == tcp) {
            write_tcp(fl, back, first, want, i);
        } else if (fl.proto == udp) {
            write_udp(fl, back, first, want, i);
        } else {
            write_echo(fl, back);
        }
        end_frame(f_, src.v6, fl.proto, l4);
        while (f_.size() < 60) f_.u8(0); // Ethernet minimum
    }

    void ports(const Flow& fl, bool back) { f_.u16(back ? fl.pb : fl.pa), f_.u16(back ? fl.pa : fl.pb); }

    void write_tcp(Flow& fl, bool back, bool first, size_t want, uint64_t i) {
        ports(fl, back), f_.u32(fl.seq[back]), f_.u32(fl.seq[!back]);
        const size_t body = want > f_.size() + 8 && !(mixed_ && first) ? want - f_.size() - 8 : 0;
        f_.u8(0x50), f_.u8(first ? 0x02 : body ? 0x18 : 0x10), f_.u16(64240), f_.u32(0);
        f_.bytes(filler_.data() + (i & 63), body);
        fl.seq[back] += static_cast<uint32_t>(body) + first;
    }

    void write_udp(const Flow& fl, bool back, bool first, size_t want, uint64_t i) {
        ports(fl, back), f_.u32(0);
        const size_t at = f_.size();
        f_.bytes(filler_.data() + (i & 63), std::max<size_t>(want, at + 2) - at);
        if (!fl.quic) return;
        f_.data()[at] = first ? 0xc3 : 0x40; // long-header Initial, then short headers
        if (first && want >= at + 5) std::memcpy(f_.data() + at + 1, "\0\0\0\1", 4);
    }

    void write_echo(Flow& fl, bool back) {
        f_.u8(fl.proto == icmp ? (back ? 0 : 8) : (back ? 129 : 128)), f_.u8(0), f_.u16(0);
        f_.u16(fl.pa), f_.u16(static_cast<unsigned>(++fl.seq[0] & 0xffff));
        f_.bytes(filler_.data(), 64 > f_.size() ? 64 - f_.size() : 0);
    }

    PcapWriter& out_;
    const Options& options_;
    const bool mixed_;
    Rng r_;
    std::vector<Flow> flows_;
    Discrete pick_, pick_size_;
    std::array<uint8_t, 2048> filler_{};
    Buf f_;
};

} // namespace

void flow_traffic(PcapWriter& out, const Options& o, bool mixed) {
    FlowTraffic(out, o, mixed).run();
}

} // namespace pcapgen
