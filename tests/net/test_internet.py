#!/usr/bin/env python3
"""The bad internet itself, without any tunnel: if this fails, what the tests over it say means nothing."""
import socket
import time

import bed
import checks
import probes
import tap

PORT = 7777
PACKETS = 500


def pass_datagrams(made, n=PACKETS, size=100, dont_fragment=False):
    """Sends `n` numbered datagrams from client to gateway; returns the numbers as they arrived."""
    with made.gateway.network():
        receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with made.client.network():
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with receiver, sender:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        receiver.bind((bed.GATEWAY, PORT))
        sender.setsockopt(socket.IPPROTO_IP, 10, 3 if dont_fragment else 5)  # IP_MTU_DISCOVER: PROBE, OMIT
        for number in range(n):
            sender.sendto(number.to_bytes(4, "big") + bytes(size - 4), (bed.GATEWAY, PORT))
            if number % 50 == 49:
                time.sleep(0.01)
        counters = made.wan.count()["up"]
        bed.wait_until(lambda: on_their_way(made) == 0, 20, "all arrived")
        receiver.settimeout(0.2)
        arrived = []
        try:
            while True:
                arrived.append(int.from_bytes(receiver.recv(65535)[:4], "big"))
        except TimeoutError:
            return arrived, counters


def on_their_way(made):
    counters = made.wan.count()["up"]
    return counters["in"] + counters["repeated"] - counters["lost"] - counters["overflow"] - counters["out"]


@tap.options(wan={})
def test_good_internet(made):
    tap.check(probes.ping(made.client, bed.GATEWAY) is not None, "no path to the gateway")
    tap.expect(pass_datagrams(made)[0], list(range(PACKETS)), "datagrams")
    capture = probes.Capture(made.gateway, "eth0")
    probes.ping(made.client, bed.GATEWAY)
    tap.check(bed.ROUTER_WAN in [packet.source for packet in capture.stop()], "the NAT hides the client")


@tap.options(wan={"delay": 75})
def test_delay(made):
    answer = probes.ping(made.client, bed.GATEWAY, 10)
    tap.check(answer is not None and answer >= 150, f"the round trip took {answer} ms")


@tap.options(wan={})
def test_loss_depends_on_the_seed_alone(made):
    made.wan.set("up", loss=10)
    fates = []
    for seed in (1, 1, 2):
        made.wan.seed(seed)
        before = made.wan.count()["up"]["lost"]
        arrived, _ = pass_datagrams(made)
        fates.append(arrived)
        tap.expect(len(arrived), PACKETS - (made.wan.count()["up"]["lost"] - before), "what was not lost")
        tap.check(0.85 * PACKETS < len(arrived) < 0.95 * PACKETS, f"{len(arrived)} of {PACKETS} arrived")
    tap.expect(fates[0], fates[1], "the same seed")
    tap.check(fates[0] != fates[2], "another seed, the same fate")


@tap.options(wan={"repeat": 10, "reorder": 10})
def test_repeat_and_reorder(made):
    arrived, _ = pass_datagrams(made)
    counters = made.wan.count()["up"]
    tap.expect(len(arrived), PACKETS + counters["repeated"], "datagrams")
    tap.expect(sorted(set(arrived)), list(range(PACKETS)), "nothing is missing")
    tap.check(counters["repeated"] > 0 and counters["reordered"] > 0, f"{counters}")
    tap.check(arrived != sorted(arrived), "they arrived in order")


@tap.options(wan={})
def test_rate(made):
    made.wan.set("up", rate=4000, queue=1_000_000)
    began = time.monotonic()
    arrived, _ = pass_datagrams(made, 200, 972)  # 1000 bytes each: 200,000 bytes last 0.4 s
    took = time.monotonic() - began
    tap.expect(arrived, list(range(200)), "datagrams")
    tap.check(took >= 0.39, f"it took {took} s only")
    made.wan.set("up", queue=20_000)
    arrived, _ = pass_datagrams(made, 200, 972)
    tap.check(made.wan.count()["up"]["overflow"] > 0 and len(arrived) < 200, "the queue has no end")


@tap.options(wan={"mtu": 1280})
def test_narrow(made):
    """Without DF in pieces, with DF told by ICMP, or lost in a black hole."""
    tap.expect(pass_datagrams(made, 10, 1472)[0], list(range(10)), "in pieces")
    tap.expect(made.wan.count()["up"]["cut"], 10, "cut")
    with made.client.network():
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sender:
        sender.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER: DO
        sender.connect((bed.GATEWAY, PORT))
        sender.send(bytes(1472))

        def told():
            return sender.getsockopt(socket.IPPROTO_IP, 14) == 1280  # IP_MTU
        bed.wait_until(told, 10, "ICMP says how narrow")
    made.client.run(["ip", "route", "flush", "cache"])
    made.wan.set(icmp=0)
    tap.expect(pass_datagrams(made, 3, 1472, dont_fragment=True)[0], [], "through the black hole")
    tap.expect(pass_datagrams(made, 3, 1252, dont_fragment=True)[0], [0, 1, 2], "what fits")
    made.wan.set(pieces=0)
    tap.expect(pass_datagrams(made, 3, 1472)[0], [], "pieces where none pass")


def seen_by(made, port):
    """What a server on the gateway sees of a client's socket, again and again: (address, port)."""
    with made.gateway.network():
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with made.client.network():
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.settimeout(10)
    server.bind((bed.GATEWAY, port))

    def look():
        client.sendto(b"hello", (bed.GATEWAY, port))
        return server.recvfrom(100)[1]
    return client, server, look


def test_nat_rebinds(made):
    client, server, look = seen_by(made, PORT)
    with client, server:
        first = look()
        tap.expect(first[0], bed.ROUTER_WAN, "address")
        tap.expect(look(), first, "a mapping lasts")
        seen = [first]
        for address in (None, None, bed.ROUTER_WAN2, bed.ROUTER_WAN):
            made.rebind(address)
            seen.append(look())
            tap.check(seen[-1][1] != seen[-2][1], f"the port stays: {seen}")
            server.sendto(b"old", seen[-2])
            server.sendto(b"new", seen[-1])
            client.settimeout(10)
            tap.expect(client.recv(100), b"new", "only the new mapping leads back")
        tap.expect([address for address, _ in seen[1:]],
                   [bed.ROUTER_WAN, bed.ROUTER_WAN, bed.ROUTER_WAN2, bed.ROUTER_WAN], "addresses")


def test_nat_rebinds_again_and_again(made):
    client, server, look = seen_by(made, PORT)
    with client, server, made.rebinding(0.2):
        ports = set()

        def several():
            ports.add(look()[1])
            return len(ports) >= 4
        bed.wait_until(several, 20, "four ports")


@tap.options(wan={})
def test_throughput(made):
    """A figure, no verdict: what the bad internet carries when nothing is bad."""
    with tap.stopwatch("40 MB through it"):
        tap.expect(probes.download(made.gateway, bed.PUBLIC_WEB, "wide", 40_000_000),
                   probes.expected("wide", 40_000_000), "SHA-256")
    checks.intact(made.gateway, 100_000)


if __name__ == "__main__":
    tap.main(globals())
