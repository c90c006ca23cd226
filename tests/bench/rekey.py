#!/usr/bin/env python3
"""Rekeys under traffic: how many pings out of how many get lost, and when; for each side that may begin the rekeys.

    rekey.py [--seconds 600] [--esp 15] [--ike 45] [--rate 20] [--only client,responder,strongswan] [--timeline]

Downloads and uploads run at --rate Mbit/s each way, and a ping every 10 ms, all through the tunnel. It measures, it does
not judge: pings that are lost are listed with the time from the nearest event of a rekey.
"""
import argparse
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
import bed
import checks
import probes
import rekeys
import traffic
from services import Services

STREAM_SECONDS = 8
NEAR = 2  # seconds


def nearest(moments, when):
    """`0.120 s after ike at the client`: the event next to a time."""
    if not moments:
        return "no rekey at all"
    moment, name = min(moments, key=lambda pair: abs(pair[0] - when))
    return f"{abs(when - moment):.3f} s {'after' if when >= moment else 'before'} {name}"


def runs(numbers):
    """[(first, last)] of those that follow on each other."""
    found = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return found


def report(by, options, sides, pings, lost, streams, room):
    moments = [(when, f"{kind} at the {name}") for name, side in sides.items() for kind in ("esp", "ike")
               for when in side.count(kind)]
    near = sum(any(abs(when - moment) < NEAR for moment, _ in moments) for _, when in lost)
    print(f"rekeys by {by}: {len(lost)} of {len(pings.sent)} pings lost, {near} of them within {NEAR} s of a rekey; "
          f"packets without room: {', '.join(f'{name} {count}' for name, count in room.items())}")
    for name, side in sides.items():
        print(f"   {name}: {len(side.count('esp'))} of ESP, {len(side.count('ike'))} of IKE")
    for name, stream in streams.items():
        print(f"   {name}s of {STREAM_SECONDS} s at {options.rate} Mbit/s: {stream.story()}")
    print(f"   client's plane: {sides['client'].statistics()}")
    if by != "strongswan":
        print(f"   gateway's plane: {sides['gateway'].responder.events('statistics')}")
    for first, last in runs([number for number, _ in lost]):
        when = pings.sent[first]
        print(f"   {last - first + 1} from {when - pings.sent[0]:.2f} s on, {nearest(moments, when)}")
    if options.timeline:
        for when, name, line in sorted((when, name, line) for name, side in sides.items()
                                       for when, line in side.clock.lines):
            print(f"   {when - pings.sent[0]:8.3f} {name:<7} {line}")
    sys.stdout.flush()


def run(by, options):
    with bed.Bed() as made, Services(made) as made.services:
        client, gateway = rekeys.both_ends(made, by, options.esp, options.ike)
        try:
            checks.answers(made.client)
            pings = traffic.Pings(made.client, bed.LAN_A_HOST)
            rate = int(options.rate * 1e6 / 8)
            streams = {name: traffic.Stream(made.client, bed.LAN_B_HOST, name == "upload", STREAM_SECONDS * rate, rate)
                       for name in ("download", "upload")} if rate else {}
            time.sleep(options.seconds)
            lost = pings.stop()
            for stream in streams.values():
                stream.stop()
            room = {host.name: probes.no_room(host) for host in (made.client, made.router, made.gateway, made.lan)}
            gateway.process.signal(signal.SIGTERM)
            client.connection.ended()
        except AssertionError:
            print(made.story())
            raise
        report(by, options, {"client": client, "gateway": gateway}, pings, lost, streams, room)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("seconds", 600), ("esp", 15), ("ike", 45)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--only", default="client,responder,strongswan")
    parser.add_argument("--timeline", action="store_true", help="all that both sides said, with the times")
    options = parser.parse_args()
    bed.enter(__file__, sys.argv[1:])
    for by in options.only.split(","):
        run(by, options)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # reader threads may still wait for output of processes that are gone
