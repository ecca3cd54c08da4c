#!/usr/bin/env python3
"""Crafts the small captures of tests/goldens/captures/: one shape of traffic each, to be counted by tshark.

Needs scapy (from PyPI; tests/goldens/remake.py sets it up). Deterministic: the same files every time.
Usage: make_captures.py DIRECTORY
"""
import gzip
import io
import os
import struct
import sys

from scapy.all import (DNS, DNSQR, DNSRR, DNSRROPT, GRE, ICMP, IP, LLC, PPP, SNAP, TCP, UDP, CookedLinux, Dot1AD, Dot1Q,
                       Ether, IPerror, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
                       IPv6ExtHdrRouting, PPPoE, Raw, UDPerror, fragment, fragment6)
from scapy.contrib.mpls import MPLS
from scapy.layers.dns import EDNS0ClientSubnet
from scapy.layers.inet import IPOption_RR
from scapy.layers.vxlan import VXLAN

CLIENT, SERVER = "192.0.2.10", "198.51.100.53"
CLIENT6, SERVER6 = "2001:db8::10", "2001:db8:53::53"
START = 1767225600_000000  # microseconds: 2026-01-01T00:00:00Z
MAC = {"src": "02:00:00:00:00:01", "dst": "02:00:00:00:00:02"}


def ether(payload, **extra):
    return Ether(**MAC, **extra) / payload


def query(name="www.example.com", kind="A", ident=1, **more):
    return DNS(id=ident, rd=1, qd=DNSQR(qname=name, qtype=kind), **more)


