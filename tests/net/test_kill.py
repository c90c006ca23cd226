#!/usr/bin/env python3
"""Sudden deaths: worker, parent, everything at once, the gateway. What is held, what is undone, what leaks."""
import contextlib
import os
import signal

import bed
import checks
import probes
import tap
from sojourn import Connection, Responder, write_profile


def kill(*pids):
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def family(connection):
    worker, others = connection.family()
    tap.expect(len(worker), 1, "workers")
    tap.check(len(others) >= 1, "there is no guard")
    return worker[0], others


def quick_to_notice(made):
    """A profile whose probes find out within seconds that nobody answers any more."""
    return write_profile(made.client, sojourn_dpd_interval=1, sojourn_dpd_failures=2)


def attempts(client):
    """Tries every way out to a tunnelled network; what leaves is for a capture to see."""
    for address in (bed.LAN_A_HOST, bed.LAN_B_HOST):
        tap.check(probes.ping(client, address, 0.3) is None, f"{address} answers")
        probes.ping(client, address, 0.3, device="eth0")


def undone(made, before, seconds=5):
    def changed():
        return probes.differences(before, probes.state_of(made.client))
    with contextlib.suppress(AssertionError):
        bed.wait_until(lambda: not changed(), seconds, "the host as before")
    tap.expect(changed(), [], "the host afterwards")


def test_the_leak_check_sees_a_leak(made):
    """Without a tunnel the same attempts do leave: so their absence later means something."""
    capture = probes.Capture(made.client, "eth0")
    attempts(made.client)
    tap.check(checks.leaked(capture), "nothing left")


def test_worker_dies_and_the_connection_comes_back(made):
    Responder(made)
    with checks.unchanged(made.client):
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
        checks.answers(made.client)
        checks.no_leak(capture)
        connection.disconnect()


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
    """The tunnel goes on, and says that nobody would clear up after a crash; nothing is left at the end."""
    Responder(made)
    with checks.unchanged(made.client):
        connection = Connection(made)
        connection.connected()
        _, others = family(connection)
        kill(*others)
        connection.wait_event("warning", id="guard-gone")
        connection.disconnect()


def _everything_dies(made):
    connection = Connection(made)
    connection.connected()
    worker, others = family(connection)
    # The guard first, all within the same instant: nobody is left to undo.
    kill(*others, connection.process.pid, worker)
    bed.wait_until(lambda: not any(map(bed.alive, [worker, *others])), 5, "all are dead")


def test_everything_dies_and_the_next_connection_clears_up(made):
    Responder(made)
    with checks.unchanged(made.client):
        capture = probes.Capture(made.client, "eth0")
        _everything_dies(made)
        attempts(made.client)
        connection = Connection(made)
        connection.connected()
        checks.answers(made.client)
        checks.no_leak(capture)
        connection.disconnect()


def test_everything_dies_and_the_next_failure_clears_up(made):
    """Even a start that gets nowhere undoes what an earlier one left."""
    before = probes.state_of(made.client)
    Responder(made)
    _everything_dies(made)
    tap.check(probes.differences(before, probes.state_of(made.client)), "nothing was left to clear up")
    Connection(made, profile=write_profile(made.client, network_host="vpn.nowhere.example"),
               options=["--timeout", "10"]).ended()
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "the host afterwards")


def test_gateway_goes_silent_and_traffic_is_held(made):
    Responder(made)
    with checks.unchanged(made.client):
        connection = Connection(made, profile=quick_to_notice(made))
        connection.connected()
        checks.answers(made.client)
        capture = probes.Capture(made.client, "eth0")
        seen = len(connection.events())
        made.set_blocked(True)
        connection.wait_event("state", seconds=60, after=seen, state="reconnecting")
        attempts(made.client)
        made.set_blocked(False)
        connection.wait_event("connected", seconds=60, after=seen)
        checks.answers(made.client)
        checks.no_leak(capture)
        connection.disconnect()


def test_gateway_crashes_and_knows_nothing(made):
    """Nobody tells the client: only its own probes find out."""
    responder = Responder(made)
    with checks.unchanged(made.client):
        connection = Connection(made, profile=quick_to_notice(made))
        connection.connected()
        checks.answers(made.client)
        capture = probes.Capture(made.client, "eth0")
        seen = len(connection.events())
        kill(responder.process.pid)
        responder.process.wait(5)
        made.gateway.run(["ip", "link", "del", "responder0"], check=False)
        Responder(made)
        connection.wait_event("connected", seconds=60, after=seen)
        checks.answers(made.client)
        checks.no_leak(capture)
        connection.disconnect()


def test_client_moves_to_another_network(made):
    """From behind the NAT to a public address, as from one Wi-Fi to another."""
    Responder(made)
    connection = Connection(made, profile=quick_to_notice(made))
    connection.connected()
    checks.answers(made.client)
    capture = probes.Capture(made.client, "eth0")
    made.client.ip("addr del 192.168.178.2/24 dev eth0", "route replace default via 198.51.100.1 src 198.51.100.2")
    with tap.stopwatch("the tunnel works from the new network"):
        bed.wait_until(lambda: probes.ping(made.client, bed.LAN_A_HOST, 1.0) is not None, 60, "the tunnel works again")
    checks.answers(made.client)
    checks.no_leak(capture)
    connection.disconnect()


def test_somebody_removes_the_device(made):
    Responder(made)
    with checks.unchanged(made.client):
        connection = Connection(made)
        interface = connection.connected()["interface"]
        checks.answers(made.client)
        capture = probes.Capture(made.client, "eth0")
        seen = len(connection.events())
        made.client.ip(f"link del {interface}")
        probes.ping(made.client, bed.LAN_A_HOST, 0.05)
        probes.ping(made.client, bed.LAN_A_HOST, 0.05, device="eth0")
        tap.expect(connection.wait_event("connected", after=seen)["interface"], interface, "the new device")
        checks.answers(made.client)
        checks.no_leak(capture)
        connection.disconnect()


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
    checks.answers(made.client)  # an association that is deleted before it was ever used counts as refused
    responder.process.signal(signal.SIGTERM)
    ended = connection.ended()
    tap.expect((ended["reason"], ended["exit_code"]), ("ended-by-server", 12), "the end")
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "the host afterwards")


if __name__ == "__main__":
    tap.main(globals())
