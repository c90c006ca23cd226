#!/usr/bin/env python3
"""Rekeys under traffic: how many pings out of how many get lost, and when; for each side that may begin the rekeys.

    rekey.py [--seconds 600] [--esp 15] [--ike 45] [--rate 20] [--only client,responder,strongswan]

Downloads and uploads run at --rate Mbit/s each way, and a ping every 10 ms, all through the tunnel. It measures, it does
not judge: a ping that is lost is listed with the time from the nearest event of a rekey.
"""
import argparse
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "interop"))
import bed
import probes
import strongswan
import traffic
from services import Services
from sojourn import Connection, Responder, write_profile

LONG = 86400


class Ours:
    """The bundled gateway; `begins` says whether it renews before the client does."""

    def __init__(self, made, esp, ike, begins):
        self.process = Responder(made, esp_lifetime=esp if begins else LONG, ike_lifetime=ike if begins else LONG,
                                 renew="early" if begins else None).process
        self.clock = traffic.Clock(self.process)

    def rekeys(self, kind):
        return self.clock.events("rekeyed", sa="esp") if kind == "esp" else self.clock.events("phase1", again=True)


class StrongSwan:
    """It renews by itself; the client's lifetimes are long."""

    def __init__(self, made, esp, ike):
        self.process = strongswan.Gateway(made, esp_rekey=f"{esp}s", ike_rekey=f"{ike}s", unity="no",
                                          split_via="pool").process
        self.clock = traffic.Clock(self.process)

    def rekeys(self, kind):
        pattern = re.compile(r"CHILD_SA lan\{\d+\} established" if kind == "esp" else r"IKE_SA gw\[\d+\] established")
        found = [when for when, line in self.clock.lines if pattern.search(line)]
        return found[2 if kind == "esp" else 1:]  # the first ones are no rekeys


def gateway(made, by, options):
    if by == "strongswan":
        return StrongSwan(made, options.esp, options.ike)
    return Ours(made, options.esp, options.ike, by == "responder")


def nearest(moments, when):
    """`0.120 s after ike by the client`: the event next to a time."""
    if not moments:
        return "no rekey at all"
    moment, name = min(moments, key=lambda pair: abs(pair[0] - when))
    return f"{abs(when - moment):.3f} s {'after' if when >= moment else 'before'} {name}"


def report(by, options, pings, lost, streams, sides, connection, server, clock):
    moments = [(when, f"{kind} at the {side}") for side, count in sides.items() for kind in ("esp", "ike")
               for when in count(kind)]
    statistics = [event for event in connection.events() if event["event"] == "statistics"][-1]
    print(f"rekeys by {by}: {len(lost)} of {len(pings.sent)} pings lost ({pings.refused} of them refused by the host)")
    for side, count in sides.items():
        print(f"   {side}: {len(count('esp'))} of ESP, {len(count('ike'))} of IKE")
    for name, stream in streams.items():
        print(f"   {name}s of 8 s at {options.rate} Mbit/s: {stream.story()}")
    print("   client's plane: " + ", ".join(f"{name} {value}" for name, value in sorted(statistics.items())
                                            if name not in ("schema", "event")))
    print("   gateway: " + (server.process.lines[-1] if by != "strongswan" else ""))
    for number, when in lost[:40]:
        print(f"   ping {number} at {when - pings.sent[0]:.2f} s, {nearest(moments, when)}")
    others = [event for event in connection.events() if event["event"] in ("warning", "state")]
    for event in others[-6:]:
        print("   " + str({key: value for key, value in event.items() if key not in ("schema", "event")}))
    if options.timeline:
        for when, side, line in sorted((when, side, line) for side, lines in (
                ("client", clock.lines), ("gateway", server.clock.lines)) for when, line in lines):
            print(f"   {when - pings.sent[0]:8.3f} {side:<7} {line}")
    sys.stdout.flush()


def run(by, options):
    with bed.Bed() as made, Services(made) as made.services:
        server = gateway(made, by, options)
        ours = by == "client"
        profile = write_profile(made.client, phase1_life_secs=options.ike if ours else LONG,
                                phase2_life_secs=options.esp if ours else LONG)
        connection = Connection(made, profile=profile)
        clock = traffic.Clock(connection.process)
        try:
            connection.connected()
            for address in (bed.LAN_A_HOST, bed.LAN_B_HOST):
                probes.ping_until(made.client, address, 20)
            pings = traffic.Pings(made.client, bed.LAN_A_HOST)
            rate = int(options.rate * 1e6 / 8)
            streams = {name: traffic.Stream(made.client, bed.LAN_B_HOST, name == "upload", 8 * rate, rate)
                       for name in ("download", "upload")} if options.rate else {}
            time.sleep(options.seconds)
            lost = pings.stop()
            for stream in streams.values():
                stream.stop()
            connection.disconnect(60)
            server.process.signal(signal.SIGTERM)
            server.process.wait(15)
        except AssertionError:
            print(made.story())
            raise
        sides = {"client": lambda kind: clock.events("rekeyed", sa=kind), "gateway": server.rekeys}
        report(by, options, pings, lost, streams, sides, connection, server, clock)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("seconds", 600), ("esp", 15), ("ike", 45)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--only", default="client,responder,strongswan")
    parser.add_argument("--timeline", action="store_true", help="all events of both sides, with their times")
    options = parser.parse_args()
    bed.enter(__file__, sys.argv[1:])
    for by in options.only.split(","):
        run(by, options)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # reader threads may still wait for output of processes that are gone
