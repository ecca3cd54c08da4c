#include "taps/afpacket/fanout_program.hpp"

#include <array>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <netinet/in.h>

namespace visor::taps {
namespace {

// Places of memory.
constexpr uint32_t sum = 0, saved = 1, part = 2, start = 3; // start: of the IP header
constexpr unsigned tags_max = 2, labels_max = 4;
constexpr uint32_t dns_ports[] = {53, 5353, 5355, 53000};
constexpr uint32_t dhcp_ports[] = {67, 68, 546, 547};

enum Label : uint8_t { next, leaves, look, typed, labels, ip, v4, v6, ports, done, none, first_free };

// Steps with forward jumps to labels, which become numbers of steps in the end.
class Assembler {
public:
    void step(unsigned code, uint32_t operand = 0) {
        steps_.push_back({static_cast<uint16_t>(code), 0, 0, operand});
        jumps_.push_back({});
    }
    void when(unsigned test, uint32_t operand, Label yes, Label no = next) {
        step(BPF_JMP | test | BPF_K, operand);
        jumps_.back() = {yes, no};
    }
    void go(Label to) {
        step(BPF_JMP | BPF_JA);
        jumps_.back() = {to, next};
    }
    void here(Label label) { at_[label] = steps_.size(); }
    Label free_label() { return static_cast<Label>(free_++); }

    void load_absolute(unsigned size, int at) { step(BPF_LD | BPF_ABS | size, static_cast<uint32_t>(at)); }
    void load(unsigned size, uint32_t at) { step(BPF_LD | BPF_IND | size, at); } // from X on
    void set_x(uint32_t value) { step(BPF_LDX | BPF_IMM, value); }
    void keep(uint32_t place) { step(BPF_ST, place); }
    void recall(uint32_t place) { step(BPF_LD | BPF_MEM, place); }
    void recall_x(uint32_t place) { step(BPF_LDX | BPF_MEM, place); }
    void advance(uint32_t bytes) {
        step(BPF_MISC | BPF_TXA);
        step(BPF_ALU | BPF_ADD | BPF_K, bytes);
        step(BPF_MISC | BPF_TAX);
    }
    // A is multiplied so that each bit of it reaches the upper half, and that half comes down again.
    void mix(uint32_t factor) {
        step(BPF_ALU | BPF_MUL | BPF_K, factor);
        step(BPF_MISC | BPF_TAX);
        step(BPF_ALU | BPF_RSH | BPF_K, 15);
        step(BPF_ALU | BPF_XOR | BPF_X);
    }
    void add_from(uint32_t place) {
        recall_x(place);
        step(BPF_ALU | BPF_ADD | BPF_X);
    }

