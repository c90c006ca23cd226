#!/usr/bin/env python3
"""Attacks on the host and its packets: from the wire, from the gateway, from other programs here."""
import contextlib
import json
import os
import signal
import socket
import struct

import bed
import checks
import moves
import probes
import tap
from sojourn import Connection, Responder, programs, write_profile

SPI, SEQUENCE = 28, 32  # offsets in an IPv4 packet that holds UDP that holds ESP


def inject(made, packets):
    """Puts IPv4 packets as they are onto the client's home network."""
    with made.router.network():
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    with raw:
        for packet in packets:
            raw.sendto(packet, (bed.CLIENT, 0))


def without_udp_checksum(packet):
    return packet[:26] + b"\0\0" + packet[28:]


def counted(connection):
    """The plane's counters, from the end of the connection."""
    return [event for event in connection.events() if event["event"] == "statistics"][-1]


def esp_towards_client(made, connection_up):
    """ESP packets as they reached the client, in order."""
    capture = probes.Capture(made.client, "eth0")
    for _ in range(20):
        tap.check(probes.ping(made.client, bed.LAN_A_HOST) is not None, "a ping")
    spis = {association["spi_in"] for association in connection_up["sas"]}
    return [packet.data for packet in capture.stop() if not packet.outgoing and packet.source == bed.GATEWAY
            and packet.data[SPI:SPI + 4].hex() in spis]


def test_esp_replayed_and_forged_from_far_ahead(made):
    """Replays of everything, and numbers far ahead without the key: counted, not delivered, and no window moves."""
    Responder(made)
    connection = Connection(made)
    up = connection.connected()
    checks.answers(made.client)
    seen = esp_towards_client(made, up)
    tap.check(len(seen) >= 20, f"{len(seen)} ESP packets seen")
    plain = [without_udp_checksum(packet) for packet in seen]
    last = struct.unpack_from("!I", plain[-1], SEQUENCE)[0]
    ahead = [plain[-1][:SEQUENCE] + struct.pack("!I", last + step) + plain[-1][SEQUENCE + 4:]
             for step in (1, 63, 1984, 1985, 1 << 20, 0x7FFFFFFF)]
    unknown = [packet[:SPI] + b"\xde\xad\xbe\xef" + packet[SPI + 4:] for packet in plain]
    inside = probes.Capture(made.client, up["interface"])
    inject(made, plain + ahead + unknown)
    tap.check(probes.ping_until(made.client, bed.LAN_B_HOST) is not None, "an honest packet behind the forged ones")
    checks.answers(made.client)
    from_the_lan = [packet for packet in inside.stop() if not packet.outgoing and packet.source == bed.LAN_A_HOST]
    tap.check(len(from_the_lan) < len(seen), "replays came through the device")
    connection.disconnect()
    statistics = counted(connection)
    tap.expect(statistics["replayed"], len(plain), "replays counted")
    tap.expect(statistics["not_authentic"], len(ahead), "forgeries counted")
    tap.check(statistics["dropped"] >= len(unknown), f"unknown SPIs counted: {statistics}")


def test_inner_source_is_the_lease_only(made):
    """What programs send into the device from another address stays here: the gateway's network never sees it."""
    Responder(made)
    connection = Connection(made)
    up = connection.connected()
    checks.answers(made.client)
    capture = probes.Capture(made.lan, "eth0")
    for source in (bed.CLIENT, bed.CLIENT_PUBLIC):
        tap.check(probes.ping(made.client, bed.LAN_A_HOST, 0.3, source=source) is None, f"answered to {source}")
    checks.answers(made.client)
    sources = {packet.source for packet in capture.stop() if packet.destination == bed.LAN_A_HOST}
    tap.expect(sources, {up["address"]}, "who was seen in the gateway's network")
    connection.disconnect()


def test_the_gateways_network_cannot_reach_past_the_lease(made):
    """A route of the gateway to other addresses of this computer leads nowhere."""
    Responder(made)
    connection = Connection(made)
    connection.connected()
    checks.answers(made.client)
    made.gateway.ip(f"route add {bed.CLIENT}/32 dev responder0", f"route add {bed.CLIENT_PUBLIC}/32 dev responder0")
    for address in (bed.CLIENT, bed.CLIENT_PUBLIC):
        tap.check(probes.ping(made.lan, address, 0.3) is None, f"{address} answered through the tunnel")
    checks.answers(made.client)
    connection.disconnect()


ESCAPES = "\x1b]0;owned\x07\x1b[2J\x9b31m\u202egnp.exe <b>bold</b>&amp;\\nsecond"
DOMAINS = ["corp.example", "..", ".", "..corp.example", "-x.example", "a b", "x\x1b[2Jy.example", "<b>.example",
           "a" * 64 + ".example", ".".join(["a" * 63] * 5), "1.2.3.4", "new\\nnameserver 6.6.6.6"]
