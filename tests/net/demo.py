#!/usr/bin/env python3
"""The demonstration behind tests/demo: a tunnel from a profile to two networks, told step by step.

Knows: the bed, the programs, and how to talk to a newcomer. What it says was measured just then; when something does
not work it says so and fails.
"""
import os
import sys
import time

import bed
import probes
from checks import NETWORKS
from services import Services
from sojourn import Connection, Responder

SIZE = 20_000_000
COLOURS = sys.stdout.isatty() and "NO_COLOR" not in os.environ

PICTURE = r"""
     at home                     the internet                          the office

   your computer --- home router ------------------------- gateway ---+--- 10.4.11.0/24
   192.168.178.2     (NAT)         |                       203.0.113.1 |    www.corp.example
                                   web site 192.0.2.80                 +--- 192.168.0.0/24
                                                                            db.corp.example
"""

STAGES = {
    "resolve": "looking for the gateway's address",
    "phase1": "agreeing on keys; both sides prove that they know the shared key",
    "login": "user name and password, already encrypted",
    "configure": "the gateway hands out an address, networks, name servers",
    "phase2": "keys for the two networks",
    "network": "adapter, routes, filter and name servers of this computer",
}


class Failed(Exception):
    """A step of the demonstration did not do what it was to show."""


def colour(number, text):
    return f"\033[{number}m{text}\033[0m" if COLOURS else text


class Teller:
    """Prints numbered steps, and what happened in each."""

    def __init__(self):
        self._number = 0
        self._began = time.monotonic()

    def step(self, title):
        self._number += 1
        when = f"{time.monotonic() - self._began:6.1f} s"
        print(f"\n{colour(1, f'{self._number}. {title}'):<70}{colour(2, when)}", flush=True)

    def fact(self, what, result, good=True):
        print(f"   {what:<44} {colour(32 if good else 31, result)}", flush=True)
        if not good:
            raise Failed(f"{what}: {result}")

    def line(self, text):
        print(f"   {text}", flush=True)


def out_of_reach(tell, made):
    tell.step("Before: the office is out of reach")
    for address in (bed.LAN_A_HOST, bed.LAN_B_HOST):
        silent = probes.ping(made.client, address, 0.4) is None
        tell.fact(f"ping {address}", "no answer, as it should be" if silent else "answers without a tunnel?", silent)
    unknown = not probes.resolve(made.client, "www.corp.example")
    tell.fact("who is www.corp.example?", "the public name server does not know" if unknown else "known?", unknown)


def connect(tell, made):
    tell.step("sojourn connect mikrotik.vpn --foreground")
    connection = Connection(made)
    up = connection.connected()
    stages = [event["stage"] for event in connection.events() if event["event"] == "state" and event.get("stage")]
    for stage in dict.fromkeys(stages):
        tell.line(f"{stage:<10} {STAGES[stage]}")
    tell.fact("connected", f"in {up['elapsed_ms']} ms")
    tell.fact("address inside the office", up["address"])
    tell.fact("networks", ", ".join(up["networks"]), sorted(up["networks"]) == sorted(NETWORKS))
    tell.fact("name server", ", ".join(up["dns"]) + " for " + ", ".join(up["domains"]))
    tell.fact("protected by", f"{up['esp']} ({up['crypto']})")
    return connection, up


def through_the_tunnel(tell, made, services, up):
    tell.step("Through the tunnel")
    for address in (bed.LAN_A_HOST, bed.LAN_B_HOST):
        answer = probes.ping_until(made.client, address)
        answer = probes.ping(made.client, address) if answer is not None else None
        tell.fact(f"ping {address}", f"{answer:.2f} ms" if answer is not None else "no answer", answer is not None)
    for name, wanted in (("www.corp.example", bed.LAN_A_HOST), ("db.corp.example", bed.LAN_B_HOST)):
        found = probes.resolve(made.client, name)
        asked = (up["address"], name) in services.lan_dns.asked
        by = "answered by the office" if asked else "not answered by the office"
        tell.fact(f"who is {name}?", f"{', '.join(found) or 'unknown'}, {by}", found == [wanted] and asked)
    page = probes.fetch(made.client, bed.LAN_A_HOST)
    tell.fact("http://www.corp.example/", f"“{page}”", page.endswith(f"saw {up['address']}"))
    wanted = probes.expected("demo", SIZE)
    began = time.monotonic()
    whole = probes.download(made.client, bed.LAN_B_HOST, "demo", SIZE) == wanted
    rate = SIZE * 8 / (time.monotonic() - began) / 1e6
    tell.fact(f"download of {SIZE // 1_000_000} MB from db.corp.example",
              f"{rate:.0f} Mbit/s, checksum equal" if whole else "damaged", whole)


