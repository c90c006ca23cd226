#!/usr/bin/env python3
"""What must not pass by the tunnel, and what must get through it all the same."""
import contextlib
import socket

import bed
import checks
import probes
import tap
from sojourn import Connection, Responder

HOME = "192.168.178.1"


def connect(made):
    Responder(made)
    connection = Connection(made)
    return connection, connection.connected()


def test_bound_socket(made):
    """A socket bound to the outer link takes every destination for on-link, routes or not."""
    connection, _ = connect(made)
    capture = probes.Capture(made.client, "eth0")
    for address in (bed.LAN_A_HOST, bed.LAN_B_HOST):
        tap.check(probes.ping(made.client, address, 0.5, device="eth0") is None, f"{address} answers")
    checks.no_leak(capture)
    checks.answers(made.client)
    connection.disconnect()


def test_routes_of_a_hostile_dhcp_server(made):
    connection, _ = connect(made)
    made.client.ip(f"route add 10.4.11.0/25 via {HOME}", f"route add {bed.LAN_A_HOST}/32 via {HOME}",
                   f"route add 192.168.0.0/25 via {HOME}")
    capture = probes.Capture(made.client, "eth0")
    checks.answers(made.client)
    checks.no_leak(capture)
    connection.disconnect()


def test_rule_and_filter_removed_by_another_program(made):
    connection, _ = connect(made)
    rules = made.client.run(["ip", "rule"]).stdout
    for line in rules.splitlines():
        priority = line.split(":")[0]
        if priority not in ("0", "32766", "32767"):
            made.client.run(["ip", "rule", "del", "priority", priority])
    bed.wait_until(lambda: made.client.run(["ip", "rule"]).stdout == rules, 10, "the rules come back")
    checks.answers(made.client)
    connection.disconnect()


def test_names_taken_away_by_another_program(made):
    connection, up = connect(made)
    made.client.run(["sh", "-c", "echo 'nameserver 203.0.113.53' >/etc/new && mv /etc/new /etc/resolv.conf"])
    bed.wait_until(lambda: probes.resolve(made.client, "www.corp.example") == [bed.LAN_A_HOST], 15, "they come back")
    tap.check((up["address"], "www.corp.example") in made.services.lan_dns.asked, "asked through the tunnel")
    connection.disconnect()
    tap.expect(made.client.read("/etc/resolv.conf"), "nameserver 203.0.113.53\n", "the other program's file")


def test_nothing_is_readable_on_the_wire(made):
    connection, up = connect(made)
    outside, inside = probes.Capture(made.client, "eth0"), probes.Capture(made.lan, "eth0")
    checks.carries(made.client, up["address"])
    words = f"lan {bed.LAN_A_HOST} saw {up['address']}".encode()
    tap.check(any(words in packet.data for packet in inside.stop()), "the page is there in clear behind the gateway")
    tap.check(not any(words in packet.data for packet in outside.stop()), "the page is readable outside")
    connection.disconnect()


def test_ipv6_is_held_while_everything_goes_through_the_tunnel(made):
    """The gateway gave no IPv6: what would leave beside the tunnel is held, and let go afterwards."""
    for host in (made.client, made.router):
        host.sysctl("net.ipv6.conf.all.disable_ipv6", 0)
        host.sysctl("net.ipv6.conf.default.disable_ipv6", 0)
    made.router.ip("addr add 2001:db8:178::1/64 dev home0 nodad", "addr add 2001:db8::80/128 dev lo nodad")
    made.client.ip("addr add 2001:db8:178::2/64 dev eth0 nodad", "route add default via 2001:db8:178::1")
    with made.router.network():
        receiver = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    receiver.bind(("2001:db8::80", 9))
    receiver.settimeout(0.5)

    def arrives():
        with made.client.network():
            sender = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        with sender, contextlib.suppress(OSError):
            sender.sendto(b"hello", ("2001:db8::80", 9))
            return receiver.recv(100) == b"hello"
        return False

    tap.check(arrives(), "IPv6 works without a tunnel")
    Responder(made, split_include=None)
    connection = Connection(made)
    connection.connected()
    tap.check(not arrives(), "IPv6 left beside the tunnel")
    connection.disconnect()
    tap.check(arrives(), "IPv6 works again")


def test_inner_address_is_not_for_the_local_network(made):
    """A neighbour who guesses the inner address gets no answer (CVE-2019-14899); without the tunnel he would."""
    made.router.ip("route add 10.255.254.0/24 via 192.168.178.2 dev home0")
    made.client.ip("link add other type veth peer name rehto", "link set other up",
                   "addr add 10.255.254.77/32 dev other")
    tap.check(probes.ping(made.router, "10.255.254.77") is not None, "Linux answers there by itself")
    made.client.ip("link del other")
    connection, up = connect(made)
    tap.check(probes.ping(made.router, up["address"], 0.5) is None, "a neighbour reached the inner address")
    tap.check(probes.ping_until(made.lan, up["address"]) is not None, "the tunnelled network must reach it")
    connection.disconnect()


def test_narrow_path(made):
    """A link of 1280 bytes on the way: the path MTU is found, large transfers pass both ways."""
    connection, up = connect(made)
    made.set_path_mtu(1280)
    checks.intact(made.client, 2_000_000)
    tap.check(probes.ping_until(made.client, bed.LAN_A_HOST, size=up["mtu"] - 28) is not None, "a packet of full size")
    connection.disconnect()


def fragments(made, rp_filter):
    for name in ("all", "default", "eth0"):
        made.client.sysctl(f"net.ipv4.conf.{name}.rp_filter", rp_filter)
    connection, up = connect(made)
    # The gateway may fragment what it sends; the pieces carry no ports, yet must find the way to our socket.
    made.gateway.sysctl("net.ipv4.ip_no_pmtu_disc", 1)
    made.set_path_mtu(800)
    capture = probes.Capture(made.client, "eth0")
    tap.check(probes.ping_until(made.lan, up["address"], size=1200) is not None, "large packet inwards")
    tap.check(probes.ping_until(made.client, bed.LAN_A_HOST, size=1200) is not None, "large packet outwards")
    tap.check(any(packet.fragment for packet in capture.stop()), "there were fragments at all")
    connection.disconnect()


def test_fragments_with_strict_reverse_path(made):
    fragments(made, 1)


def test_fragments_with_loose_reverse_path(made):
    fragments(made, 2)


def test_loss(made):
    connection, _ = connect(made)
    made.set_loss(3)
    checks.intact(made.client, 1_000_000)
    made.set_loss(0)
    connection.disconnect()


if __name__ == "__main__":
    tap.main(globals())
