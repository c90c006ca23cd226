#!/usr/bin/env python3
"""How long until traffic flows again: after an event, a host behind the gateway is asked ten times a second.

    reconnect.py [--runs 10] [--only gateway-restarted,nat-rebound] [--outage 120] [--parallel 6]

Each run is a bed, a gateway and a connection of its own, with the profile's own settings. It measures, it does not
judge. Beds mostly sleep, so several are up at the same time.
"""
import argparse
import concurrent.futures
import os
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
import bed
import checks
import moves
import probes
from services import Services
from sojourn import Connection, Responder, write_profile

BEFORE = 3.0  # seconds of traffic before the event
ONE_RUN = "SOJOURN_RECONNECT_RUN"


def restart(made, run):
    moves.gateway_crashes(made, run["responder"])


def rebind(made, _):
    made.rebind(bed.ROUTER_WAN2)


def move(made, _):
    moves.other_address(made)


def move_far(made, _):
    moves.other_network(made)


def move_gateway(made, run):
    moves.gateway_moves(made, run["responder"])


def outage(made, run):
    """Somebody goes on trying meanwhile; the clock runs from when the wire is back."""
    made.set_blocked(True)
    until = time.monotonic() + run["outage"]
    while time.monotonic() < until:
        probes.ping(made.client, bed.LAN_A_HOST, 0.5)
    made.set_blocked(False)


def unplug(made, run):
    moves.unplug(made)
    time.sleep(run["outage"])
    moves.plug(made)


def sleep(made, run):
    run["sleep"].sleep(run["connection"], 1)


def sleep_forgotten(made, run):
    run["sleep"].sleep(run["connection"], 1, lambda: moves.gateway_crashes(made, run["responder"]))


EVENTS = {
    "gateway-restarted": restart, "nat-rebound": rebind, "address-changed": move, "network-changed": move_far,
    "gateway-moved": move_gateway, "outage": outage, "unplugged": unplug, "slept-an-hour": sleep,
    "slept-and-forgotten": sleep_forgotten,
}


def measure(event, seconds):
    with bed.Bed() as made, Services(made) as made.services:
        run = {"sleep": moves.Sleep(made), "responder": Responder(made), "outage": seconds}
        profile = write_profile(made.client, network_host=moves.NAME)
        run["connection"] = Connection(made, profile=profile)
        run["connection"].connected()
        checks.answers(made.client)
        until = time.monotonic() + BEFORE
        while time.monotonic() < until:
            probes.ping(made.client, bed.LAN_A_HOST, 0.1)
            time.sleep(0.1)
        EVENTS[event](made, run)
        took = moves.flows(made, 180)
        time.sleep(1)  # for what the client has to say
        states = [state["state"] for state in run["connection"].events() if state["event"] == "state"]
        print(f"{took:.2f} {'again' if states.count('on') > 1 else 'same'}", flush=True)


def one(event, options):
    """In a program of its own: beds of one program would take each other's names."""
    command = [sys.executable, os.path.abspath(__file__), "--only", event, "--outage", str(options.outage)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900,
                          env={**os.environ, ONE_RUN: event})
    if done.returncode != 0:
        return None, f"{event}: {done.stdout[-500:]} {done.stderr[-1500:]}"
    took, kind = done.stdout.split()[-2:]
    return float(took), kind


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--only", default=",".join(EVENTS))
    parser.add_argument("--outage", type=int, default=120)
    parser.add_argument("--parallel", type=int, default=6)
    options = parser.parse_args()
    if ONE_RUN in os.environ:
        bed.enter(__file__, sys.argv[1:])
        measure(os.environ[ONE_RUN], options.outage)
        return
    events = options.only.split(",")
    with concurrent.futures.ThreadPoolExecutor(options.parallel) as pool:
        runs = {event: [pool.submit(one, event, options) for _ in range(options.runs)] for event in events}
        for event in events:
            results = [future.result() for future in runs[event]]
            times = sorted(took for took, _ in results if took is not None)
            for took, why in results:
                if took is None:
                    print(f"failed: {why}")
            if times:
                again = sum(kind == "again" for _, kind in results)
                print(f"{event:<20} median {statistics.median(times):6.2f} s, {times[0]:.2f} to {times[-1]:.2f} s, "
                      f"{len(times)} runs, {again} with a new connection", flush=True)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # reader threads may still wait for output of processes that are gone