    std::vector<sock_filter> finish() {
        for (size_t i = 0; i < steps_.size(); ++i) {
            auto& one = steps_[i];
            if (BPF_CLASS(one.code) != BPF_JMP) continue;
            const auto to = [&](Label label) { return label == next ? 0 : at_[label] - i - 1; };
            if (BPF_OP(one.code) == BPF_JA) {
                one.k = static_cast<uint32_t>(to(jumps_[i].yes));
            } else {
                one.jt = static_cast<uint8_t>(to(jumps_[i].yes));
                one.jf = static_cast<uint8_t>(to(jumps_[i].no));
            }
        }
        return std::move(steps_);
    }

private:
    struct Jump {
        Label yes = next, no = next;
    };
    std::vector<sock_filter> steps_;
    std::vector<Jump> jumps_;
    std::array<size_t, 32> at_{};
    uint8_t free_ = first_free;
};

// X becomes where the packet begins, A what it is. The kernel shows a frame that arrives from behind its
// link header on, one that leaves from the link header on.
void find_packet(Assembler& a, bool cooked) {
    a.load_absolute(BPF_W, SKF_AD_OFF + SKF_AD_PKTTYPE);
    a.when(BPF_JEQ, PACKET_OUTGOING, leaves);
    a.set_x(0);
    a.load_absolute(BPF_W, SKF_AD_OFF + SKF_AD_PROTOCOL);
    a.go(look);
    a.here(leaves);
    a.set_x(static_cast<uint32_t>(cooked ? SKF_NET_OFF : SKF_LL_OFF + ETH_HLEN));
    if (cooked)
        a.load_absolute(BPF_W, SKF_AD_OFF + SKF_AD_PROTOCOL);
    else
        a.load_absolute(BPF_H, SKF_LL_OFF + 2 * ETH_ALEN);
    a.here(look);
}

// X becomes where the IP header begins.
void find_ip(Assembler& a) {
    for (unsigned i = 0; i < tags_max; ++i) {
        const Label tag = a.free_label();
        a.when(BPF_JEQ, ETH_P_8021Q, tag);
        a.when(BPF_JEQ, ETH_P_8021AD, tag, typed);
        a.here(tag);
        a.load(BPF_H, 2);
        a.keep(saved);
        a.advance(4);
        a.recall(saved);
    }
    a.here(typed);
    a.when(BPF_JEQ, ETH_P_IP, v4);
    a.when(BPF_JEQ, ETH_P_IPV6, v6);
    a.when(BPF_JEQ, ETH_P_MPLS_UC, labels);
    a.when(BPF_JEQ, ETH_P_PPP_SES, next, none);
    a.advance(8);
    a.go(ip);
    a.here(labels);
    for (unsigned i = 0; i < labels_max; ++i) {
        a.load(BPF_B, 2);
        a.keep(saved);
        a.advance(4);
        a.recall(saved);
        a.when(BPF_JSET, 1, ip);
    }
    a.go(none);
    a.here(ip);
    a.load(BPF_B, 0);
    a.step(BPF_ALU | BPF_RSH | BPF_K, 4);
    a.when(BPF_JEQ, 4, v4);
    a.when(BPF_JEQ, 6, v6, none);
}

void add_ipv4(Assembler& a, uint32_t factor) {
    a.here(v4);
    a.step(BPF_STX, start);
    a.load(BPF_W, 12);
    a.mix(factor);
    a.keep(sum);
    a.recall_x(start);
    a.load(BPF_W, 16);
    a.mix(factor);
    a.add_from(sum);
    a.keep(sum);
    a.recall_x(start);
    a.load(BPF_H, 6);
    a.when(BPF_JSET, 0x3fff, done); // a fragment
    const Label has_ports = a.free_label();
    a.load(BPF_B, 9);
    a.when(BPF_JEQ, IPPROTO_UDP, has_ports);
    a.when(BPF_JEQ, IPPROTO_TCP, has_ports, done);
    a.here(has_ports);
    a.load(BPF_B, 0);
    a.step(BPF_ALU | BPF_AND | BPF_K, 15);
    a.step(BPF_ALU | BPF_LSH | BPF_K, 2);
    a.step(BPF_ALU | BPF_ADD | BPF_X);
    a.step(BPF_MISC | BPF_TAX);
    a.go(ports);
}

// One address, from its place in the header: of its words those in which networks and hosts differ most.
void fold_ipv6(Assembler& a, uint32_t at, uint32_t factor) {
    a.load(BPF_W, at + 4);
    a.mix(factor);
    a.keep(part);
    a.recall_x(start);
    a.load(BPF_W, at + 12);
    a.add_from(part);
    a.mix(factor);
}

void add_ipv6(Assembler& a, uint32_t factor) {
    a.here(v6);
    a.step(BPF_STX, start);
    fold_ipv6(a, 8, factor);
    a.keep(sum);
    a.recall_x(start);
    fold_ipv6(a, 24, factor);
    a.add_from(sum);
    a.keep(sum);
    a.recall_x(start);
    const Label has_ports = a.free_label();
    a.load(BPF_B, 6);
    a.when(BPF_JEQ, IPPROTO_UDP, has_ports);
    a.when(BPF_JEQ, IPPROTO_TCP, has_ports, done);
    a.here(has_ports);
    a.advance(40);
}

// Ports count where neither is DNS's. DHCP goes by broadcast here and not there: all of it to one socket.
void add_ports(Assembler& a, uint32_t factor) {
    a.here(ports);
    for (const uint32_t at : {2U, 0U}) {
        if (at == 0) a.keep(saved);
        a.load(BPF_H, at);
        for (const uint32_t port : dns_ports) a.when(BPF_JEQ, port, done);
        for (const uint32_t port : dhcp_ports) a.when(BPF_JEQ, port, none);
    }
    a.mix(factor);
    a.keep(part);
    a.recall(saved);
    a.mix(factor);
    a.add_from(part);
    a.add_from(sum);
    a.keep(sum);
}

} // namespace

std::vector<sock_filter> fanout_program(bool cooked, uint32_t key) {
    const uint32_t factor = 0x9e3779b1U ^ (key & 0x00fffffeU); // odd, and with bits high up
    Assembler a;
    find_packet(a, cooked);
    find_ip(a);
    add_ipv4(a, factor);
    add_ipv6(a, factor);
    add_ports(a, factor);
    a.here(done);
    a.recall(sum);
    a.mix(0x85ebca6bU);
    a.step(BPF_ALU | BPF_MUL | BPF_K, 0xc2b2ae35U);
    a.step(BPF_ALU | BPF_RSH | BPF_K, 16);
    a.step(BPF_RET | BPF_A);
    a.here(none);
    a.step(BPF_RET | BPF_K, 0);
    return a.finish();
}

} // namespace visor::taps
