#!/usr/bin/env python3
"""Strangers at the gateway: first messages, fragments and noise by the thousand, while somebody is connected."""
import random
import socket
import struct

import bed
import checks
import tap
from sojourn import Connection, Responder

FLOOD = 2000
HALF_OPEN = 32  # clients that have not proved themselves yet, at the most
MEMORY = 4096  # KiB that the gateway may grow by

_NATT = bytes.fromhex("4a131c81070358455c5728f20e95452f")
# aes256-sha512-modp2048, a shared key with XAuth, one day
_OFFER = bytes.fromhex("0000000100000001 0000002c01010001 0000002401010000 80010007 800e0100 80020006 8003fde9 "
                       "8004000e 800b0001 800c7080")


def _message(cookie, first, payloads):
    body = b""
    for index, (_, data) in enumerate(payloads):
        following = payloads[index + 1][0] if index + 1 < len(payloads) else 0
        body += struct.pack("!BBH", following, 0, 4 + len(data)) + data
    return cookie + bytes(8) + struct.pack("!BBBBII", first, 0x10, 2, 0, 0, 28 + len(body)) + body


def first_message(cookie):
    return _message(cookie, 1, [(1, _OFFER), (13, _NATT)])


def fragment(cookie, number, data):
    return _message(cookie, 132, [(132, struct.pack("!HBB", 1, number, 0) + data)])


def resident(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def sanitized(pid):
    """Whether sanitizers are built in: they keep what was freed for a while, and shadows of everything."""
    with open(f"/proc/{pid}/exe", "rb") as program:
        return b"__asan_init" in program.read()


def flood(host, datagrams):
    """Sends them all to the gateway's IKE port; returns the answers that came."""
    with host.network():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.settimeout(0.5)
    answers = []
    for datagram in datagrams:
        sock.sendto(datagram, (bed.GATEWAY, 500))
    try:
        while True:
            answers.append(sock.recv(65535))
    except TimeoutError:
        sock.close()
    return answers


def test_half_open_and_fragments(made):
    numbers = random.Random(1)
    responder = Responder(made, fragmentation="enable")
    connection = Connection(made)
    up = connection.connected()
    before = resident(responder.process.pid)
    cookies = [bytes([1]) + numbers.randbytes(7) for _ in range(FLOOD)]
    halves = [fragment(cookie, 1, first_message(cookie)[:60]) for cookie in cookies]
    later = [fragment(cookie, 2 + index % 200, bytes(1000)) for index, cookie in enumerate(cookies)]
    noise = [numbers.randbytes(numbers.randrange(1, 1200)) for _ in range(FLOOD)]
    answers = flood(made.client2, noise + later + [first_message(cookie) for cookie in cookies] + halves)
    grown = resident(responder.process.pid) - before
    tap.note(f"{4 * FLOOD} datagrams, {len(answers)} answers, {grown} KiB more")
    tap.check(0 < len(answers) <= HALF_OPEN, f"{len(answers)} answers")
    tap.check(all(answer[16] == 1 for answer in answers), "something else than a second message")
    tap.check(grown <= MEMORY or sanitized(responder.process.pid), f"the gateway grew by {grown} KiB")
    responder.wait_event("refused", reason="too-many")
    checks.carries(made.client, up["address"])
    connection.disconnect()


if __name__ == "__main__":
    tap.main(globals())
