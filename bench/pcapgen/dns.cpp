#include "traffic.hpp"

#include <algorithm>
#include <queue>

namespace pcapgen {
namespace {

std::string wire_name(const std::string& text) {
    std::string wire;
    for (size_t p = 0; p < text.size();) {
        const size_t e = std::min(text.find('.', p), text.size());
        wire += static_cast<char>(e - p);
        wire.append(text, p, e - p);
        p = e + 1;
    }
    return wire + '\0';
}

std::string make_name(uint32_t i, Rng& r) {
    static const char* const tlds[] = {"com", "net",    "org",  "io",  "co.uk",
                                       "de",  "com.br", "info", "dev", "example"};
    static const char* const hosts[] = {"www", "api",   "cdn",     "mail", "static",
                                        "img", "login", "edge-01", "ns1",  "metrics"};
    static const char* const syllables[] = {"ka",  "lo",  "mi", "ru",  "ten", "sol",
                                            "bar", "vex", "on", "ari", "pha", "zu"};
    std::string text;
    const uint32_t depth = r.below(10);
    if (depth < 6) text += std::string(hosts[r.below(10)]) + '.';
    if (depth < 2) text.append("r").append(std::to_string(r.below(64))).append(".");
    for (uint32_t k = 2 + r.below(3); k > 0; --k) text += syllables[r.below(12)];
    return text + std::to_string(i) + '.' + tlds[r.below(10)]; // the index makes every name distinct
}

struct Query {
    uint64_t when;
    uint32_t name, client;
    uint16_t id, port, qtype;
    uint8_t server;
    bool edns;
    bool operator>(const Query& other) const { return when > other.when; }
};

class DnsTraffic {
public:
    DnsTraffic(PcapWriter& out, const Options& o)
        : out_(out), options_(o), r_(o.seed), pick_name_(Discrete::zipf(o.names, o.zipf)),
          pick_client_(Discrete::zipf(o.clients, 0.8)), pick_server_(Discrete::zipf(8, 1.0)),
          pick_type_({58, 22, 8, 4, 2, 2, 1, 1, 1, 1}), pick_rcode_({85, 11, 3, 1}) {
        names_.reserve(o.names);
        for (uint32_t i = 0; i < o.names; ++i) names_.push_back(wire_name(make_name(i, r_)));
        clients_.reserve(o.clients);
        for (uint32_t i = 0; i < o.clients; ++i) clients_.push_back(client(i));
        for (uint32_t i = 0; i < 8; ++i)
            v4_[i] = Addr::v4(0xc0000235U + i), v6_[i] = Addr::v6net(0x53, i + 1);
    }

    void run() {
        const double step = options_.seconds * 1e6 / (static_cast<double>(options_.packets) / 1.98);
        double t = 0;
        while (out_.packets() < options_.packets) {
            t += r_.exponential() * step;
            Query q = next_query(static_cast<uint64_t>(t));
            while (!pending_.empty() && pending_.top().when <= q.when && out_.packets() < options_.packets) {
                write_reply(pending_.top());
                pending_.pop();
            }
            if (out_.packets() == options_.packets) break;
            write_query(q);
            if (r_.chance(0.02)) continue; // never answered
            q.when += 200 + static_cast<uint64_t>(r_.exponential() * (r_.chance(0.85) ? 800 : 30000));
            pending_.push(q);
        }
    }

private:
    Addr client(uint32_t i) {
        return r_.chance(0.7) ? Addr::v4(0x64400000U + i * 37U % 0x400000U)
                              : Addr::v6net(1, 0x1000000ULL + i * 0x10001ULL);
    }

    Query next_query(uint64_t when) {
        static const uint16_t types[] = {1, 28, 65, 12, 15, 16, 2, 33, 6, 48};
        Query q{};
        q.when = when;
        q.name = pick_name_.draw(r_);
        q.client = pick_client_.draw(r_);
        q.id = static_cast<uint16_t>(r_.below(65536));
        q.port = static_cast<uint16_t>(1024 + r_.below(64512));
        q.qtype = types[pick_type_.draw(r_)];
        q.server = static_cast<uint8_t>(pick_server_.draw(r_));
        q.edns = r_.chance(0.7);
        return q;
    }

