#!/usr/bin/env python3
"""Rekeys of both kinds, begun by either side, while bytes and pings pass: the former arrive unharmed, the latter all."""
import signal

import bed
import checks
import probes
import rekeys
import tap
import traffic

RATE = 250_000  # bytes a second each way
STREAM = 4 * RATE
PING = 0.02
SETTLED = 7  # seconds after which the last IKE SA before a rekey is gone, and what hung on it


def enough(client, gateway):
    return all(len(side.count("esp")) >= 2 and len(side.count("ike")) >= 1 for side in (client, gateway))


def rekeyed(made, by, esp, ike):
    """(client, gateway, pings lost): a connection that has been through rekeys of both kinds, as both sides tell."""
    client, gateway = rekeys.both_ends(made, by, esp, ike)
    checks.answers(made.client)
    pings = traffic.Pings(made.client, bed.LAN_A_HOST, PING)
    streams = [traffic.Stream(made.client, bed.LAN_B_HOST, upload, STREAM, RATE) for upload in (False, True)]
    bed.wait_until(lambda: enough(client, gateway), 120, "rekeys on both sides")
    last = len(pings.sent)
    bed.wait_until(lambda: len(pings.sent) > last + SETTLED / PING, 60, "pings after the last rekey")
    for stream in streams:
        tap.check(stream.stop(), f"transfer: {stream.story()}")
    lost = pings.stop(30)
    tap.note(f"{len(lost)} of {len(pings.sent)} pings lost; " + "; ".join(
        f"{name}: {len(side.count('esp'))} of ESP, {len(side.count('ike'))} of IKE"
        for name, side in (("client", client), ("gateway", gateway))))
    gateway.process.signal(signal.SIGTERM)
    tap.expect(client.connection.ended()["reason"], "ended-by-server", "the end")
    return client, gateway, lost


def nothing_lost(made, by, esp, ike):
    client, gateway, lost = rekeyed(made, by, esp, ike)
    counted = {"client": client.statistics(), "gateway": gateway.responder.events("statistics")[-1]}
    bad = ("replayed", "not_authentic", "dropped", "malformed", "unknown_spi", "wrong_source", "no_sa")
    for side, statistics in counted.items():
        tap.expect({name: statistics[name] for name in bad if statistics.get(name)}, {}, f"dropped by the {side}'s plane")
    room = probes.no_room(made.client) + probes.no_room(made.gateway)
    tap.check(len(lost) <= room, f"{len(lost)} pings lost, {room} for want of room: {lost[:5]}")


def test_begun_by_the_client(made):
    nothing_lost(made, "client", 5, 12)


def test_begun_by_the_gateway(made):
    nothing_lost(made, "responder", 10, 15)


def test_begun_by_strongswan(made):
    rekeyed(made, "strongswan", 10, 15)


if __name__ == "__main__":
    tap.main(globals())
