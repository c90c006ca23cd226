#!/usr/bin/env python3
"""Over a bad internet to strongSwan, which sets DF on what it sends, and learns of narrow paths by ICMP alone."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
import bad_wan
import bed
import probes
import strongswan
import tap
from sojourn import Connection, write_profile


def connect(made, **profile):
    strongswan.Gateway(made)
    return bad_wan.connect(made, **profile)


@tap.options(wan=bad_wan.FAR)
def test_far_and_lossy(made):
    connection, _ = connect(made)
    bad_wan.transfers(made.client, 1_000_000, 8)
    connection.disconnect(90)


@tap.options(wan=bad_wan.DISORDERLY)
def test_disorderly(made):
    connection, _ = connect(made)
    bad_wan.transfers(made.client, 2_000_000, 4)
    connection.disconnect()


@tap.options(wan=bad_wan.NARROW)
def test_narrow(made):
    connection, up = connect(made)
    mtu = bad_wan.wait_for_mtu(made, up["interface"], 1250)
    bad_wan.transfers(made.client, 2_000_000)
    bad_wan.full_size(made, mtu)
    bad_wan.full_size(made, 1300)
    connection.disconnect()


@tap.options(wan=bad_wan.NARROW)
def test_narrow_and_the_gateway_is_not_told(made):
    """What we learn narrows the tunnel, so that the other ends of TCP send no more than passes."""
    made.wan.set("down", icmp=0)
    connection, up = connect(made)
    bad_wan.wait_for_mtu(made, up["interface"], 1250)
    bad_wan.transfers(made.client, 2_000_000)
    connection.disconnect()


@tap.options(wan=bad_wan.BLACK_HOLE)
def test_black_hole(made):
    """Outwards routers cut. Inwards, where the gateway sets DF, only a profile with a small MTU helps."""
    connection, up = connect(made)
    seed = "into the hole"
    tap.expect(probes.upload(made.client, bed.LAN_A_HOST, seed, 2_000_000), probes.expected(seed, 2_000_000), "upload")
    tap.check(made.wan.count()["up"]["cut"] > 0, "nothing was too large")
    connection.disconnect()
    connection = Connection(made, profile=write_profile(made.client, network_mtu_size=1198))
    up = connection.connected(90)
    bad_wan.transfers(made.client, 2_000_000)
    bad_wan.full_size(made, up["mtu"], larger=())
    connection.disconnect()


def test_nat_forgets_again_and_again(made):
    strongswan.Gateway(made)
    connection = Connection(made, profile=bad_wan.quick_profile(made))
    connection.connected()
    lost, sent = bad_wan.pings_while(made, connection, made.rebinding(2), 7)
    tap.check(lost < sent, "no ping passed at all")
    connection.disconnect()


def test_another_public_address(made):
    strongswan.Gateway(made)
    connection = Connection(made, profile=bad_wan.quick_profile(made))
    connection.connected()
    made.rebind(bed.ROUTER_WAN2)
    tap.check(probes.ping_until(made.client, bed.LAN_A_HOST, 30) is not None, "it never came back")
    bad_wan.transfers(made.client, 1_000_000)
    connection.disconnect()


if __name__ == "__main__":
    tap.main(globals())
