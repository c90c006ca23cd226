#!/usr/bin/env python3
"""The reference gateway with strongSwan's own client: if this fails, the other tests against it say nothing."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
import bed
import checks
import probes
import strongswan
import tap

FIRST_LEASE = "10.255.254.1"


def test_default_gateway_through_nat(made):
    strongswan.Gateway(made)
    client = strongswan.Client(made)
    tap.check(client.up(), "the tunnel should come up")
    checks.carries(made.client, FIRST_LEASE)
    checks.intact(made.client, 1_000_000)
    client.down()
    tap.check(probes.ping(made.client, bed.LAN_A_HOST, 0.3) is None, "the tunnel is down")


def test_direct_with_networks_from_the_pool(made):
    made.set_direct()
    strongswan.Gateway(made, split_via="pool", esp="aes128gcm16-modp2048")
    client = strongswan.Client(made, esp="aes128gcm16-modp2048")
    tap.check(client.up(), "the tunnel should come up")
    checks.carries(made.client, FIRST_LEASE)


def test_wrong_password_is_refused(made):
    gateway = strongswan.Gateway(made)
    tap.check(not strongswan.Client(made, password="wrong").up(), "the tunnel must not come up")
    gateway.wait_log("XAuth authentication of 'username' failed")


if __name__ == "__main__":
    tap.main(globals())
