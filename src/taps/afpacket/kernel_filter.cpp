#include "taps/afpacket/kernel_filter.hpp"

#include "engine/capture_right.hpp"
#include "engine/frames.hpp"

#include <linux/if_arp.h>
#include <linux/if_packet.h>
#include <memory>
#include <pcap/pcap.h>
#include <sys/socket.h>

namespace visor::taps {
namespace {

using Handle = std::unique_ptr<pcap_t, decltype(&pcap_close)>;

constexpr auto snap = static_cast<int>(engine::frame_bytes_max);
constexpr uint32_t sll_header = 16; // LINKTYPE_LINUX_SLL
constexpr uint32_t sll_type = 0, sll_protocol = 14;

// Frames that leave by a loopback interface are not taken.
constexpr sock_filter not_leaving_loopback[] = {
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_HATYPE)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARPHRD_LOOPBACK, 0, 3),
    BPF_STMT(BPF_LD | BPF_H | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE)),
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, 0, 1),
    BPF_STMT(BPF_RET | BPF_K, 0),
};

// A capture of the device that is good for compiling only: the smallest ring there is.
Result<Handle> open_for_compiling(const std::string& device) {
    char reason[PCAP_ERRBUF_SIZE] = "";
    Handle handle(pcap_create(device.c_str(), reason), &pcap_close);
    if (!handle) return Error{device + ": " + reason};
    pcap_set_snaplen(handle.get(), snap);
    pcap_set_buffer_size(handle.get(), snap);
    const int outcome = pcap_activate(handle.get());
    if (outcome == PCAP_ERROR_PERM_DENIED) return Error{engine::capture_right_missing(device)};
    if (outcome < 0) return Error{device + ": " + pcap_statustostr(outcome)};
    return handle;
}

// A program that reads a cooked header, for frames that begin with what follows that header. False when it
// reads a part of the header that the kernel cannot tell.
bool without_cooked_header(std::vector<sock_filter>& program) {
    for (auto& step : program) {
        const auto kind = BPF_CLASS(step.code);
        const auto mode = BPF_MODE(step.code);
        const bool loads = kind == BPF_LD && (mode == BPF_ABS || mode == BPF_IND);
        const bool reads_length = kind == BPF_LDX && mode == BPF_MSH;
        if (!loads && !reads_length) continue;
        if (mode == BPF_ABS && static_cast<int32_t>(step.k) < 0) continue; // looked up elsewhere already
        if (step.k >= sll_header) {
            step.k -= sll_header;
        } else if (mode == BPF_ABS && step.k == sll_type) {
            step.k = static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PKTTYPE);
        } else if (mode == BPF_ABS && step.k == sll_protocol) {
            step.k = static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL);
        } else {
            return false;
        }
    }
    return true;
}

struct Compiled {
    bpf_program program{};
    ~Compiled() { pcap_freecode(&program); }
};

} // namespace

Result<KernelFilter> KernelFilter::compile(const std::string& expression, const std::string& device,
                                           bool cooked) {
    KernelFilter filter;
    filter.program_.assign(std::begin(not_leaving_loopback), std::end(not_leaving_loopback));
    if (expression.empty()) {
        filter.program_.push_back(BPF_STMT(BPF_RET | BPF_K, UINT32_MAX));
        return filter;
    }
    auto handle = open_for_compiling(cooked ? "any" : device);
    if (!handle) return Error{handle.error()};
    if (cooked) pcap_set_datalink(handle->get(), DLT_LINUX_SLL);
    Compiled compiled;
    if (pcap_compile(handle->get(), &compiled.program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
        return Error{"filter '" + expression + "': " + pcap_geterr(handle->get())};
    std::vector<sock_filter> wanted;
    for (uint32_t i = 0; i < compiled.program.bf_len; ++i) {
        const bpf_insn& step = compiled.program.bf_insns[i];
        wanted.push_back({step.code, step.jt, step.jf, step.k});
    }
    if (cooked && !without_cooked_header(wanted))
        return Error{"filter '" + expression + "' asks for link-layer addresses, which " + device +
                     " has not"};
    filter.program_.insert(filter.program_.end(), wanted.begin(), wanted.end());
    return filter;
}

KernelFilter KernelFilter::closed() {
    KernelFilter filter;
    filter.program_.push_back(BPF_STMT(BPF_RET | BPF_K, 0));
    return filter;
}

bool KernelFilter::attach(int socket) const {
    const sock_fprog all{static_cast<unsigned short>(program_.size()),
                         const_cast<sock_filter*>(program_.data())};
    return setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &all, sizeof all) == 0;
}

std::string filter_mistake(const std::string& expression, bool cooked) {
    if (expression.empty()) return {};
    const Handle dead(pcap_open_dead(cooked ? DLT_LINUX_SLL : DLT_EN10MB, snap), &pcap_close);
    if (!dead) return "out of memory";
    // What only an open capture can answer is no mistake.
    if (expression.find("bound") != std::string::npos || expression.find("ifindex") != std::string::npos)
        return {};
    Compiled compiled;
    if (pcap_compile(dead.get(), &compiled.program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) == 0)
        return {};
    return "filter '" + expression + "': " + pcap_geterr(dead.get());
}

} // namespace visor::taps
