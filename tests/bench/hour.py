#!/usr/bin/env python3
"""A long run of real traffic with rekeys by both sides: does anything grow?

    hour.py [--seconds 3600] [--every 60] [--esp 60] [--ike 300] [--rate 20]

Every --every seconds the memory, descriptors and threads of each process of ours are sampled, and what the host keeps for
the tunnel: rules, routes, addresses, lines of the filter; and the SAs that both sides have. At the end the mean of the
first quarter stands beside the mean of the last. It measures, it does not judge.
"""
import argparse
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
import bed
import probes
import traffic
from services import Services
from sojourn import Connection, Responder, write_profile

COUNTED = {"rules": ["ip", "rule"], "rules6": ["ip", "-6", "rule"], "routes": ["ip", "route", "show", "table", "all"],
           "addresses": ["ip", "-oneline", "addr"], "filter": ["nft", "list", "ruleset"]}


def memory(pid):
    """RssAnon, Pss and the heap, in kB, and the number of descriptors and threads."""
    values = {}
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        for line in status:
            name, _, rest = line.partition(":")
            if name in ("RssAnon", "Threads"):
                values[name] = int(rest.split()[0])
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        values["Pss"] = next(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
    with open(f"/proc/{pid}/smaps", encoding="ascii", errors="replace") as maps:
        heap = False
        for line in maps:
            if "-" in line.split(" ")[0]:
                heap = "[heap]" in line
            elif heap and line.startswith("Rss:"):
                values["heap"] = int(line.split()[1])
    values["fds"] = len(os.listdir(f"/proc/{pid}/fd"))
    return values


def live_associations(responder):
    """SAs that the gateway has: those that came less those that went."""
    return len(responder.events("sa")) - sum(event["sa"] == "esp" for event in responder.events("deleted"))


class Samples:
    def __init__(self, made, connection, responder):
        self._made, self._responder = made, responder
        workers, others = connection.family()
        self._processes = {"sojourn": connection.process.pid, "worker": workers[0], "responder": responder.process.pid}
        self._processes |= {f"guard{number or ''}": pid for number, pid in enumerate(others)}
        self.rows = []

    def take(self):
        row = {f"{name} {what}": value for name, pid in self._processes.items()
               for what, value in memory(pid).items()}
        row |= {what: len(self._made.client.run(command).stdout.splitlines()) for what, command in COUNTED.items()}
        row["gateway's SAs"] = live_associations(self._responder)
        self.rows.append(row)

    def table(self):
        quarter = max(1, len(self.rows) // 4)
        print(f"{len(self.rows)} samples; mean of the first and the last {quarter}, least and most of all")
        for name in self.rows[0]:
            values = [row[name] for row in self.rows if name in row]
            first, last = (sum(part) / len(part) for part in (values[:quarter], values[-quarter:]))
            print(f"   {name:<20} {first:10.1f} {last:10.1f}   {min(values)} to {max(values)}")


def run(options):
    with bed.Bed() as made, Services(made) as made.services:
        responder = Responder(made, esp_lifetime=options.esp, ike_lifetime=options.ike, dpd_interval=10, renew="early")
        profile = write_profile(made.client, phase1_life_secs=options.ike * 2 // 3, phase2_life_secs=options.esp * 3 // 4,
                                sojourn_dpd_interval=5)
        connection = Connection(made, profile=profile)
        clock, gateway_clock = (traffic.Clock(process) for process in (connection.process, responder.process))
        connection.connected()
        probes.ping_until(made.client, bed.LAN_A_HOST, 20)
        samples = Samples(made, connection, responder)
        pings = traffic.Pings(made.client, bed.LAN_A_HOST, options.ping)
        rate = int(options.rate * 1e6 / 8)
        streams = [traffic.Stream(made.client, bed.LAN_B_HOST, upload, 60 * rate, rate) for upload in (False, True)]
        began = time.monotonic()
        while time.monotonic() < began + options.seconds:
            samples.take()
            print("sample", len(samples.rows), samples.rows[-1], flush=True)
            time.sleep(options.every)
        lost = pings.stop()
        for stream in streams:
            stream.stop(300)
        connection.disconnect(60)
        print(f"{time.monotonic() - began:.0f} s; {len(lost)} of {len(pings.sent)} pings lost; downloads: "
              f"{streams[0].story()}; uploads: {streams[1].story()}")
        print(f"rekeys at the client: {len(clock.events('rekeyed', sa='esp'))} of ESP, "
              f"{len(clock.events('rekeyed', sa='ike'))} of IKE; at the gateway: "
              f"{len(gateway_clock.events('rekeyed', sa='esp'))} of ESP, "
              f"{len(gateway_clock.events('phase1', again=True))} of IKE")
        print([event for event in connection.events() if event["event"] == "statistics"][-1])
        samples.table()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("seconds", 3600), ("every", 60), ("esp", 60), ("ike", 300)):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--ping", type=float, default=0.1, help="seconds between pings")
    options = parser.parse_args()
    bed.enter(__file__, sys.argv[1:])
    run(options)


if __name__ == "__main__":
    main()
    sys.stdout.flush()
    os._exit(0)  # reader threads may still wait for output of processes that are gone