    size_t header(const Query& q, bool reply, unsigned flags, unsigned answers, unsigned authority) {
        const Addr &c = clients_[q.client], &s = (c.v6 ? v6_ : v4_)[q.server];
        const size_t l4 = reply ? begin_frame(f_, s, c, udp, 0, q.id) : begin_frame(f_, c, s, udp, 0, q.id);
        f_.u16(reply ? 53U : q.port), f_.u16(reply ? q.port : 53U);
        f_.u32(0);
        f_.u16(q.id), f_.u16(flags), f_.u16(1), f_.u16(answers), f_.u16(authority), f_.u16(q.edns);
        f_.bytes(names_[q.name].data(), names_[q.name].size());
        f_.u16(q.qtype), f_.u16(1);
        return l4;
    }

    void record(unsigned type, unsigned ttl, unsigned length) { // owner: the question's name
        f_.u16(0xc00c), f_.u16(type), f_.u16(1), f_.u32(ttl), f_.u16(length);
    }

    void opt(bool ecs) {
        f_.u8(0), f_.u16(41), f_.u16(1232), f_.u32(0), f_.u16(ecs ? 11 : 0);
        if (ecs)
            f_.u16(8), f_.u16(7), f_.u16(1), f_.u8(24), f_.u8(0), f_.u8(198), f_.u8(18), f_.u8(r_.below(256));
    }

    void write_query(const Query& q) {
        const size_t l4 = header(q, false, 0x0100, 0, 0);
        if (q.edns) opt(r_.chance(0.05));
        finish(q, l4);
    }

    void write_reply(const Query& q) {
        static const uint8_t rcodes[] = {0, 3, 2, 5};
        const unsigned rcode = rcodes[pick_rcode_.draw(r_)];
        const bool soa = rcode == 3, data = rcode == 0 && (q.qtype == 1 || q.qtype == 28);
        const bool cname = data && r_.chance(0.2);
        const unsigned answers = data ? 1 + r_.below(3) + cname : 0;
        const size_t l4 = header(q, true, 0x8180 | rcode, answers, soa);
        for (unsigned i = 0; i < answers; ++i) write_answer(q, cname && i == 0);
        if (soa) {
            record(6, 900, 2 + 2 + 20), f_.u16(0xc00c), f_.u16(0xc00c);
            for (uint32_t v : {2026010100U, 7200U, 900U, 1209600U, 86400U}) f_.u32(v);
        }
        if (q.edns) opt(false);
        finish(q, l4);
    }

    void write_answer(const Query& q, bool cname) {
        if (cname) {
            record(5, 300, 8), f_.u8(5), f_.bytes("alias", 5), f_.u16(0xc00c);
        } else if (q.qtype == 1) {
            record(1, 60, 4), f_.u32(0xc6120000U + r_.below(1U << 17));
        } else {
            record(28, 60, 16), f_.bytes(Addr::v6net(0x99, r_.next() >> 44).b.data(), 16);
        }
    }

    void finish(const Query& q, size_t l4) {
        end_frame(f_, clients_[q.client].v6, udp, l4);
        out_.packet(start_usec + q.when, f_);
    }

    PcapWriter& out_;
    const Options& options_;
    Rng r_;
    Discrete pick_name_, pick_client_, pick_server_, pick_type_, pick_rcode_;
    std::vector<std::string> names_;
    std::vector<Addr> clients_;
    std::array<Addr, 8> v4_, v6_;
    std::priority_queue<Query, std::vector<Query>, std::greater<>> pending_;
    Buf f_;
};

} // namespace

void dns_traffic(PcapWriter& out, const Options& o) {
    DnsTraffic(out, o).run();
}

} // namespace pcapgen
