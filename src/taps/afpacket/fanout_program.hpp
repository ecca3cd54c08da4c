// Which of the sockets that share an interface gets a frame: a program for the kernel (packet(7),
// PACKET_FANOUT_CBPF). Both directions of a flow meet on one socket. So does all DNS between two addresses,
// by UDP and by TCP, with the fragments between them, of which only the first one tells its ports: a query
// and its reply in fragments meet too, which by the kernel's own hash of flows they do every other time. And
// so does all DHCP, whose messages have other addresses from step to step.
//
// Threads: any. Owns: nothing. Wire: Ethernet with up to two tags, MPLS labels or PPPoE, IPv4, IPv6.
#pragma once

#include <cstdint>
#include <linux/filter.h>
#include <vector>

namespace visor::taps {

// What it tells is to be taken modulo the number of sockets. The key makes it different from host to host:
// nobody can aim traffic at one socket. Cooked: the interface has no Ethernet header.
std::vector<sock_filter> fanout_program(bool cooked, uint32_t key);

} // namespace visor::taps
