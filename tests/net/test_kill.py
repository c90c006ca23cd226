#!/usr/bin/env python3
"""Sudden deaths: worker, parent, everything at once, the gateway. What is held, what is undone, what leaks meanwhile."""
import os
import signal

import bed
import probes
import tap
from services import Services
from sojourn import SPLIT, Connection, Responder, write_profile


def kill(*pids):
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def family(connection):
    worker, others = connection.family()
    tap.expect(len(worker), 1, "workers")
    tap.check(len(others) >= 1, "there is no guard")
    return worker[0], others


def attempts(client):
    """Tries every way out to a tunnelled network; what leaves is for a capture to see."""
    for address in (bed.LAN_A_HOST, bed.LAN_B_HOST):
        tap.check(probes.ping(client, address, 0.3) is None, f"{address} answers")
        probes.ping(client, address, 0.3, device="eth0")


def no_leak(capture):
    leaks = probes.to_networks([packet for packet in capture.stop() if packet.outgoing], *SPLIT)
    tap.expect([str(packet) for packet in leaks], [], "packets of tunnelled networks in clear")


def undone(made, before, seconds=5):
    bed.wait_until(lambda: not probes.differences(before, probes.state_of(made.client)), seconds,
                   f"the host as before: {probes.differences(before, probes.state_of(made.client))}")


def test_the_leak_check_sees_a_leak(made):
    """Without a tunnel the same attempts do leave: so their absence later means something."""
    capture = probes.Capture(made.client, "eth0")
    attempts(made.client)
    tap.check(probes.to_networks([packet for packet in capture.stop() if packet.outgoing], *SPLIT), "nothing left")


def test_worker_dies_and_the_connection_comes_back(made):
    before = probes.state_of(made.client)
    Responder(made)
    with Services(made):
        connection = Connection(made)
        connection.connected()
        worker, _ = family(connection)
        capture = probes.Capture(made.client, "eth0")
        made.set_blocked(True)
        seen = len(connection.events())
        kill(worker)
        connection.wait_event("state", after=seen, state="reconnecting")
        attempts(made.client)
        made.set_blocked(False)
        connection.wait_event("connected", seconds=60, after=seen)
        for address in (bed.LAN_A_HOST, bed.LAN_B_HOST):
            tap.check(probes.ping_until(made.client, address) is not None, f"no answer from {address}")
        no_leak(capture)
        connection.disconnect()
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "the host afterwards")


def test_parent_dies_and_the_guard_undoes(made):
    before = probes.state_of(made.client)
    Responder(made)
    connection = Connection(made)
    connection.connected()
    worker, others = family(connection)
    with tap.stopwatch("the guard undid everything after"):
        kill(connection.process.pid)
        undone(made, before)
    bed.wait_until(lambda: not any(map(bed.alive, [worker, *others])), 5, "worker and guard end")


def test_worker_and_parent_die(made):
    before = probes.state_of(made.client)
    Responder(made)
    connection = Connection(made)
    connection.connected()
    worker, others = family(connection)
    kill(worker, connection.process.pid)
    undone(made, before)
    bed.wait_until(lambda: not any(map(bed.alive, others)), 5, "the guard ends")


def test_guard_dies_alone(made):
    """The tunnel goes on, or ends in order; either way nothing is left at the end."""
    before = probes.state_of(made.client)
    Responder(made)
    with Services(made):
        connection = Connection(made)
        connection.connected()
        _, others = family(connection)
        kill(*others)
        connection.disconnect()
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "the host afterwards")


def _everything_dies(made):
    connection = Connection(made)
    connection.connected()
    worker, others = family(connection)
    # The guard first, all within the same instant: nobody is left to undo.
    kill(*others, connection.process.pid, worker)
    bed.wait_until(lambda: not any(map(bed.alive, [worker, *others])), 5, "all are dead")


def test_everything_dies_and_the_next_connection_clears_up(made):
    before = probes.state_of(made.client)
    Responder(made)
    with Services(made):
        capture = probes.Capture(made.client, "eth0")
        _everything_dies(made)
        attempts(made.client)
        connection = Connection(made)
        connection.connected()
        tap.check(probes.ping_until(made.client, bed.LAN_A_HOST) is not None, "the new tunnel works")
        no_leak(capture)
        connection.disconnect()
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "the host afterwards")


def test_everything_dies_and_the_next_failure_clears_up(made):
    """Even a start that gets nowhere undoes what an earlier one left."""
    before = probes.state_of(made.client)
    Responder(made)
    _everything_dies(made)
    tap.check(probes.differences(before, probes.state_of(made.client)), "something must be left for this test to mean something")
    Connection(made, profile=write_profile(made.client, network_host="vpn.nowhere.example"),
               options=["--timeout", "10"]).ended()
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "the host afterwards")


def test_gateway_goes_silent_and_traffic_is_held(made):
    before = probes.state_of(made.client)
    Responder(made)
    with Services(made):
        connection = Connection(made, profile=write_profile(made.client, sojourn_dpd_interval=1, sojourn_dpd_failures=2))
        connection.connected()
        tap.check(probes.ping_until(made.client, bed.LAN_A_HOST) is not None, "the tunnel works")
        capture = probes.Capture(made.client, "eth0")
        seen = len(connection.events())
        made.set_blocked(True)
        connection.wait_event("state", seconds=60, after=seen, state="reconnecting")
        attempts(made.client)
        made.set_blocked(False)
        connection.wait_event("connected", seconds=60, after=seen)
        tap.check(probes.ping_until(made.client, bed.LAN_A_HOST) is not None, "the tunnel works again")
        no_leak(capture)
        connection.disconnect()
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "the host afterwards")


def test_interrupted_while_reconnecting(made):
    before = probes.state_of(made.client)
    Responder(made)
    connection = Connection(made)
    connection.connected()
    worker, _ = family(connection)
    made.set_blocked(True)
    kill(worker)
    connection.wait_event("state", state="reconnecting")
    ended = connection.disconnect()
    tap.expect((ended["reason"], ended["exit_code"]), ("user", 0), "the end")
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "the host afterwards")


def test_gateway_ends_the_connection(made):
    before = probes.state_of(made.client)
    responder = Responder(made)
    connection = Connection(made, options=["--no-reconnect"])
    connection.connected()
    responder.process.signal(signal.SIGTERM)
    ended = connection.ended()
    tap.expect((ended["reason"], ended["exit_code"]), ("ended-by-server", 12), "the end")
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "the host afterwards")


if __name__ == "__main__":
    tap.main(globals())