def past_the_tunnel(tell, made, services):
    tell.step("Past the tunnel")
    page = probes.fetch(made.client, bed.PUBLIC_WEB)
    tell.fact("http://www.public.example/", f"“{page}”", page.endswith(f"saw {bed.CLIENT}"))
    tell.line("It sees the computer itself, not the gateway: only the office goes through the tunnel.")
    told = sorted({name for _, name in services.public_dns.asked if name.endswith(".corp.example")})
    tell.fact("internal names told to that side", ", ".join(told) or "none since the tunnel is up", not told)


def on_the_wire(tell, packets):
    tell.step("What an eavesdropper at home saw")
    tunnel = [packet for packet in packets if bed.GATEWAY in (packet.source, packet.destination)]
    kinds = sorted({"UDP " + str(packet.ports[1 if packet.outgoing else 0]) if packet.ports else "fragments"
                    for packet in tunnel})
    clear = probes.to_networks([packet for packet in packets if packet.outgoing], *NETWORKS)
    tell.fact("packets to and from the gateway", f"{len(tunnel)}, all of them {' or '.join(kinds)}")
    tell.fact("packets of the office's networks in clear", str(len(clear)), not clear)


def disconnect(tell, made, connection, responder, before):
    tell.step("Ctrl-C")
    ended = connection.disconnect()
    status = ended["exit_code"]
    tell.fact("sojourn ended", f"because of the {ended['reason']}, exit status {status}", status == 0)
    bed.wait_until(lambda: responder.events("deleted"), 5, "the gateway hears that the tunnel is over")
    tell.fact("the gateway was told", "yes")
    changed = probes.differences(before, probes.state_of(made.client))
    tell.fact("rules, routes, addresses, filter, names", "exactly as before" if not changed else "; ".join(changed),
              not changed)


def show(tell):
    tell.step("A small internet, made of namespaces on this computer")
    with bed.Bed() as made, Services(made) as services:
        print(colour(36, PICTURE.rstrip("\n")))
        before = probes.state_of(made.client)
        out_of_reach(tell, made)
        tell.step("The office's gateway: sojourn-responder")
        responder = Responder(made)
        tell.fact("waiting for road warriors at", f"{bed.GATEWAY}, UDP 500 and 4500")
        services.public_dns.asked.clear()
        capture = probes.Capture(made.client, "eth0")
        connection, up = connect(tell, made)
        through_the_tunnel(tell, made, services, up)
        past_the_tunnel(tell, made, services)
        on_the_wire(tell, capture.stop())
        disconnect(tell, made, connection, responder, before)


def main():
    try:
        bed.enter(__file__)
    except bed.Missing as reason:
        print(f"The demonstration cannot run here: {reason}", file=sys.stderr)
        return 1
    began = time.monotonic()
    try:
        if bed.single_uid():
            print("Without root: everything below happens in a user namespace. With its single user, the worker\n"
                  "cannot become another user; every other wall around it stands.")
        show(Teller())
    except (Failed, AssertionError, bed.Missing, OSError) as reason:
        print(f"\n{colour(31, 'This did not work:')} {reason}", file=sys.stderr)
        return 1
    print(f"\nAll of it is removed again. {time.monotonic() - began:.1f} s.")
    return 0


if __name__ == "__main__":
    STATUS = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(STATUS)
