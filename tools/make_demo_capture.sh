#!/usr/bin/env bash
# Makes examples/demo.pcap: about 130 seconds of mixed traffic between real daemons and clients, recorded on
# the server's link. Everything lives in two network namespaces that are removed at the end; nothing leaves them.
#
#   server  10.77.0.2  fd77::2    unbound (DNS), nginx (HTTP, TLS), dnsmasq (DHCPv4 and DHCPv6)  <- the capture's host
#   client  10.77.0.1  fd77::1    dig, dnsperf, curl, ping, udhcpc, dhclient, from twenty addresses;
#           10.77.0.53            the upstream resolver the server forwards up.test to (dnsmasq)
#           10.77.0.54            a bound port 53 that never answers: the server forwards dark.test to it
#
# Needs root and: unbound nginx-light dnsmasq dnsutils dnsperf curl udhcpc isc-dhcp-client iputils-ping tcpdump
# ethtool openssl iproute2 python3. Usage: tools/make_demo_capture.sh [OUT] [SECONDS]
set -euo pipefail
out=$(realpath -m "${1:-$(dirname "$0")/../examples/demo.pcap}")
seconds=${2:-130}
client=pvdemo-client server=pvdemo-server
dir=$(mktemp -d /tmp/pvdemo.XXXXXX)
pids=()

clean_up() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    ip netns del $client 2>/dev/null || true
    ip netns del $server 2>/dev/null || true
    rm -rf "$dir"
}
trap clean_up EXIT

in_client() { ip netns exec $client "$@"; }
in_server() { ip netns exec $server "$@"; }
daemon() { # NAMESPACE COMMAND...: runs it in the background, its output kept for a failure
    local where=$1; shift
    ip netns exec "$where" "$@" >>"$dir/daemons.log" 2>&1 &
    pids+=($!)
}

make_network() {
    ip netns add $client; ip netns add $server
    ip link add vc netns $client type veth peer name vs netns $server
    local pair
    for pair in "$client vc" "$server vs"; do
        set -- $pair
        ip -n "$1" link set lo up
        ip netns exec "$1" sysctl -qw net.ipv6.conf.all.accept_dad=0 "net.ipv6.conf.$2.accept_dad=0"
        ip netns exec "$1" ethtool -K "$2" tso off gso off gro off tx off rx off >/dev/null 2>&1
        ip -n "$1" link set "$2" up
    done
    ip -n $client addr add 10.77.0.1/24 dev vc
    ip -n $client addr add fd77::1/64 dev vc nodad
    ip -n $client addr add 10.77.0.53/24 dev vc
    ip -n $client addr add 10.77.0.54/24 dev vc
    local i
    for i in $(seq 10 29); do
        ip -n $client addr add 10.77.0.$i/24 dev vc
        ip -n $client addr add fd77::$i/64 dev vc nodad
    done
    ip -n $server addr add 10.77.0.2/24 dev vs
    ip -n $server addr add fd77::2/64 dev vs nodad
}

make_unbound_conf() { # the tests' own, with more names, a client it refuses and servers to ask
    local name i
    {
        echo '  access-control: 10.77.0.29/32 refuse'
        echo '  local-data: "alias.demo.test. 300 CNAME www.demo.test."'
        echo '  local-zone: "example.co.uk." static'
        for name in www api cdn mail static img login edge-01 metrics shop; do
            echo "  local-data: \"$name.demo.test. 60 A 192.0.2.$((RANDOM % 200 + 10))\""
            echo "  local-data: \"$name.demo.test. 60 AAAA 2001:db8::$((RANDOM % 200 + 10))\""
            echo "  local-data: \"$name.shop.example.co.uk. 60 A 192.0.2.7\""
        done
        for i in $(seq 1 9); do # 9 x 230 bytes: over the Ethernet MTU, under 4096
            echo "  local-data: 'big.demo.test. 60 TXT \"$(printf "%0230d" "$i")\"'"
        done
        for name in up.test=10.77.0.53 dark.test=10.77.0.54 broken.test=10.77.0.1@54; do
            printf 'forward-zone:\n  name: "%s."\n  forward-addr: %s\n' "${name%%=*}" "${name#*=}"
        done
    } >"$dir/names.conf"
    sed -e "s|@FOLDER@|$dir|" -e "/^@NAMES@\$/{r $dir/names.conf
        d}" "$(dirname "$0")/../tests/live/unbound.conf" >"$dir/unbound.conf"
}