def reply(name="www.example.com", kind="A", ident=1, rcode=0, answers=1, size=0):
    rrs = [DNSRR(rrname=name, type="TXT", ttl=60, rdata=b"x" * 200) for _ in range(size // 200)] or \
        [DNSRR(rrname=name, type="A", ttl=60, rdata=f"203.0.113.{i + 1}") for i in range(answers)]
    an = None
    for rr in rrs:
        an = rr if an is None else an / rr
    return DNS(id=ident, qr=1, rd=1, ra=1, rcode=rcode, qd=DNSQR(qname=name, qtype=kind), an=an, ancount=len(rrs))


def ask(message, port=40000, dport=53):
    return IP(src=CLIENT, dst=SERVER) / UDP(sport=port, dport=dport) / message


def answer(message, port=40000, sport=53, ident=7):
    return IP(src=SERVER, dst=CLIENT, id=ident) / UDP(sport=sport, dport=port) / message


def ask6(message, port=40000):
    return IPv6(src=CLIENT6, dst=SERVER6) / UDP(sport=port, dport=53) / message


def answer6(message, port=40000):
    return IPv6(src=SERVER6, dst=CLIENT6) / UDP(sport=53, dport=port) / message


def pair(n, port=40000):
    """A query and its reply over IPv4 and UDP."""
    return [ask(query(f"h{n}.example.com", ident=n), port), answer(reply(f"h{n}.example.com", ident=n), port)]


# ---------------------------------------------------------------- files

def pcap(frames, link=1, endian="<", nano=False, snaplen=262144, times=None):
    out = [struct.pack(endian + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snaplen, link)]
    for n, frame in enumerate(frames):
        raw = bytes(frame)
        at = times[n] if times else START + n * 1000
        fraction = at % 1000000 * (1000 if nano else 1)
        out.append(struct.pack(endian + "IIII", at // 1000000, fraction,
                   min(len(raw), snaplen), len(raw)) + raw[:snaplen])
    return b"".join(out)


def block(kind, body, endian="<"):
    body += b"\0" * (-len(body) % 4)
    total = struct.pack(endian + "I", len(body) + 12)
    return struct.pack(endian + "I", kind) + total + body + total


def option(code, value, endian="<"):
    return struct.pack(endian + "HH", code, len(value)) + value + b"\0" * (-len(value) % 4)


def pcapng(interfaces, packets, endian="<"):
    """interfaces: [(link, tsresol or None)]; packets: [(interface, microseconds, bytes)]."""
    out = block(0x0A0D0D0A, struct.pack(endian + "IHHq", 0x1A2B3C4D, 1, 0, -1), endian)
    for link, resolution in interfaces:
        options = option(9, bytes([resolution]), endian) + option(0, b"", endian) if resolution is not None else b""
        out += block(1, struct.pack(endian + "HHI", link, 0, 0) + options, endian)
    for interface, at, raw in packets:
        resolution = interfaces[interface][1]
        ticks = at * 2**20 // 10**6 if resolution == 0x80 | 20 else at * \
            10 ** ((6 if resolution is None else resolution) - 6)
        head = struct.pack(endian + "IIIII", interface, ticks >> 32, ticks & 0xFFFFFFFF, len(raw), len(raw))
        out += block(6, head + raw + b"\0" * (-len(raw) % 4), endian)
    return out


def packed(data):
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0) as file:
        file.write(data)
    return buffer.getvalue()


# ---------------------------------------------------------------- traffic

def tcp_dns(chunks, order=None, again=(), sport=41000):
    """A TCP connection whose client sends `chunks`; `order` and `again` reorder and repeat their segments."""
    to, back = IP(src=CLIENT, dst=SERVER), IP(src=SERVER, dst=CLIENT)
    frames = [to / TCP(sport=sport, dport=53, flags="S", seq=1000),
              back / TCP(sport=53, dport=sport, flags="SA", seq=5000, ack=1001),
              to / TCP(sport=sport, dport=53, flags="A", seq=1001, ack=5001)]
    segments, at = [], 1001
    for chunk in chunks:
        segments.append(to / TCP(sport=sport, dport=53, flags="PA", seq=at, ack=5001) / Raw(chunk))
        at += len(chunk)
    frames += [segments[i] for i in (order or range(len(segments)))] + [segments[i] for i in again]
    frames += [to / TCP(sport=sport, dport=53, flags="FA", seq=at, ack=5001),
               back / TCP(sport=53, dport=sport, flags="FA", seq=5001, ack=at + 1),
               to / TCP(sport=sport, dport=53, flags="A", seq=at + 1, ack=5002)]
    return [ether(f) for f in frames]


def framed(message):
    raw = bytes(message)
    return struct.pack(">H", len(raw)) + raw


def tcp_cases():
    one, two, three = (framed(query(f"q{i}.example.com", ident=i)) for i in (1, 2, 3))
    whole = one + two + three
    return {
        "tcp_split.pcap": pcap(tcp_dns([whole[:1], whole[1:2], whole[2:20], whole[20:50], whole[50:]])),
        "tcp_pipelined.pcap": pcap(tcp_dns([one + two, three])),
        "tcp_out_of_order.pcap": pcap(tcp_dns([one, two, three], order=[1, 2, 0])),
        "tcp_retransmitted.pcap": pcap(tcp_dns([one, two, three], again=[1, 2])),
        "tcp_byte_by_byte.pcap": pcap(tcp_dns([bytes([b]) for b in one])),
        "tcp_odd.pcap": pcap(odd_tcp_frames()),
        "tcp_fragments.pcap": pcap(tcp_fragment_frames()),
    }


def odd_tcp_frames():
    """Lengths too short for a DNS header, zeros, data in a reset, and IPv6 that says nothing follows."""
    good = framed(query("good.example.com", ident=9))
    frames = []
    for i, bad in enumerate((b"\0\0", b"\0\3abc", b"\0\5abcde", b"\0\x0bab\x80\0fghijkl", bytes(200))):
        frames += tcp_dns([bad + good], sport=42000 + 2 * i) + tcp_dns([bad[:1], bad[1:], good], sport=42001 + 2 * i)
    last = ask(query("x.example.com"))[UDP]
    reset = TCP(sport=43000, dport=53, flags="RA", seq=1001, ack=5001)
    return (frames + tcp_dns([], sport=43000)[:3] + [ether(IP(src=CLIENT, dst=SERVER) / reset / Raw(good))] +
            [ether(IPv6(src=CLIENT6, dst=SERVER6, plen=0) / last)])


def tcp_fragment_frames():
    """Segments in fragments: in order, reversed, twice, the later segment first, and over IPv6."""
    frames = []
    for i, order in enumerate(("abc", "cba", "abcabc", "bca")):
        opening, segments = tcp_dns([framed(query(f"f{n}.p{i}.example.com", ident=n)) for n in range(3)],
                                    sport=44000 + i)[:3], {}
        for n, name in enumerate("abc"):
            data = b"".join(framed(query(f"{name}{m}.p{i}.example.com", ident=m)) for m in range(2))
            segments[name] = IP(src=CLIENT, dst=SERVER, id=100 * i + n + 1) / TCP(
                sport=44000 + i, dport=53, flags="PA", seq=1001 + n * len(data), ack=5001) / Raw(data)
        frames += opening
        for again, name in enumerate(order):
            segment = segments[name].copy()
            segment.id += 10 * again
            frames += [ether(f) for f in fragment(segment, 40)[:: -1 if i == 1 else 1]]
    data = b"".join(framed(query(f"six{m}.example.com", ident=m)) for m in range(4))
    six = IPv6(src=CLIENT6, dst=SERVER6) / IPv6ExtHdrFragment(id=6) / TCP(
        sport=44100, dport=53, flags="PA", seq=1, ack=1) / Raw(data)
    return frames + [ether(f) for f in fragment6(six, 100)]


def fragment_cases():
    big4 = answer(reply("big.example.com", "TXT", 9, size=2800), ident=99)
    four = fragment(big4, 1400)
    six = fragment6(IPv6(src=SERVER6, dst=CLIENT6) / IPv6ExtHdrFragment(id=5) / UDP(sport=53, dport=40000) /
                    reply("big6.example.com", "TXT", 10, size=2800), 1280)
    asked = [ether(ask(query("big.example.com", "TXT", 9))), ether(ask6(query("big6.example.com", "TXT", 10)))]
    return {
        "fragments.pcap": pcap(asked + [ether(f) for f in four + six]),
        "fragments_reversed.pcap": pcap(asked + [ether(f) for f in four[::-1] + six[::-1]]),
        "fragments_lost.pcap": pcap(asked + [ether(f) for f in four[:-1] + six[1:]] + [ether(p) for p in pair(3)]),
    }


def link_cases():
    frames = pair(1) + pair(2)
    sixes = [ask6(query("six.example.com", "AAAA", 4)), answer6(reply("six.example.com", "AAAA", 4))]
    tagged = [Ether(**MAC) / Dot1Q(vlan=10) / f for f in frames]
    outer = IP(src="203.0.113.1", dst="203.0.113.2")
    sll2 = struct.pack(">HHIHBB8s", 0x800, 0, 2, 1, 0, 6, b"\2\0\0\0\0\1")
    unreachable = IP(src=CLIENT, dst=SERVER) / ICMP(type=3, code=3) / IPerror(src=SERVER, dst=CLIENT)
    return {
        "vlan.pcap": pcap(tagged),
        "qinq.pcap": pcap([Ether(**MAC) / Dot1AD(vlan=100) / Dot1Q(vlan=10) / f for f in frames + sixes]),
        "mpls.pcap": pcap([Ether(**MAC) / MPLS(label=100, s=0) / MPLS(label=200, s=1) / f for f in frames] +
                          [Ether(**MAC) / MPLS(label=300, s=1) / f for f in sixes]),
        "pppoe.pcap": pcap([Ether(**MAC) / PPPoE(sessionid=7) / PPP(proto=0x21) / f for f in frames] +
                           [Ether(**MAC) / PPPoE(sessionid=7) / PPP(proto=0x57) / f for f in sixes]),
        "gre.pcap": pcap([ether(outer / GRE() / f) for f in frames]),
        "vxlan.pcap": pcap([ether(outer / UDP(sport=50000, dport=4789) / VXLAN(vni=42) / Ether(**MAC) / f)
                            for f in frames]),
        "ipip.pcap": pcap([ether(outer / f) for f in frames]),
        "sll.pcap": pcap([CookedLinux(pkttype=0, proto=0x800) / f for f in frames] +
                         [CookedLinux(pkttype=4, proto=0x86DD) / f for f in sixes], link=113),
        "sll2.pcap": pcap([sll2 + bytes(f) for f in frames], link=276),
        "raw_ip.pcap": pcap(frames + sixes, link=101),
        "null_link.pcap": pcap([struct.pack("<I", 2) + bytes(f) for f in frames] +
                               [struct.pack("<I", 30) + bytes(f) for f in sixes], link=0),
        "ethernet_odds.pcap": pcap([ether(frames[0]), Ether(**MAC, type=0x88CC) / Raw(b"\2\7\4" + b"\0" * 40),
                                    Ether(**MAC, type=50) / LLC() / SNAP() / Raw(b"\0" * 20),
                                    ether(IP(src=CLIENT, dst=SERVER, proto=132) / Raw(b"\0" * 40)),
                                    ether(unreachable / UDPerror(sport=53, dport=40000) / Raw(bytes(query())))]),
        "ipv4_options.pcap": pcap([ether(IP(src=CLIENT, dst=SERVER, options=[IPOption_RR()]) /
                                         UDP(sport=4000 + n, dport=53) / query(ident=n)) for n in range(2)]),
        "ipv6_extensions.pcap": pcap([
            ether(IPv6(src=CLIENT6, dst=SERVER6) / IPv6ExtHdrHopByHop() / UDP(sport=4001, dport=53) / query(ident=1)),
            ether(IPv6(src=CLIENT6, dst=SERVER6) / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() /
                  UDP(sport=4002, dport=53) / query(ident=2)),
            ether(IPv6(src=CLIENT6, dst=SERVER6) / IPv6ExtHdrRouting(type=0, segleft=0, addresses=["2001:db8::1"]) /
                  UDP(sport=4003, dport=53) / query(ident=3)),
            ether(IPv6(src=CLIENT6, dst=SERVER6) / IPv6ExtHdrDestOpt() / TCP(sport=4004, dport=443, flags="S"))]),
    }


def file_cases():
    frames = [ether(f) for f in pair(1) + pair(2) + pair(3)]
    raw = [bytes(f) for f in frames]
    plain = pcap(frames)
    at = [START + n * 250_000 for n in range(len(raw))]
    return {
        "empty.pcap": pcap([]),
        "snaplen.pcap": pcap(frames, snaplen=60),
        "cut_short.pcap": plain[:-30],
        "big_endian.pcap": pcap(frames, endian=">"),
        "nanoseconds.pcap": pcap(frames, nano=True),
        "late_packets.pcap": pcap(frames, times=[START + s * 1_000_000 for s in (0, 2, 1, 4, 3, 5)]),
        "gzip.pcap.gz": packed(plain),
        "interfaces.pcapng": pcapng([(1, None), (101, 9), (1, 0x80 | 20)],
                                    [(n % 3, at[n], raw[n][14:] if n % 3 == 1 else raw[n]) for n in range(len(raw))]),
        "big_endian.pcapng": pcapng([(1, 6)], [(0, at[n], raw[n]) for n in range(len(raw))], endian=">"),
        "sections.pcapng": pcapng([(1, None)], [(0, at[n], raw[n]) for n in range(3)]) +
        pcapng([(101, 9)], [(0, at[n], raw[n][14:]) for n in range(3, 6)], endian=">"),
    }


def dns_cases():
    edns = DNSRROPT(rclass=1232, rdata=[])
    kinds = [("A", 0, 2), ("AAAA", 0, 0), ("MX", 3, 0), ("TXT", 2, 0), ("NS", 5, 0), ("HTTPS", 4, 0), (65280, 9, 0),
             (255, 0, 1)]
    odd = []
    for n, (kind, rcode, answers) in enumerate(kinds, 1):
        name = f"Case{n}.Example.COM"
        odd += [ask(query(name, kind, n), 42000 + n)]
        message = reply(name, kind, n, rcode, max(answers, 1))
        if not answers:
            message = DNS(id=n, qr=1, rcode=rcode, qd=DNSQR(qname=name, qtype=kind))
        odd += [answer(message, 42000 + n)]
    other = [ask(query("printer.local", "A", 0), 5353, 5353), ask(query("lonely", "A", 77), 43000, 5355),
             ask(query("alt.example.com", "A", 78), 43001, 53000),
             answer(reply("alt.example.com", "A", 78), 43001, 53000),
             answer(reply("nobody-asked.example.com", "A", 79), 43002), ask(query(".", "NS", 80), 43003),
             ask(DNS(id=81, rd=1, qd=DNSQR(qname="edns.example.com", qtype="A"), ar=edns, arcount=1), 43004)]
    subnets = [EDNS0ClientSubnet(source_plen=24, address="198.51.100.0"),
               EDNS0ClientSubnet(family=2, source_plen=48, address="2001:db8:77::")]
    options = [DNSRROPT(rclass=1232, rdata=[subnet]) for subnet in subnets]
    with_subnet = [ask(DNS(id=n, rd=1, qd=DNSQR(qname="ecs.example.com"), ar=opt, arcount=1))
                   for n, opt in enumerate(options, 100)]
    slow = [ask(query("slow.example.com", ident=90), 44000), answer(reply("slow.example.com", ident=90), 44000),
            ask(query("late.example.com", ident=91), 44001), answer(reply("late.example.com", ident=91), 44001)]
    return {
        "dns_kinds.pcap": pcap([ether(f) for f in odd]),
        "dns_ports.pcap": pcap([ether(f) for f in other]),
        "dns_subnets.pcap": pcap([ether(f) for f in with_subnet + pair(1)]),
        "dns_slow.pcap": pcap([ether(f) for f in slow],
                              times=[START, START + 4_900_000, START + 5_000_000, START + 11_000_000]),
    }


def main():
    target = sys.argv[1]
    os.makedirs(target, exist_ok=True)
    for cases in (tcp_cases(), fragment_cases(), link_cases(), file_cases(), dns_cases()):
        for name, data in cases.items():
            with open(os.path.join(target, name), "wb") as file:
                file.write(data)


if __name__ == "__main__":
    main()