MANY = " ".join(f"d{number}.example" for number in range(600))  # in one attribute
HOSTILE = {"banner": ESCAPES, "domain": "corp.example\\nnameserver 6.6.6.6", "split_dns": ",".join([*DOMAINS, MANY])}


def control_characters(text):
    return [character for character in text.replace("\n", "") if ord(character) < 32 or 127 <= ord(character) < 160
            or character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"]


def nameservers(host):
    return [line.split()[1] for line in host.read("/etc/resolv.conf").splitlines() if line.startswith("nameserver")]


def test_texts_of_a_hostile_gateway_in_json(made):
    Responder(made, **HOSTILE)
    connection = Connection(made, profile=write_profile(made.client, client_banner_enable=1))
    up = connection.connected()
    tap.expect(control_characters(json.dumps(connection.events(), ensure_ascii=False)), [], "control characters")
    tap.check("corp.example" in up["domains"], "an honest name among them")
    wrong = [name for name in up["domains"] if not all(
        0 < len(label) < 64 and label.replace("-", "").replace("_", "").isalnum() for label in name.split("."))]
    tap.expect(wrong, [], "domains that are none")
    tap.check(len(up["domains"]) <= 256, f"{len(up['domains'])} domains")
    tap.expect(nameservers(made.client), [bed.LAN_DNS], "name servers")
    tap.expect(control_characters(made.client.read("/etc/resolv.conf")), [], "control characters in resolv.conf")
    connection.disconnect()


def test_texts_of_a_hostile_gateway_on_a_terminal(made):
    Responder(made, **HOSTILE)
    profile = write_profile(made.client, client_banner_enable=1)
    made.client.run(["sh", "-c", "umask 077; cat >/run/test/password"], input="password\n")
    process = made.start(made.client, [programs()["sojourn"], "connect", profile, "--foreground", "--user", "username",
                                       "--password-file", "/run/test/password"])
    bed.wait_until(lambda: probes.ping(made.client, bed.LAN_A_HOST, 1.0) is not None, 30, "it is connected")
    process.signal(signal.SIGINT)
    process.wait(20)
    said = "\n".join(process.lines + process.errors)
    tap.check("owned" in said, f"the banner is shown: {said}")
    tap.expect(control_characters(said), [], "control characters")


def test_a_network_that_covers_the_gateway(made):
    """The tunnel does not swallow what carries it, and everything else of that network is inside or nowhere: what other
    programs send to the gateway, too."""
    Responder(made, split_include=f"203.0.113.0/24,{bed.LAN_A}")
    with checks.unchanged(made.client):
        connection = Connection(made)
        connection.connected()
        tap.check(probes.ping_until(made.client, bed.LAN_A_HOST) is not None, "the tunnel works")
        capture = probes.Capture(made.client, "eth0")
        probes.ping(made.client, bed.PUBLIC_DNS, 0.3, device="eth0")
        probes.ping(made.client, bed.GATEWAY, 0.3, device="eth0")
        with made.client.network():
            other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with other, contextlib.suppress(PermissionError):
            other.sendto(b"not the tunnel's", (bed.GATEWAY, 4500))
        packets = [packet for packet in capture.stop() if packet.outgoing]
        outside = {(packet.destination, packet.protocol) for packet in packets
                   if packet.destination.startswith("203.0.113.")}
        tap.check(not any(b"not the tunnel's" in packet.data for packet in packets), "another program's UDP got out")
        tap.check(outside <= {(bed.GATEWAY, socket.IPPROTO_UDP)}, f"outside: {outside}")
        tap.check(probes.ping_until(made.client, bed.LAN_A_HOST) is not None, "the tunnel still works")
        connection.disconnect()


def test_a_name_server_that_takes_networks_out_of_the_tunnel(made):
    """What it names beside the gateway stays inside: a host behind the tunnel, and the tunnel's own name server."""
    made.services.public_dns.change(moves.NAME, [bed.GATEWAY, bed.LAN_A_HOST, bed.LAN_DNS])
    Responder(made)
    connection = Connection(made, profile=write_profile(made.client, network_host=moves.NAME))
    up = connection.connected()
    tap.expect(up["dns"], [bed.LAN_DNS], "the name servers in force")
    made.services.public_dns.asked.clear()
    made.client.run(["getent", "ahostsv4", "secret.corp.example"], check=False)
    tap.expect(made.services.public_dns.asked, [], "names asked outside")
    tap.check("secret.corp.example" in [name for _, name in made.services.lan_dns.asked], "the name was not asked inside")
    capture, inside = probes.Capture(made.client, "eth0"), probes.Capture(made.client, up["interface"])
    with made.client.network():
        sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sender:
        sender.sendto(b"for the tunnel", (bed.LAN_A_HOST, 9999))
    tap.check(probes.ping_until(made.client, bed.LAN_A_HOST) is not None, "the tunnel works")
    tap.expect([str(packet) for packet in capture.stop() if b"for the tunnel" in packet.data], [], "in clear")
    tap.check(any(b"for the tunnel" in packet.data for packet in inside.stop()), "not in the tunnel")
    connection.disconnect()


def test_networks_that_nobody_can_give_away(made):
    """Loopback, link-local and multicast stay what they are, with a warning for each."""
    Responder(made, split_include=f"127.0.0.0/8,169.254.0.0/16,224.0.0.0/4,{bed.LAN_A}")
    connection = Connection(made)
    up = connection.connected()
    tap.expect(up["networks"], [bed.LAN_A], "networks")
    tap.check(probes.ping(made.client, "127.0.0.1") is not None, "the loopback answers")
    for address in ("127.0.0.53", "169.254.1.1", "224.0.0.251"):
        way = made.client.run(["ip", "route", "get", address], check=False).stdout
        tap.check(up["interface"] not in way, f"{address} goes through the tunnel: {way}")
    connection.disconnect()


def test_everything_although_the_profile_says_split(made):
    """The profile lists its networks: a gateway that hands out everything gets no more than those."""
    Responder(made, split_include=None)
    profile = write_profile(made.client, policy_list_auto=0, policy_list_include="10.4.11.0 / 255.255.255.0")
    connection = Connection(made, profile=profile)
    up = connection.connected()
    tap.expect((up["networks"], up["full_tunnel"]), ([bed.LAN_A], False), "networks")
    page = probes.fetch(made.client, bed.PUBLIC_WEB)
    tap.check(page.startswith(f"internet {bed.PUBLIC_WEB} saw "), f"the rest is outside: {page}")
    connection.disconnect()


def test_filter_routes_and_rules_taken_away_at_once(made):
    """By a program that flushes everything: they come back, and a bound socket has no way out in the end."""
    Responder(made)
    connection = Connection(made)
    connection.connected()
    checks.answers(made.client)
    before = {name: made.client.run(command).stdout for name, command in (
        ("rules", ["ip", "rule"]), ("filter", ["nft", "list", "ruleset"]))}
    table = next(line.split()[-1] for line in before["rules"].splitlines() if line.startswith("17600:"))
    made.client.run(["sh", "-c", "nft flush ruleset; ip rule flush; ip rule add pref 32766 lookup main; "
                     f"ip rule add pref 32767 lookup default; ip route flush table {table}"])
    with contextlib.suppress(AssertionError):
        bed.wait_until(lambda: made.client.run(["ip", "rule"]).stdout == before["rules"]
                       and made.client.run(["nft", "list", "ruleset"]).stdout == before["filter"], 20, "they come back")
    tap.expect(made.client.run(["ip", "rule"]).stdout, before["rules"], "rules")
    tap.expect(made.client.run(["nft", "list", "ruleset"]).stdout, before["filter"], "filter")
    checks.answers(made.client)
    capture = probes.Capture(made.client, "eth0")
    probes.ping(made.client, bed.LAN_A_HOST, 0.3, device="eth0")
    checks.no_leak(capture)
    connection.disconnect()


def test_a_block_in_resolv_conf_that_a_power_cut_left(made):
    """Whoever connects next finds it, though journal and device are gone, and puts back what was there."""
    before = made.client.read("/etc/resolv.conf")
    Responder(made)
    connection = Connection(made)
    connection.connected()
    workers, others = connection.family()
    for pid in (*others, connection.process.pid, *workers):
        os.kill(pid, signal.SIGKILL)
    made.client.run(["sh", "-c", "find /run -name '*.journal' -delete; ip link del sojourn0 2>/dev/null; "
                     "ip rule flush; ip rule add pref 32766 lookup main; nft flush ruleset; sed -i "
                     "'s/^\\(# Sojourn begins: sojourn0\\) .*/\\1 another-boot/' /etc/resolv.conf"])
    tap.expect(nameservers(made.client), [bed.LAN_DNS], "name servers that are out of reach")
    Connection(made, profile=write_profile(made.client, network_host="vpn.nowhere.example"),
               options=["--timeout", "10"]).ended()
    tap.expect(made.client.read("/etc/resolv.conf"), before, "resolv.conf")


if __name__ == "__main__":
    tap.main(globals())
