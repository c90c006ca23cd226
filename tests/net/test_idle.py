#!/usr/bin/env python3
"""Idling behind a NAT that forgets: keepalives hold the mapping, so the other side can speak first at any time.

SOJOURN_IDLE_SECONDS is how long the idling lasts (12); from 300 on the NAT forgets after 30 s instead of 5.
"""
import os
import time

import bed
import probes
import tap
from sojourn import Connection, Responder, write_profile

IDLE = int(os.environ.get("SOJOURN_IDLE_SECONDS", "12"))
MEMORY = 30 if IDLE >= 300 else 5


def idle(made, keepalive):
    """Whether the tunnelled network reaches the client after the idling."""
    made.set_nat("random")  # a forgotten mapping comes back with another port, not by luck with the same
    made.set_nat_memory(MEMORY)
    Responder(made, dpd_interval=86400)
    connection = Connection(made, profile=write_profile(
        made.client, network_natt_rate=keepalive, network_dpd_enable=0))
    address = connection.connected()["address"]
    tap.check(probes.ping_until(made.client, bed.LAN_A_HOST) is not None, "the tunnel works")
    time.sleep(IDLE)
    answer = probes.ping(made.lan, address, 2.0)
    tap.expect([event["event"] for event in connection.events()].count("connected"), 1, "it never reconnected")
    connection.disconnect()
    return answer is not None


def test_keepalives_hold_the_mapping(made):
    tap.check(idle(made, keepalive=10 if IDLE >= 300 else 2), "the mapping was lost")


def test_without_keepalives_the_mapping_is_lost(made):
    """So the test above can fail."""
    if IDLE >= 300:
        raise bed.Missing("only with the short idling")
    tap.check(not idle(made, keepalive=3600), "something else holds the mapping")


if __name__ == "__main__":
    tap.main(globals())