make_nginx_conf() {
    mkdir -p "$dir/www"
    head -c 300 /dev/zero | tr '\0' a >"$dir/www/small.txt"
    head -c 6000 /dev/zero | tr '\0' b >"$dir/www/page.html"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=www.demo.test \
        -keyout "$dir/key.pem" -out "$dir/cert.pem" >/dev/null 2>&1
    cat >"$dir/nginx.conf" <<CONF
daemon off; master_process off; worker_processes 1; pid $dir/nginx.pid; error_log $dir/nginx.err;
events { worker_connections 64; }
http { access_log off; client_body_temp_path $dir/t1; proxy_temp_path $dir/t2; fastcgi_temp_path $dir/t3;
 uwsgi_temp_path $dir/t4; scgi_temp_path $dir/t5;
 server { listen 80; listen [::]:80; listen 443 ssl http2; listen [::]:443 ssl http2;
  ssl_protocols TLSv1.2 TLSv1.3; ssl_certificate $dir/cert.pem; ssl_certificate_key $dir/key.pem; root $dir/www; } }
CONF
}

start_daemons() {
    make_unbound_conf; make_nginx_conf
    daemon $server unbound -d -c "$dir/unbound.conf"
    daemon $server nginx -c "$dir/nginx.conf" -e "$dir/nginx.err"
    daemon $server dnsmasq -k -p 0 -C /dev/null -i vs --bind-interfaces --dhcp-authoritative --no-ping \
        --dhcp-range=10.77.0.100,10.77.0.150,600 --dhcp-range=fd77::100,fd77::1ff,64,600 --enable-ra \
        --dhcp-leasefile="$dir/leases" --pid-file="$dir/dnsmasq.pid" -u root
    daemon $client dnsmasq -k -p 53 -C /dev/null --listen-address=10.77.0.53 --bind-interfaces --no-resolv --no-hosts \
        --address=/up.test/198.51.100.7 --pid-file="$dir/up.pid" -u root
    local silent='import socket,sys,time
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind((sys.argv[1],int(sys.argv[2]))); time.sleep(1e6)'
    daemon $client python3 -c "$silent" 10.77.0.54 53
    daemon $server python3 -c "$silent" 10.77.0.2 5353
    sleep 2
}

ask() { # LAST-OCTET dig-arguments...: one query from client 10.77.0.OCTET
    local from=$1; shift
    in_client timeout 5 dig -b "10.77.0.$from" @10.77.0.2 +tries=1 +time=2 "$@" >/dev/null 2>&1 || true
}
ask6() {
    local from=$1; shift
    in_client timeout 5 dig -b "fd77::$from" @fd77::2 +tries=1 +time=2 "$@" >/dev/null 2>&1 || true
}

steady_load() { # a resolver's daily bread at a few queries a second, over UDP v4, UDP v6 and TCP
    local name type
    for name in www api cdn cdn cdn www www static img login edge-01 metrics shop mail; do
        for type in A A A AAAA HTTPS; do echo "$name.demo.test $type"; done
        echo "$name.shop.example.co.uk A"
        echo "$name.up.test A"
    done | shuf --random-source=<(yes) >"$dir/names"
    for name in $(seq 60); do echo "host$name.up.test A"; done | shuf --random-source=<(yes) >"$dir/upstream"
    daemon $client dnsperf -s 10.77.0.2 -a 10.77.0.11 -d "$dir/names" -Q 5 -l "$seconds" -c 4 -e
    daemon $client dnsperf -s 10.77.0.2 -a 10.77.0.12 -d "$dir/upstream" -Q 2 -l "$seconds"
    daemon $client dnsperf -s fd77::2 -a fd77::12 -d "$dir/names" -Q 3 -l "$seconds" -c 3
    daemon $client dnsperf -s 10.77.0.2 -a 10.77.0.13 -d "$dir/names" -Q 1 -l "$seconds" -m tcp
}

nxdomain_burst() { # forty-five seconds into the second minute a scanner asks for names that do not exist
    local i
    for i in $(seq 500); do echo "$(printf '%x' $((i * 7919)))-$i.demo.test A"; done >"$dir/random"
    daemon $client dnsperf -s 10.77.0.2 -a 10.77.0.20 -d "$dir/random" -Q 40 -n 1
}

