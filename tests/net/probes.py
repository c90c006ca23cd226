"""What a test can try on a host and see there: ping, web, names, packets on a link, the state of the host.

Knows: plain network protocols. Must not know: Sojourn.
"""
import http.client
import ipaddress
import os
import socket
import struct
import threading
import time

from services import SO_MAX_PACING_RATE, pseudo_random, sha256_of


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF


def ping(host, address, seconds=2.0, size=56, device=None, source=None):
    """The round trip in milliseconds, or None when no answer came."""
    with host.network():
        icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    with icmp:
        if device:
            icmp.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
        if source:
            icmp.bind((source, 0))
        identity = int.from_bytes(os.urandom(2), "big")
        rest = struct.pack("!HH", identity, 1) + os.urandom(size)
        began = time.monotonic()
        try:
            icmp.sendto(b"\x08\0" + struct.pack("!H", checksum(b"\x08\0\0\0" + rest)) + rest, (address, 0))
        except OSError:  # unreachable or not permitted: held back, which is for the caller to judge
            return None
        while (left := began + seconds - time.monotonic()) > 0:
            icmp.settimeout(left)
            try:
                packet = icmp.recv(65535)
            except OSError:
                break
            answer = packet[(packet[0] & 15) * 4:]
            if answer[0] == 0 and answer[4:] == rest:
                return (time.monotonic() - began) * 1000
    return None


def ping_until(host, address, seconds=5.0, **options):
    """Repeats the ping: a gateway may let the first packets of a new SA fall."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = ping(host, address, 1.0, **options)
        if answer is not None:
            return answer
    return None


def _request(host, address, method, path, body=None, size=0, timeout=10, rate=0):
    web = http.client.HTTPConnection(address, timeout=timeout)
    with host.network():
        web.connect()
    if rate:
        web.sock.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, rate)
    web.request(method, path, body=body, headers={"Content-Length": str(size)} if body else {})
    return web, web.getresponse()


def fetch(host, address, timeout=10):
    """The text of the page at `http://ADDRESS/`."""
    web, answer = _request(host, address, "GET", "/", timeout=timeout)
    text = answer.read().decode()
    web.close()
    return text.strip()


def download(host, address, seed, size, rate=0):
    """Receives `size` seeded bytes, at most `rate` a second where given; returns their SHA-256 as they arrived."""
    web, answer = _request(host, address, "GET", f"/random/{seed}/{size}/{rate}", timeout=60)
    digest = sha256_of(iter(lambda: answer.read(1 << 16), b""))
    web.close()
    return digest


def upload(host, address, seed, size, rate=0):
    """Sends `size` seeded bytes, at most `rate` a second where given; returns the SHA-256 that the server counted."""
    web, answer = _request(host, address, "POST", "/", pseudo_random(seed, size), size, timeout=60, rate=rate)
    digest = answer.read().decode()
    web.close()
    return digest


def expected(seed, size):
    return sha256_of(pseudo_random(seed, size))


def resolve(host, name):
    """The IPv4 addresses that programs on the host get for a name, through the C library."""
    done = host.run(["getent", "ahostsv4", name], check=False, timeout=30)
    return sorted({line.split()[0] for line in done.stdout.splitlines()})


_STATE = (
    ("ip rule", ["ip", "rule"]),
    ("ip -6 rule", ["ip", "-6", "rule"]),
    ("ip route", ["ip", "route", "show", "table", "all"]),
    ("ip -6 route", ["ip", "-6", "route", "show", "table", "all"]),
    ("ip addr", ["ip", "addr"]),
    ("nft", ["nft", "list", "ruleset"]),
    ("resolv.conf", ["cat", "/etc/resolv.conf"]),
    ("resolv.conf kind", ["stat", "-c", "%F %a %u:%g", "/etc/resolv.conf"]),
    ("sysctl", ["sh", "-c", "grep -r . /proc/sys/net/ipv4/conf 2>/dev/null | grep -v /stable_secret"]),
)


def state_of(host):
    """Everything about a host that a tunnel may change, as texts that can be compared."""
    return {name: host.run(command).stdout for name, command in _STATE}


def differences(before, after):
    """Readable lines: what went (-) and what came (+)."""
    lines = []
    for name, old in before.items():
        old_lines, new_lines = old.splitlines(), after[name].splitlines()
        lines += [f"{name}: - {line}" for line in old_lines if line not in new_lines]
        lines += [f"{name}: + {line}" for line in new_lines if line not in old_lines]
        if old != after[name] and not lines:
            lines.append(f"{name}: other order or number of lines")
    return lines


def no_room(host):
    """Packets so far for which sockets or devices of the host had no room: the machine was busy."""
    lines = [line.split() for line in host.run(["cat", "/proc/thread-self/net/snmp"]).stdout.splitlines()
             if line.startswith("Udp:")]
    dropped = [line.split() for line in host.run(["cat", "/proc/thread-self/net/dev"]).stdout.splitlines()[2:]]
    return int(dict(zip(*lines))["RcvbufErrors"]) + sum(int(line[4]) + int(line[12]) for line in dropped)


class Packet:
    """One IPv4 packet seen on a link."""

    def __init__(self, when, outgoing, data):
        self.when, self.outgoing, self.data = when, outgoing, data
        self.source, self.destination = socket.inet_ntoa(data[12:16]), socket.inet_ntoa(data[16:20])
        self.protocol = data[9]
        self.fragment = bool(struct.unpack_from("!H", data, 6)[0] & 0x3FFF)
        header = (data[0] & 15) * 4
        has_ports = self.protocol in (6, 17) and not self.fragment and len(data) >= header + 4
        self.ports = struct.unpack_from("!HH", data, header) if has_ports else ()

    def __str__(self):
        way = "out" if self.outgoing else "in"
        return f"{way} {self.source} -> {self.destination} protocol {self.protocol} {self.ports}"


class Capture:
    """All IPv4 packets on a link, from the moment of the call on. Sees what really leaves, whoever sent it."""

    def __init__(self, host, link):
        self._packets = []
        with host.network():
            self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(3))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.bind((link, 3))
        self._socket.settimeout(0.1)
        self._stopped_at = None
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self):
        while self._stopped_at is None or time.monotonic() < self._stopped_at + 2:
            try:
                data, (_, protocol, kind, *_) = self._socket.recvfrom(65535)
            except TimeoutError:
                if self._stopped_at is not None:
                    return
                continue
            if protocol == 0x0800 and len(data) >= 20:
                self._packets.append(Packet(time.monotonic(), kind == socket.PACKET_OUTGOING, data))

    def stop(self):
        """Ends the capture once what has arrived is read; returns the packets."""
        self._stopped_at = time.monotonic()
        self._thread.join(5)
        self._socket.close()
        return self._packets

    @property
    def packets(self):
        return list(self._packets)


def to_networks(packets, *networks):
    """Those packets whose destination lies in one of the networks: in clear on an outer link they are a leak."""
    wanted = [ipaddress.ip_network(network) for network in networks]
    return [packet for packet in packets if any(ipaddress.ip_address(packet.destination) in net for net in wanted)]
