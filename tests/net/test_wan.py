#!/usr/bin/env python3
"""A tunnel over a bad internet: far, lossy, disorderly, narrow, and behind a NAT that forgets."""
import contextlib
import time

import bad_wan
import bed
import probes
import tap
from sojourn import Connection, Responder


def connect(made, responder=None, **profile):
    Responder(made, **(responder or {}))
    return bad_wan.connect(made, **profile)


@tap.options(wan=bad_wan.FAR)
def test_far_and_lossy(made):
    connection, _ = connect(made)
    bad_wan.transfers(made.client, 2_000_000, 8)
    connection.disconnect(90)


@tap.options(wan=bad_wan.DISORDERLY)
def test_disorderly(made):
    connection, _ = connect(made)
    bad_wan.transfers(made.client, 3_000_000, 4)
    connection.disconnect()
    statistics = [event for event in connection.events() if event["event"] == "statistics"][-1]
    tap.check(statistics["replayed"] > 0, f"nothing was repeated: {statistics}")
    tap.expect(statistics["not_authentic"], 0, "packets that are not authentic")


@tap.options(wan=bad_wan.NARROW)
def test_narrow(made):
    """The path is found out, the tunnel becomes as narrow, and nothing needs to be cut any more."""
    connection, up = connect(made)
    mtu = bad_wan.wait_for_mtu(made, up["interface"], 1250)
    tap.note(f"MTU {up['mtu']} at first, then {mtu}")
    uncut = [bad_wan.no_pieces(made, way) for way in ("up", "down")]
    bad_wan.transfers(made.client, 3_000_000)
    for check in uncut:
        check()
    bad_wan.full_size(made, mtu)
    bad_wan.full_size(made, 1300)
    connection.disconnect()


@tap.options(wan=bad_wan.BLACK_HOLE)
def test_black_hole(made):
    """Nobody says how narrow the path is: routers cut what is too large."""
    connection, up = connect(made)
    bad_wan.transfers(made.client, 3_000_000)
    bad_wan.full_size(made, up["mtu"])
    tap.check(made.wan.count()["up"]["cut"] > 0, "nothing was too large")
    connection.disconnect()


@tap.options(wan={"mtu": 1280, "pieces": 0})
def test_narrow_and_no_pieces_pass(made):
    """Many firewalls drop fragments: all the more it matters that the path is found out."""
    connection, up = connect(made)
    mtu = bad_wan.wait_for_mtu(made, up["interface"], 1250)
    bad_wan.transfers(made.client, 3_000_000)
    bad_wan.full_size(made, mtu, larger=())
    connection.disconnect()


@tap.options(wan=bad_wan.BLACK_HOLE)
def test_told_at_the_second_time(made):
    """The first question, or its answer, was lost: with traffic another one follows soon."""
    connection, up = connect(made)
    made.wan.set(icmp=1)
    tap.expect(bad_wan.mtu_of(made.client, up["interface"]), up["mtu"], "MTU while nobody answered")

    def told():
        probes.ping(made.client, bed.LAN_A_HOST, 0.2)
        return bad_wan.mtu_of(made.client, up["interface"]) < up["mtu"]
    bed.wait_until(told, 30, "a smaller MTU")
    bad_wan.transfers(made.client, 1_000_000)
    connection.disconnect()


@tap.options(wan={})
def test_narrow_later(made):
    """With the tunnel up: until the next probe of the path routers cut what is too large."""
    connection, up = connect(made)
    tap.expect(bad_wan.mtu_of(made.client, up["interface"]), up["mtu"], "MTU on a wide path")
    made.wan.set(**bad_wan.NARROW)
    bad_wan.transfers(made.client, 1_000_000)
    connection.disconnect()


def narrow_link(made, command, outer):
    """The host's own link or route is the narrow one: this is known at once, and nothing has to be cut."""
    made.client.ip(command)
    connection, up = connect(made, network_mtu_size=1500)
    tap.check(outer - 90 <= up["mtu"] <= outer - 70, f"MTU {up['mtu']} for {outer}")
    tap.expect(bad_wan.mtu_of(made.client, up["interface"]), up["mtu"], "MTU of the device")
    capture = probes.Capture(made.client, "eth0")
    bad_wan.transfers(made.client, 1_000_000)
    tap.expect([str(packet) for packet in capture.stop() if packet.outgoing and packet.fragment], [], "pieces")
    bad_wan.full_size(made, up["mtu"])
    connection.disconnect()


def test_narrow_link_of_the_host(made):
    narrow_link(made, "link set eth0 mtu 1280", 1280)


def test_narrow_route_of_the_host(made):
    narrow_link(made, f"route change default via 192.168.178.1 src {bed.CLIENT} mtu 1300", 1300)


def test_link_of_pppoe(made):
    narrow_link(made, "link set eth0 mtu 1492", 1492)


def test_nat_forgets_again_and_again(made):
    """Every 2 s, with traffic: a probe tells the gateway of the new mapping, and nothing has to be begun anew."""
    Responder(made)
    connection = Connection(made, profile=bad_wan.quick_profile(made))
    connection.connected()
    bad_wan.pings_while(made, connection, made.rebinding(2), 7)
    connection.disconnect()


def test_nat_forgets_under_a_gateway_that_follows(made):
    """As gateways with ESP in the kernel do: whatever the client sends shows them the new mapping."""
    Responder(made, quirks={"follows-esp": "true"})
    connection = Connection(made)
    connection.connected()
    bad_wan.pings_while(made, connection, made.rebinding(1), 5)
    connection.disconnect()


def test_nat_forgets_while_idle(made):
    """The gateway can speak first again, soon after: keepalives and probes come from the new mapping."""
    Responder(made)
    connection = Connection(made, profile=bad_wan.quick_profile(made, network_natt_rate=1))
    up = connection.connected()
    tap.check(probes.ping_until(made.lan, up["address"]) is not None, "inwards")
    for address in (None, bed.ROUTER_WAN2):
        made.rebind(address)
        began = time.monotonic()
        tap.check(probes.ping_until(made.lan, up["address"], 30) is not None, "inwards, after the NAT forgot")
        tap.note(f"{time.monotonic() - began:.1f} s until the gateway reached the client")
    connection.disconnect()


def test_another_public_address(made):
    Responder(made)
    connection = Connection(made, profile=bad_wan.quick_profile(made))
    connection.connected()

    @contextlib.contextmanager
    def moves():
        made.rebind(bed.ROUTER_WAN2)
        yield

    bad_wan.pings_while(made, connection, moves(), 4)
    bad_wan.transfers(made.client, 1_000_000)
    connection.disconnect()


if __name__ == "__main__":
    tap.main(globals())
