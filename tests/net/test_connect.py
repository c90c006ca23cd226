#!/usr/bin/env python3
"""A tunnel from the seed profile to the bundled responder: what works through it, and that nothing stays behind."""
import bed
import probes
import tap
from services import Services
from sojourn import SPLIT, Connection, Responder

SIZE = 100_000_000


def carries(client, source):
    """Both networks answer, and they see the address that the gateway gave."""
    for address in (bed.LAN_A_HOST, bed.LAN_B_HOST):
        tap.check(probes.ping_until(client, address) is not None, f"no answer from {address}")
        tap.expect(probes.fetch(client, address), f"lan {address} saw {source}", "the page")
    tap.check(probes.fetch(client, bed.PUBLIC_WEB).startswith(f"internet {bed.PUBLIC_WEB} saw "), "the rest stays outside")


def whole_life(made, nat):
    before = probes.state_of(made.client)
    responder = Responder(made)
    with Services(made) as services:
        connection = Connection(made)
        up = connection.connected()
        tap.note(f"connected in {up['elapsed_ms']} ms, crypto {up['crypto']}, offload {up['offload']}")
        tap.expect(sorted(up["networks"]), sorted(SPLIT), "networks")
        tap.expect((up["gateway"], up["dns"], up["full_tunnel"]), (bed.GATEWAY, [bed.LAN_DNS], False), "what was granted")
        tap.expect((up["ike"], up["esp"]), ("aes256-sha512-modp2048", "aes128-sha256-modp2048"), "algorithms")
        tap.expect(up["nat"]["local"], nat, "whether the client is behind a NAT")
        tap.check("corp.example" in up["domains"], f"domains: {up['domains']}")
        carries(made.client, up["address"])
        tap.expect(probes.resolve(made.client, "www.corp.example"), [bed.LAN_A_HOST], "internal name")
        tap.expect(probes.resolve(made.client, "db.corp.example"), [bed.LAN_B_HOST], "internal name")
        tap.check((up["address"], "www.corp.example") in services.lan_dns.asked, "asked through the tunnel")
        tap.check("www.corp.example" not in [name for _, name in services.public_dns.asked], "never asked outside")
        ended = connection.disconnect()
        tap.expect((ended["reason"], ended["exit_code"]), ("user", 0), "the end")
        bed.wait_until(lambda: responder.events("deleted"), 5, "the gateway hears of the end")
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "the host afterwards")
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
    with Services(made):
        first = Connection(made, made.client)
        second = Connection(made, made.client2, user="username2", password="password2")
        addresses = [connection.connected()["address"] for connection in (first, second)]
        tap.check(addresses[0] != addresses[1], f"both got {addresses[0]}")
        for client, address in zip((made.client, made.client2), addresses):
            carries(client, address)
        first.disconnect()
        carries(made.client2, addresses[1])
        second.disconnect()


def hundred_megabytes_both_ways(made):
    Responder(made)
    with Services(made):
        connection = Connection(made)
        connection.connected()
        for number, address in enumerate((bed.LAN_A_HOST, bed.LAN_B_HOST)):
            tap.check(probes.ping_until(made.client, address) is not None, f"no answer from {address}")
            for way, move in (("download", probes.download), ("upload", probes.upload)):
                seed = f"{way}{number}"
                with tap.stopwatch(f"{way} of {SIZE} bytes, {address}"):
                    digest = move(made.client, address, seed, SIZE)
                tap.expect(digest, probes.expected(seed, SIZE), f"SHA-256 of the {way} over {address}")
        connection.disconnect(30)
        statistics = [event for event in connection.events() if event["event"] == "statistics"][-1]
        tap.check(statistics["rx_bytes"] > 2 * SIZE and statistics["tx_bytes"] > 2 * SIZE, f"counted {statistics}")
        tap.expect((statistics["not_authentic"], statistics["replayed"]), (0, 0), f"{statistics}")


def test_hundred_megabytes_through_the_nat(made):
    hundred_megabytes_both_ways(made)


def test_hundred_megabytes_without_a_nat(made):
    made.set_direct()
    hundred_megabytes_both_ways(made)


def test_everything_through_the_tunnel(made):
    before = probes.state_of(made.client)
    Responder(made, split_include=None)
    with Services(made):
        connection = Connection(made)
        up = connection.connected()
        tap.check(up["full_tunnel"], "without split networks everything goes through the tunnel")
        tap.check(probes.ping_until(made.client, bed.LAN_A_HOST) is not None, "the network behind the gateway")
        outside = probes.Capture(made.client, "eth0")
        tap.expect(probes.fetch(made.client, bed.PUBLIC_WEB), f"internet {bed.PUBLIC_WEB} saw {bed.GATEWAY}", "the internet")
        others = [packet for packet in outside.stop() if packet.outgoing and packet.destination != bed.GATEWAY]
        tap.expect([str(packet) for packet in others], [], "packets past the tunnel")
        connection.disconnect()
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "the host afterwards")


def test_password_from_standard_input_and_options(made):
    before = probes.state_of(made.client)
    Responder(made)
    with Services(made):
        connection = Connection(made, password=None, stdin="password\n", options=[
            "--password-file", "-", "--interface", "corp0", "--no-dns", "--crypto", "openssl", "--no-offload"])
        up = connection.connected()
        tap.expect((up["interface"], up["crypto"]), ("corp0", "openssl"), "what was asked for")
        tap.expect(up["offload"], {"tun": False, "udp_gso": False, "udp_gro": False}, "offloads are off")
        carries(made.client, up["address"])
        tap.expect(probes.state_of(made.client)["resolv.conf"], before["resolv.conf"], "DNS is left alone")
        connection.disconnect()
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "the host afterwards")


def test_on_and_off_ten_times(made):
    before = probes.state_of(made.client)
    Responder(made)
    for _ in range(10):
        connection = Connection(made)
        connection.connected()
        connection.disconnect()
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "the host afterwards")


if __name__ == "__main__":
    tap.main(globals())