every_round() { # ROUND: the rarer things, a little of each
    local r=$1 who=$((10 + $1 % 18))
    ask "$who" alias.demo.test A
    ask "$who" demo.test MX
    ask "$who" www.demo.test TXT                              # NODATA
    ask "$who" "missing$r.demo.test" A                        # NXDOMAIN
    ask "$who" www.closed.test A                              # REFUSED by zone
    ask 29 www.demo.test A                                    # REFUSED by client
    ask "$who" "h$r.broken.test" A                            # SERVFAIL: upstream port closed, ICMP unreachable
    ask "$who" "x$r.up.test" A                                # forwarded, answered
    ask "$who" +subnet=198.51.100.0/24 www.demo.test A
    ask "$who" +subnet=2001:db8:77::/48 cdn.demo.test AAAA
    ask "$who" +noedns api.demo.test A
    ask6 "$who" +dnssec _sip._tcp.demo.test SRV
    ask6 "$who" "WWW.Demo.Test" AAAA                          # upper case on the wire
    ask "$who" +tcp big.demo.test TXT
    ask6 "$who" +tcp +keepopen www.demo.test A api.demo.test A cdn.demo.test A
    [ $((r % 3)) -ne 0 ] || ask "$who" +bufsize=4096 +ignore big.demo.test TXT   # a fragmented answer
    [ $((r % 4)) -ne 0 ] || ask6 "$who" +bufsize=4096 +ignore big.demo.test TXT
    [ $((r % 3)) -ne 1 ] || ask "$who" -p 5353 "silent$r.demo.test" A            # nobody answers
    [ $((r % 5)) -ne 2 ] || ask "$who" -p 5355 "closed$r.demo.test" A            # ICMP port unreachable
    [ $((r % 4)) -ne 1 ] || (ask "$who" "d$r.dark.test" A &)                     # the server asks in vain
    in_client curl -s -o /dev/null --interface "10.77.0.$who" http://10.77.0.2/small.txt || true
    in_client curl -s -o /dev/null -k --interface "fd77::$who" --resolve 'www.demo.test:443:[fd77::2]' \
        https://www.demo.test/page.html || true
    [ $((r % 2)) -ne 0 ] || in_client curl -s -o /dev/null -k --tls-max 1.2 --resolve www.demo.test:443:10.77.0.2 \
        https://www.demo.test/small.txt || true
    [ $((r % 3)) -ne 0 ] || in_client ping -q -c 2 -i 0.2 -s 120 10.77.0.2 >/dev/null || true
    [ $((r % 3)) -ne 1 ] || in_client ping -q -c 2 -i 0.2 fd77::2 >/dev/null || true
    [ $((r % 6)) -ne 0 ] || in_client ping -q -c 1 -s 3000 10.77.0.2 >/dev/null || true
    [ $((r % 2)) -ne 1 ] || in_client curl -s -m 1 -o /dev/null http://10.77.0.2:8081/ || true   # SYN, RST
}

lease() { # HOSTNAME: a client wants an address (DISCOVER, OFFER, REQUEST, ACK); its name is its client id too
    local id
    id=3d:00$(printf %s "$1" | od -An -tx1 | tr -d ' \n')
    in_client timeout 8 udhcpc -i vc -s /bin/true -n -q -f -t 2 -T 2 -C -x "0x$id" -x "hostname:$1" \
        >/dev/null 2>&1 || true
}
lease6() { # SOLICIT, ADVERTISE, REQUEST, REPLY
    in_client timeout 8 dhclient -6 -1 -d -sf /bin/true -lf "$dir/leases6" -pf "$dir/dhclient6.pid" vc \
        >/dev/null 2>&1 || true
}

make_network
daemon $server tcpdump -q -i vs -s 0 -U -Z root -w "$out"
start_daemons
steady_load
begin=$SECONDS round=0
while [ $((SECONDS - begin)) -lt "$seconds" ]; do
    every_round $round
    case $round in
        2) lease laptop-ada ;;
        4) lease6 & ;;
        8) lease printer-2 ;;
        14) lease phone-joe ;;
    esac
    [ $((SECONDS - begin)) -lt 75 ] || [ -e "$dir/burst" ] || { touch "$dir/burst"; nxdomain_burst; }
    round=$((round + 1))
    sleep 3
done
sleep 2
kill "${pids[0]}"; wait "${pids[0]}" 2>/dev/null || true
capinfos -c -s -u "$out" 2>/dev/null || ls -l "$out"
