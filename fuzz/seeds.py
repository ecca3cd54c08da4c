#!/usr/bin/env python3
"""Writes seed files for the decode, dns and dhcp fuzz targets from captures of one's own making.

usage: seeds.py CORPUS_DIR CAPTURE.pcap...   (classic little-endian pcap, Ethernet)
"""
import hashlib
import pathlib
import struct
import sys

PER_CAPTURE = 3  # of each kind and size class: seeds are to differ, not to be many


def frames(path):
    data = path.read_bytes()
    if data[:4] != b"\xd4\xc3\xb2\xa1":
        return
    link = struct.unpack_from("<I", data, 20)[0] & 0xFFFF
    at = 24
    while at + 16 <= len(data):
        caplen = struct.unpack_from("<I", data, at + 8)[0]
        yield link, data[at + 16 : at + 16 + caplen]
        at += 16 + caplen


def udp_payload(frame):
    """Source port, destination port and payload of plain Ethernet/IPv4|IPv6/UDP; None otherwise."""
    kind = frame[12:14]
    if kind == b"\x08\x00" and frame[23] == 17:
        at = 14 + (frame[14] & 15) * 4
    elif kind == b"\x86\xdd" and frame[20] == 17:
        at = 54
    else:
        return None
    source, target, length = struct.unpack_from("!HHH", frame, at)
    return source, target, frame[at + 8 : at + length]


def kind_of(ports):
    if 53 in ports:
        return "dns"
    return "dhcp" if {67, 68, 546, 547} & set(ports) else None


def main():
    corpus = pathlib.Path(sys.argv[1])
    for name in sys.argv[2:]:
        counts = {}

        def save(kind, payload):
            key = kind, len(payload) // 64
            counts[key] = counts.get(key, 0) + 1
            if counts[key] <= PER_CAPTURE and len(payload) <= 512:
                folder = corpus / kind
                folder.mkdir(parents=True, exist_ok=True)
                (folder / hashlib.sha1(payload).hexdigest()[:16]).write_bytes(payload)

        for link, frame in frames(pathlib.Path(name)):
            save("decode", struct.pack("!HB", link, 0) + frame)
            found = udp_payload(frame) if link == 1 else None
            if found and kind_of(found[:2]):
                save(kind_of(found[:2]), found[2])


main()
