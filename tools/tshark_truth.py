#!/usr/bin/env python3
"""What a capture holds according to tshark, as JSON with the keys of the program's own output.

Usage: tools/tshark_truth.py [--host CIDR,...] FILE

tshark finds frames, layers and messages; this script only counts what it prints, and does the pairing of queries
with replies and the shortening of names by the published rules. Frames are read twice: once with IP reassembly off,
so that every fragment counts as it was on the wire, and once with it on, for the messages.
"""
import argparse
import collections
import ipaddress
import json
import subprocess

DNS_PORTS = {53, 5353, 5355, 53000}
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SRVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN",
          7: "YXRRSET", 8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE"}
QTYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 15: "MX", 16: "TXT", 28: "AAAA", 33: "SRV", 41: "OPT",
          43: "DS", 46: "RRSIG", 48: "DNSKEY", 64: "SVCB", 65: "HTTPS", 255: "*"}
UNREADABLE = {"<Name too long>", "<Unknown extended label>", "<Unknown binary bit label>",
              "<Name contains a pointer that loops>", "<Name goes past end of packet>"}
TRANSACTION_SECONDS = 5.0
LIST_LENGTH = 40


def tshark(path, fields, *options):
    """Rows of {field: [values]} for each frame."""
    command = ["tshark", "-n", "-r", path, "-d", "udp.port==53000,dns", "-d", "tcp.port==53000,dns",
               "-o", "tcp.reassemble_out_of_order:TRUE", *options, "-T", "fields", "-E", "separator=\x1e",
               "-E", "occurrence=a", "-E", "aggregator=\x1f"]
    for field in fields:
        command += ["-e", field]
    out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout
    for line in out.decode("utf-8", "surrogateescape").split("\n")[:-1]:
        yield {f: (v.split("\x1f") if v else []) for f, v in zip(fields, line.split("\x1e"))}


def top(counter):
    """The most frequent keys, ties by name. The list ends at a step between counts where it can."""
    return [{"name": k, "estimate": n} for k, n in sorted(counter.items(), key=lambda i: (-i[1], i[0]))[:LIST_LENGTH]]


def layers(row):
    """(IP version or 0, layer 4 of the outermost IP header or "")."""
    names = [n for p in row["frame.protocols"] for n in p.split(":")]
    for at, name in enumerate(names):
        if name in ("ip", "ipv6"):
            following = names[at + 1:]
            while following and (following[0].startswith("ipv6.") or following[0] in ("ah", "shim6")):
                following = following[1:]
            l4 = following[0] if following else ""
            return (4 if name == "ip" else 6), l4
    return 0, ""


def addresses(row):
    """Source and destination of the outermost IP header."""
    version, _ = layers(row)
    prefix = {4: "ip", 6: "ipv6"}.get(version)
    return (row[prefix + ".src"][0], row[prefix + ".dst"][0]) if prefix else (None, None)


class Direction:
    def __init__(self, spec):
        self.nets = [ipaddress.ip_network(n, strict=False) for n in spec.split(",") if n]

    def inside(self, address):
        return address is not None and any(ipaddress.ip_address(address) in n for n in self.nets)

    def of(self, source, destination):
        return "in" if self.inside(destination) else "out" if self.inside(source) else "unknown_dir"


def frames(path, direction):
    """The `packets` part, and facts of the file."""
    count = collections.Counter()
    sources, destinations = set(), set()
    tops = {4: collections.Counter(), 6: collections.Counter()}
    times, wire, captured = [], 0, 0
    fields = ["frame.time_epoch", "frame.len", "frame.cap_len", "frame.protocols", "ip.src", "ip.dst", "ipv6.src",
              "ipv6.dst", "tcp.flags.syn"]
    for row in tshark(path, fields, "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE"):
        times.append(float(row["frame.time_epoch"][0]))
        wire += int(row["frame.len"][0])
        captured += int(row["frame.cap_len"][0])
        version, l4 = layers(row)
        source, destination = addresses(row)
        way = direction.of(source, destination)
        count[way] += 1
        count["total"] += 1
        count[f"ipv{version}"] += version != 0
        count[l4 if l4 in ("udp", "tcp") else "other_l4"] += 1
        count["syn"] += l4 == "tcp" and row["tcp.flags.syn"][:1] in (["1"], ["True"])
        if way == "in":
            sources.add(source)
            tops[version][source] += 1
        elif way == "out":
            destinations.add(destination)
            tops[version][destination] += 1
    packets = {k: count[k] for k in ("total", "in", "out", "unknown_dir", "udp", "tcp", "other_l4", "ipv4", "ipv6")}
    packets.update(events=count["total"], deep_samples=count["total"], filtered=0,
                   protocol={"tcp": {"syn": count["syn"]}},
                   cardinality={"src_ips_in": len(sources), "dst_ips_out": len(destinations)},
                   top_ipv4=top(tops[4]), top_ipv6=top(tops[6]))
    if times:
        packets["period"] = {"start_ts": int(times[0]), "length": int(max(times)) - int(times[0])}
    return packets, {"frames": count["total"], "wire_bytes": wire, "captured_bytes": captured}


