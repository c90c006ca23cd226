#!/usr/bin/env python3
"""Sojourn against strongSwan: the seed profile and its variations, what is refused, and that nothing stays behind."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
import bed
import checks
import probes
import strongswan
import tap
from sojourn import Connection, write_profile

SIZE = 100_000_000
FRAGMENT = 300


def works(made, gateway=None, profile=None, **how):
    """A whole life against one gateway; returns what `connected` said."""
    server = strongswan.Gateway(made, **(gateway or {}))
    with checks.unchanged(made.client):
        connection = Connection(made, profile=write_profile(made.client, **(profile or {})), **how)
        up = connection.connected()
        tap.expect(sorted(up["networks"]), sorted(checks.NETWORKS), "networks")
        checks.carries(made.client, up["address"])
        checks.internal_names(made.client, made.services, up["address"])
        ended = connection.disconnect()
        tap.expect((ended["reason"], ended["exit_code"]), ("user", 0), "the end")
        server.wait_log("received DELETE for IKE_SA")
    return up


def test_through_the_nat(made):
    tap.check(works(made)["nat"]["local"], "it is behind a NAT")


def test_banner_where_the_profile_wants_it(made):
    tap.expect(works(made, profile={"client_banner_enable": 1})["banner"], "Welcome to the reference gateway", "banner")


def test_through_a_nat_that_moves_ports(made):
    made.set_nat("random")
    works(made)


def test_without_a_nat(made):
    made.set_direct()
    tap.check(not works(made)["nat"]["local"], "it is not behind a NAT")


def test_without_pfs(made):
    works(made, {"esp": "aes128-sha256"}, {"phase2_pfsgroup": -1})


def test_one_association_for_all_networks(made):
    tap.expect(len(works(made, profile={"policy_level": "shared"})["sas"]), 1, "associations")


def test_one_association_for_each_network(made):
    tap.expect(len(works(made, profile={"policy_level": "unique"})["sas"]), 2, "associations")


def test_networks_one_attribute_each(made):
    works(made, {"split_via": "pool"})


def test_split_dns_in_one_attribute(made):
    works(made, {"split_dns": "corp.example intra.example"})


def test_configuration_pushed_by_the_gateway(made):
    works(made, {"pull": "no"})


def test_ike_in_fragments(made):
    capture = probes.Capture(made.client, "eth0")
    works(made, {"fragmentation": "force", "fragment_size": str(FRAGMENT)},
          {"network_frag_mode": "force", "network_frag_size": FRAGMENT})
    checks.ike_in_fragments(capture, FRAGMENT)


def test_shared_key_without_login(made):
    works(made, {"xauth": False}, {"auth_method": "mutual-psk"}, user=None, password=None)


def test_two_clients_behind_one_nat(made):
    strongswan.Gateway(made)
    first = Connection(made)
    second = Connection(made, made.client2, user="username2", password="password2")
    addresses = [connection.connected()["address"] for connection in (first, second)]
    for client, address in zip((made.client, made.client2), addresses):
        checks.carries(client, address)
    first.disconnect()
    checks.carries(made.client2, addresses[1])
    second.disconnect()


def hundred_megabytes_both_ways(made):
    strongswan.Gateway(made)
    connection = Connection(made)
    connection.connected()
    checks.answers(made.client)
    checks.intact(made.client, SIZE)
    connection.disconnect(30)


def test_hundred_megabytes_through_the_nat(made):
    hundred_megabytes_both_ways(made)


def test_hundred_megabytes_without_a_nat(made):
    made.set_direct()
    hundred_megabytes_both_ways(made)


def test_everything_through_the_tunnel(made):
    strongswan.Gateway(made, split="")
    with checks.unchanged(made.client):
        connection = Connection(made)
        tap.check(connection.connected()["full_tunnel"], "full tunnel")
        checks.everything_inside(made.client)
        connection.disconnect()


def fails(made, gateway, code, reasons, stage, evidence=None, password="password", **profile):
    strongswan.Gateway(made, **gateway)
    with checks.unchanged(made.client):
        ended = Connection(made, profile=write_profile(made.client, **profile), password=password).ended()
    tap.note(f"{ended['reason']}, {ended['stage']}, {ended['evidence']}: {ended['detail']}")
    tap.expect((ended["exit_code"], ended["stage"]), (code, stage), f"exit code and stage ({ended})")
    tap.check(ended["reason"] in reasons, f"reason {ended['reason']}")
    if evidence:
        tap.expect(ended["evidence"], evidence, "evidence")


def test_wrong_password(made):
    fails(made, {}, 7, ["login-refused"], "login", "proved", password="wrong")


def test_wrong_shared_key(made):
    fails(made, {"psk": "another-secret"}, 6, ["key-mismatch", "silent-at-key"], "phase1")


def test_no_common_phase_1(made):
    fails(made, {"ike": "aes128-sha1-modp1024"}, 5, ["no-common-terms"], "phase1", "claimed")


def test_no_common_phase_2(made):
    fails(made, {"esp": "aes256-sha1-modp2048"}, 5, ["no-common-terms"], "phase2", "proved")


def test_gateway_goes_away_with_a_delete(made):
    server = strongswan.Gateway(made)
    connection = Connection(made, options=["--no-reconnect"])
    connection.connected()
    checks.answers(made.client)  # an association that is deleted before it was ever used counts as refused
    server.stop()
    ended = connection.ended()
    tap.expect((ended["reason"], ended["exit_code"]), ("ended-by-server", 12), "the end")


if __name__ == "__main__":
    tap.main(globals())
