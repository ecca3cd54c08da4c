#include "taps/pcap/bpf_filter.hpp"

#include "wire/link.hpp"

namespace visor::taps {
namespace {

// libpcap compiles for its own DLT numbers, which differ from the file's LINKTYPE numbers only for raw IP
// here.
int dlt_of(uint16_t linktype) {
    const auto link = static_cast<wire::LinkType>(linktype);
    const bool raw =
        link == wire::LinkType::raw || link == wire::LinkType::raw_bsd || link == wire::LinkType::raw_openbsd;
    return raw ? DLT_RAW : linktype;
}

} // namespace

Result<std::unique_ptr<BpfFilter>> BpfFilter::compile(const std::string& expression, uint16_t linktype) {
    const std::unique_ptr<pcap_t, decltype(&pcap_close)> dead(
        pcap_open_dead(dlt_of(linktype), static_cast<int>(engine::frame_bytes_max)), &pcap_close);
    if (!dead) return Error{"out of memory"};
    std::unique_ptr<BpfFilter> filter(new BpfFilter);
    if (pcap_compile(dead.get(), &filter->program_, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
        return Error{pcap_geterr(dead.get())};
    return filter;
}

BpfFilter::~BpfFilter() {
    pcap_freecode(&program_);
}

bool BpfFilter::matches(const uint8_t* data, uint32_t caplen, uint32_t wirelen) const {
    return bpf_filter(program_.bf_insns, data, wirelen, caplen) != 0;
}

Result<const BpfFilter*> FilterSet::for_link(uint16_t linktype) {
    if (expression_.empty()) return static_cast<const BpfFilter*>(nullptr);
    if (const auto found = compiled_.find(linktype); found != compiled_.end())
        return static_cast<const BpfFilter*>(found->second.get());
    auto made = BpfFilter::compile(expression_, linktype);
    if (!made) return Error{made.error()};
    return static_cast<const BpfFilter*>((compiled_[linktype] = std::move(*made)).get());
}

} // namespace visor::taps