def shorten(name):
    """The names of top_qname2 and top_qname3 (no public suffix list)."""
    if len(name) < 5:
        return name, ""
    dots = [i for i in range(len(name) - (1 if name.endswith(".") else 0)) if name[i] == "."]
    if len(dots) < 2:
        return name, ""
    return name[dots[-2]:], (name[dots[-3]:] if len(dots) > 2 else name)


def messages(path):
    """Every DNS message outside ICMP errors: one dict each, in file order."""
    fields = ["frame.number", "frame.time_epoch", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
              "udp.srcport",
              "udp.dstport", "tcp.srcport", "tcp.dstport", "dns.flags.response", "dns.flags.rcode", "dns.id",
              "dns.count.queries", "dns.count.answers", "dns.qry.name", "dns.qry.type",
              "dns.opt.client.addr4", "dns.opt.client.addr6"]
    for row in tshark(path, fields, "-Y", "dns || mdns || llmnr"):
        version, l4 = layers(row)
        if l4 not in ("udp", "tcp"):
            continue
        source, destination = addresses(row)
        ports = int(row[l4 + ".srcport"][0]), int(row[l4 + ".dstport"][0])
        if not DNS_PORTS & set(ports):
            continue
        subnets = row["dns.opt.client.addr4"] + row["dns.opt.client.addr6"]
        rcodes, names, types = iter(row["dns.flags.rcode"]), iter(row["dns.qry.name"]), iter(row["dns.qry.type"])
        for n, response in enumerate(row["dns.flags.response"]):
            reply = response in ("1", "True")
            questions = int(row["dns.count.queries"][n]) if n < len(row["dns.count.queries"]) else 0
            asked = [(next(names, None), next(types, None)) for _ in range(questions)]
            name, kind = asked[0] if asked and asked[0][0] is not None else (None, None)
            if name in UNREADABLE:
                name = kind = None
            yield {"frame": int(row["frame.number"][0]), "time": float(row["frame.time_epoch"][0]),
                   "version": version, "l4": l4, "source": source,
                   "destination": destination, "ports": ports, "reply": reply, "id": row["dns.id"][n],
                   "rcode": int(next(rcodes, "0")) if reply else None,
                   "answers": int(row["dns.count.answers"][n]) if n < len(row["dns.count.answers"]) else 0,
                   "name": "" if name == "<Root>" else name, "type": int(kind) if kind else None,
                   "ecs": None if reply or not subnets else subnets[0]}


class Transactions:
    """Pairs replies with the latest query of the same flow and id."""

    def __init__(self, direction):
        self.direction, self.waiting = direction, {}
        self.count = collections.Counter()

    def see(self, message):
        ends = sorted([(message["source"], message["ports"][0]), (message["destination"], message["ports"][1])])
        key = (tuple(ends), message["l4"], message["id"])
        if not message["reply"]:
            self.waiting[key] = message["time"]
        elif key in self.waiting and message["time"] - self.waiting.pop(key) < TRANSACTION_SECONDS:
            way = self.direction.of(message["source"], message["destination"])
            self.count["total"] += 1
            self.count[{"out": "in", "in": "out"}.get(way, "unknown")] += 1

    def result(self):
        return {"counts": {"total": self.count["total"]}, "in": {"total": self.count["in"]},
                "out": {"total": self.count["out"]}}


