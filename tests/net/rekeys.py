"""Rekeys as both ends of a tunnel tell them, for each side that may begin them.

Knows: the events of sojourn and of sojourn-responder, the log of strongSwan. Must not know: what traffic there is.
"""
import os
import re
import sys

import traffic
from sojourn import Connection, Responder, write_profile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
import strongswan

LONG = 86400


class Client:
    """Our client, connected; with `begins` its lifetimes are those, else long."""

    def __init__(self, made, esp, ike, begins):
        profile = write_profile(made.client, phase1_life_secs=ike if begins else LONG,
                                phase2_life_secs=esp if begins else LONG)
        self.connection = Connection(made, profile=profile, options=["--no-reconnect"])
        self.clock = traffic.Clock(self.connection.process)
        self.up = self.connection.connected()

    def count(self, kind):
        """When: `esp` or `ike`."""
        return self.clock.events("rekeyed", sa=kind)

    def statistics(self):
        return [event for event in self.connection.events() if event["event"] == "statistics"][-1]


class Ours:
    """The bundled gateway; with `begins` it renews before the client does."""

    def __init__(self, made, esp, ike, begins):
        self.responder = Responder(made, esp_lifetime=esp if begins else LONG, ike_lifetime=ike if begins else LONG,
                                   renew="early" if begins else None)
        self.process = self.responder.process
        self.clock = traffic.Clock(self.process)

    def count(self, kind):
        return self.clock.events("phase1", again=True) if kind == "ike" else self.clock.events("rekeyed", sa="esp")


class StrongSwan:
    """It renews by itself. Without Unity: it else takes itself for a Unity client once it has begun an IKE SA."""

    def __init__(self, made, esp, ike):
        self.process = strongswan.Gateway(made, esp_rekey=f"{esp}s", ike_rekey=f"{ike}s", unity="no",
                                          split_via="pool").process
        self.clock = traffic.Clock(self.process)

    def count(self, kind):
        pattern = r"CHILD_SA lan\{\d+\} established" if kind == "esp" else r"IKE_SA gw\[\d+\] established"
        found = [when for when, line in self.clock.lines if re.search(pattern, line)]
        return found[2 if kind == "esp" else 1:]  # the first ones, one for each network, are no rekeys


def both_ends(made, by, esp, ike):
    """(client, gateway), connected; `by` is client, responder or strongswan. Lifetimes are in seconds."""
    gateway = StrongSwan(made, esp, ike) if by == "strongswan" else Ours(made, esp, ike, by == "responder")
    return Client(made, esp, ike, by == "client"), gateway
