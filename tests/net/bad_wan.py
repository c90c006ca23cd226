"""What a tunnel must bear: transfers, datagrams of full size and pings over a bad internet, whoever the gateway is.

Knows: the bed with its bad internet, the probes, a connection. Must not know: Sojourn's parts, strongSwan.
"""
import concurrent.futures
import contextlib
import re
import socket
import threading
import time

import bed
import probes
import tap
from sojourn import Connection, write_profile
from traffic import Pings, Stream

FAR = {"delay": 150, "loss": 3}
DISORDERLY = {"delay": 20, "jitter": 20, "repeat": 3, "reorder": 5, "lag": 10}
NARROW = {"mtu": 1280}
BLACK_HOLE = {"mtu": 1280, "icmp": 0}
ECHO = 7777


def connect(made, **profile):
    """To the gateway that is there; returns the connection and its `connected`."""
    connection = Connection(made, profile=write_profile(made.client, **profile))
    up = connection.connected(90)
    tap.note(f"connected in {up['elapsed_ms']} ms, MTU {up['mtu']}")
    return connection, up


def transfers(client, size, streams=1):
    """Down- and uploads of `size` bytes in all, each way, side by side in so many streams; every hash is compared."""
    moves = [(way, move, f"{way}-{number}") for way, move in (("down", probes.download), ("up", probes.upload))
             for number in range(streams)]

    def run(way, move, seed):
        with tap.stopwatch(f"{way}load of {size // streams} bytes"):
            tap.expect(move(client, bed.LAN_A_HOST, seed, size // streams),
                       probes.expected(seed, size // streams), f"SHA-256 of {seed}")

    with concurrent.futures.ThreadPoolExecutor(len(moves)) as pool:
        for done in [pool.submit(run, *move) for move in moves]:
            done.result()


@contextlib.contextmanager
def echo(host, address):
    """A server that sends every datagram back, of any size."""
    with host.network():
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.IPPROTO_IP, 10, 0)  # IP_MTU_DISCOVER: never DF
    server.bind((address, ECHO))
    server.settimeout(0.1)
    done = threading.Event()

    def serve():
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                data, peer = server.recvfrom(65535)
                server.sendto(data, peer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield
    done.set()
    thread.join(10)
    server.close()


def full_size(made, mtu, larger=(1, 2700), n=10):
    """Datagrams as large as the tunnel takes in one packet, and `larger` by so much, go there and back; each may be tried
    a few times, as a gateway may lose the first while it learns."""
    with echo(made.lan, bed.LAN_A_HOST):
        with made.client.network():
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with client:
            client.setsockopt(socket.IPPROTO_IP, 10, 0)
            client.settimeout(2)
            for size in (mtu - 28, *(mtu - 28 + more for more in larger)):
                for number in range(n):
                    bed.wait_until(lambda: exchange(client, number, size), 20, f"datagram {number} of {size} bytes")


def exchange(client, number, size):
    data = number.to_bytes(4, "big") * (size // 4) + bytes(size % 4)
    client.sendto(data, (bed.LAN_A_HOST, ECHO))
    with contextlib.suppress(TimeoutError):
        while True:
            if client.recv(65535) == data:
                return True
    return False


def mtu_of(client, link):
    return int(re.search(r" mtu (\d+)", client.run(["ip", "-o", "link", "show", "dev", link]).stdout)[1])


def wait_for_mtu(made, link, below):
    """The MTU of the tunnel, once it has followed the path."""
    bed.wait_until(lambda: mtu_of(made.client, link) < below, 10, f"an MTU below {below}")
    return mtu_of(made.client, link)


def no_pieces(made, way):
    """Between the calls of the function it yields nothing had to be cut on that way."""
    before = made.wan.count()[way]["cut"]
    return lambda: tap.expect(made.wan.count()[way]["cut"] - before, 0, f"packets cut on the way {way}")


def quick_profile(made, **changes):
    """A profile whose probes tell the gateway within seconds of a new mapping, and which is slow to give up: a busy machine
    is no reason to begin anew."""
    return write_profile(made.client, sojourn_dpd_interval=1, sojourn_dpd_failures=10, **changes)


def pings_while(made, connection, happens, seconds):
    """Pings every 20 ms and downloads of a second while something happens to the NAT; afterwards pings pass again, and
    the downloads were whole. Returns (lost, sent) of the pings."""
    pings = Pings(made.client, bed.LAN_A_HOST, 0.02)
    stream = Stream(made.client, bed.LAN_A_HOST, False, 200_000, 200_000)
    with happens:
        time.sleep(seconds)
    tap.check(probes.ping_until(made.client, bed.LAN_A_HOST, 30) is not None, "it never came back")
    lost = pings.stop(1)
    tap.check(stream.stop(), stream.story())
    tap.expect([event["event"] for event in connection.events()].count("connected"), 1, "connections")
    tap.note(f"{len(lost)} of {len(pings.sent)} pings lost; downloads: {stream.story()}")
    return len(lost), len(pings.sent)