def dns(path, direction):
    count, tables, names = collections.Counter(), collections.defaultdict(collections.Counter), set()
    pairs = Transactions(direction)
    for m in messages(path):
        pairs.see(m)
        for key in ("total", m["l4"], f"ipv{m['version']}", "replies" if m["reply"] else "queries"):
            count[key] += 1
        if m["ecs"]:
            count["query_ecs"] += 1
            tables["top_query_ecs"][m["ecs"]] += 1
        port = m["ports"][0] if m["ports"][1] in DNS_PORTS else m["ports"][1]
        tables["top_udp_ports"][str(port)] += 1
        if m["name"] is not None:
            name = m["name"].lower()
            names.add(name)
            two, three = shorten(name)
            tables["top_qname2"][two] += 1
            if three:
                tables["top_qname3"][three] += 1
            tables["top_qtype"][QTYPES.get(m["type"], str(m["type"]))] += 1
        if m["reply"]:
            rcode = {0: "noerror", 2: "srvfail", 3: "nxdomain", 5: "refused"}.get(m["rcode"])
            if rcode:
                count[rcode] += 1
            nodata = m["rcode"] == 0 and m["answers"] == 0
            count["nodata"] += nodata
            tables["top_rcode"][RCODES.get(m["rcode"], str(m["rcode"]))] += 1
            for table in [rcode if rcode != "noerror" else None, "nodata" if nodata else None]:
                if table and m["name"] is not None:
                    tables["top_" + table][m["name"].lower()] += 1
    wire = {k: count[k] for k in ("total", "queries", "replies", "udp", "tcp", "ipv4", "ipv6", "noerror", "nxdomain",
                                  "srvfail", "refused", "nodata", "query_ecs")}
    wire.update(events=count["total"], deep_samples=count["total"], filtered=0)
    result = {"wire_packets": wire, "cardinality": {"qname": len(names)}, "xact": pairs.result()}
    for table in ("top_qname2", "top_qname3", "top_nxdomain", "top_srvfail", "top_refused", "top_nodata", "top_qtype",
                  "top_rcode", "top_udp_ports", "top_query_ecs"):
        result[table] = top(tables[table])
    return result


def dhcp(path):
    count, requests = collections.Counter(), {}
    clients, servers = collections.Counter(), collections.Counter()
    fields = ["frame.protocols", "eth.src", "dhcp.id", "dhcp.option.dhcp", "dhcp.option.hostname", "dhcp.hw.mac_addr",
              "dhcp.ip.your", "dhcp.option.dhcp_server_id", "dhcpv6.msgtype", "dhcpv6.option.type", "ipv6.src"]
    kinds4 = {"1": "discover", "2": "offer", "3": "request", "5": "ack"}
    kinds6 = {"1": "solicit", "2": "advertise", "3": "request_v6", "7": "reply"}
    for row in tshark(path, fields, "-Y", "(dhcp || dhcpv6) && !icmp && !icmpv6"):
        count["events"] += 1
        count["total"] += 1
        if row["dhcpv6.msgtype"]:
            kind = kinds6.get(row["dhcpv6.msgtype"][0], "other")
            count[kind] += 1
            if kind in ("advertise", "reply") and "2" in row["dhcpv6.option.type"]:
                servers[f"{row['eth.src'][0]}/{row['ipv6.src'][0]}"] += 1
            continue
        kind = kinds4.get((row["dhcp.option.dhcp"] or ["0"])[0], "other")
        count[kind] += 1
        if kind == "request":
            requests[row["dhcp.id"][0]] = (row["dhcp.option.hostname"] or ["Unknown"])[0]
        elif kind == "ack" and row["dhcp.id"][0] in requests:
            name = requests.pop(row["dhcp.id"][0])
            clients[f"{row['dhcp.hw.mac_addr'][0]}/{name}/{row['dhcp.ip.your'][0]}"] += 1
        elif kind == "offer" and row["dhcp.option.dhcp_server_id"]:
            servers[f"{row['eth.src'][0]}/{row['dhcp.option.dhcp_server_id'][0]}"] += 1
    wire = {k: count[k] for k in ("events", "total", "discover", "offer", "request", "ack", "solicit", "advertise",
                                  "request_v6", "reply")}
    wire.update(filtered=0, deep_samples=count["events"])
    return {"wire_packets": wire, "top_clients": top(clients), "top_servers": top(servers)}


def truth(path, host):
    direction = Direction(host)
    packets, file = frames(path, direction)
    return {"file": file, "host": host, "packets": packets, "dns": dns(path, direction), "dhcp": dhcp(path)}


def main():
    parser = argparse.ArgumentParser(description="What a capture holds according to tshark.")
    parser.add_argument("--host", default="", help="CIDRs of the observed host, as the program's -H")
    parser.add_argument("file")
    arguments = parser.parse_args()
    print(json.dumps(truth(arguments.file, arguments.host), indent=1, sort_keys=True, ensure_ascii=True))


if __name__ == "__main__":
    main()
