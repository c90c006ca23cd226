#!/usr/bin/env python3
"""strongSwan's client at the bundled responder: the gateway's side of the engine with somebody else's client."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
import bed
import checks
import probes
import strongswan
import tap
import traffic
from sojourn import Responder

TIMES = 3


def test_everything_through_the_tunnel(made):
    Responder(made, split_include=None)
    client = strongswan.Client(made)
    tap.check(client.up(), "the tunnel should come up")
    checks.everything_inside(made.client)
    client.down()


def test_authenticates_again_without_a_loss(made):
    """strongSwan moves its pair to the new IKE SA: the responder has to do the same."""
    responder = Responder(made)
    client = strongswan.Client(made)
    tap.check(client.up(), "the tunnel should come up")
    tap.check(probes.ping_until(made.client, bed.LAN_A_HOST) is not None, "an answer through the tunnel")
    pings = traffic.Pings(made.client, bed.LAN_A_HOST)
    for again in range(1, TIMES + 1):
        before = len(pings.sent)
        client.authenticate_again()
        bed.wait_until(lambda: len(responder.events("lease")) > again, 20, "the new lease")
        bed.wait_until(lambda: len(pings.sent) > before + 200, 60, "pings after it")
    pings.stop()
    tap.note(f"{len(pings.sent)} pings, {len(pings.lost())} lost in {TIMES} re-authentications")
    tap.expect(pings.lost(), [], "lost pings")
    tap.expect({event["again"] for event in responder.events("lease")[1:]}, {True}, "the same address")


if __name__ == "__main__":
    tap.main(globals())
