#include "taps/pcap/link_text.hpp"

#include "wire/link.hpp"

#include <pcap/pcap.h>

namespace visor::taps {

std::string link_text(uint16_t linktype) {
    std::string name(wire::link_name(linktype));
    const char* known = name.empty() ? pcap_datalink_val_to_name(linktype) : nullptr;
    if (known) name = known;
    const std::string number = "link type " + std::to_string(linktype);
    return name.empty() ? number : number + " (" + name + ")";
}

std::string supported_links() {
    constexpr uint32_t registry_end = 400; // LINKTYPE numbers in use are below
    std::string list = "supported:";
    for (uint32_t linktype = 0; linktype < registry_end; ++linktype) {
        if (!wire::link_supported(linktype) || wire::link_counted_only(linktype)) continue;
        list += list.back() == ':' ? " " : ", ";
        list += std::to_string(linktype) + " (" + std::string(wire::link_name(linktype)) + ")";
    }
    return list;
}

} // namespace visor::taps
