#!/usr/bin/env python3
"""A tunnel from the seed profile to the bundled responder: what works through it, and that nothing stays behind."""
import base64
import json
import signal

import bed
import checks
import probes
import tap
from sojourn import Connection, Responder, write_profile

SIZE = 100_000_000


def whole_life(made, nat):
    responder = Responder(made)
    with checks.unchanged(made.client):
        connection = Connection(made)
        up = connection.connected()
        tap.note(f"connected in {up['elapsed_ms']} ms, crypto {up['crypto']}, offload {up['offload']}")
        tap.expect(sorted(up["networks"]), sorted(checks.NETWORKS), "networks")
        tap.expect((up["gateway"], up["dns"], up["full_tunnel"]), (bed.GATEWAY, [bed.LAN_DNS], False), "the grant")
        tap.expect((up["ike"], up["esp"]), ("aes256-sha512-modp2048", "aes128-sha256-modp2048"), "algorithms")
        tap.expect(up["nat"]["local"], nat, "whether the client is behind a NAT")
        tap.check("corp.example" in up["domains"], f"domains: {up['domains']}")
        checks.carries(made.client, up["address"])
        checks.internal_names(made.client, made.services, up["address"])
        ended = connection.disconnect()
        tap.expect((ended["reason"], ended["exit_code"]), ("user", 0), "the end")
        bed.wait_until(lambda: responder.events("deleted"), 5, "the gateway hears of the end")
    tap.expect(connection.family(), ([], []), "processes left")


def test_through_the_nat(made):
    whole_life(made, nat=True)


def test_through_a_nat_that_moves_ports(made):
    made.set_nat("random")
    whole_life(made, nat=True)


def test_without_a_nat(made):
    made.set_direct()
    whole_life(made, nat=False)


@tap.options(resolv="mounted")
def test_where_resolv_conf_is_a_mount(made):
    whole_life(made, nat=True)


def test_two_clients_behind_one_nat(made):
    Responder(made)
    first = Connection(made, made.client)
    second = Connection(made, made.client2, user="username2", password="password2")
    addresses = [connection.connected()["address"] for connection in (first, second)]
    tap.check(addresses[0] != addresses[1], f"both got {addresses[0]}")
    for client, address in zip((made.client, made.client2), addresses):
        checks.carries(client, address)
    first.disconnect()
    checks.carries(made.client2, addresses[1])
    second.disconnect()


def hundred_megabytes_both_ways(made):
    Responder(made)
    connection = Connection(made)
    connection.connected()
    checks.answers(made.client)
    checks.intact(made.client, SIZE)
    connection.disconnect(30)
    counted = [event for event in connection.events() if event["event"] == "statistics"][-1]
    tap.check(counted["rx_bytes"] > 2 * SIZE and counted["tx_bytes"] > 2 * SIZE, f"counted {counted}")
    tap.expect((counted["not_authentic"], counted["replayed"]), (0, 0), f"{counted}")


def test_hundred_megabytes_through_the_nat(made):
    hundred_megabytes_both_ways(made)


def test_hundred_megabytes_without_a_nat(made):
    made.set_direct()
    hundred_megabytes_both_ways(made)


def test_everything_through_the_tunnel(made):
    Responder(made, split_include=None)
    with checks.unchanged(made.client):
        connection = Connection(made)
        tap.check(connection.connected()["full_tunnel"], "without split networks everything goes through the tunnel")
        checks.everything_inside(made.client)
        connection.disconnect()


def test_password_from_standard_input_and_other_options(made):
    Responder(made)
    with checks.unchanged(made.client):
        names = made.client.read("/etc/resolv.conf")
        connection = Connection(made, password=None, stdin="password\n", options=[
            "--password-file", "-", "--interface", "corp0", "--no-dns", "--crypto", "openssl", "--no-offload"])
        connection.process.say_no_more()
        up = connection.connected()
        tap.expect((up["interface"], up["crypto"]), ("corp0", "openssl"), "what was asked for")
        tap.expect(up["offload"], {"tun": False, "udp_gso": False, "udp_gro": False}, "offloads are off")
        checks.carries(made.client, up["address"])
        checks.intact(made.client, 3_000_000)
        tap.expect(made.client.read("/etc/resolv.conf"), names, "DNS is left alone")
        connection.disconnect()


def test_questions_are_answered_on_standard_input(made):
    Responder(made)
    with checks.unchanged(made.client):
        connection = Connection(made, user=None, password=None, stdin="")
        question = connection.wait_event("question")
        names = [field["name"] for field in question["fields"]]
        tap.expect(names, ["user", "password"], "what is asked")
        tap.check(question["fields"][1]["hidden"], "a password is hidden")
        answer = {"answer": question["id"], "fields": {"user": "username", "password": "password"}}
        connection.process.say("this is no answer\n" + json.dumps(answer) + "\n")
        checks.carries(made.client, connection.connected()["address"])
        connection.disconnect()


def test_statistics_on_a_signal(made):
    Responder(made)
    connection = Connection(made)
    connection.connected()
    checks.answers(made.client)
    connection.process.signal(signal.SIGUSR1)
    counted = connection.wait_event("statistics")
    tap.check(counted["tx_packets"] >= 2 and counted["rx_packets"] >= 2, f"{counted}")
    connection.disconnect()


def test_trace_shows_every_message_and_no_secret(made):
    Responder(made, psk="a-secret-of-its-own")
    profile = write_profile(made.client, auth_mutual_psk=base64.b64encode(b"a-secret-of-its-own").decode())
    connection = Connection(made, profile=profile, user="username2", password="password2", options=["-v"])
    connection.connected()
    connection.disconnect()
    trace = "\n".join(connection.process.errors)
    for part in ("main", "transaction", "quick", "informational"):
        tap.check(part in trace, f"no {part} in the trace")
    for secret in ("a-secret-of-its-own", "password2"):
        tap.check(secret not in trace + "\n".join(connection.process.lines), "a secret is shown")


def test_without_routes(made):
    """Address and device only: nothing goes through by itself, a bound socket does not even get an answer."""
    Responder(made)
    with checks.unchanged(made.client):
        connection = Connection(made, options=["--no-routes"])
        connection.connected()
        for address in (bed.LAN_A_HOST, bed.LAN_B_HOST):
            tap.check(probes.ping(made.client, address, 0.5) is None, f"{address} answers without a route")
        connection.disconnect()


def test_on_and_off_ten_times(made):
    Responder(made)
    with checks.unchanged(made.client):
        for _ in range(10):
            connection = Connection(made)
            connection.connected()
            connection.disconnect()


if __name__ == "__main__":
    tap.main(globals())
