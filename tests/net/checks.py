"""Checks that several tests share: what must work through a tunnel, what must not leave, what must be as before.

Knows: the bed and its probes. Must not know: Sojourn or strongSwan.
"""
import contextlib

import bed
import probes
import tap

NETWORKS = (bed.LAN_A, bed.LAN_B)


def answers(client):
    """A host in each network answers. The first packets of a new association may be lost."""
    for address in (bed.LAN_A_HOST, bed.LAN_B_HOST):
        tap.check(probes.ping_until(client, address) is not None, f"no answer from {address}")


def carries(client, source):
    """Both networks answer and see `source`, the address that the gateway gave; the rest stays outside."""
    answers(client)
    for address in (bed.LAN_A_HOST, bed.LAN_B_HOST):
        tap.expect(probes.fetch(client, address), f"lan {address} saw {source}", "the page")
    tap.check(probes.fetch(client, bed.PUBLIC_WEB).startswith(f"internet {bed.PUBLIC_WEB} saw "), "the rest is outside")


def intact(host, size, networks=(bed.LAN_A_HOST, bed.LAN_B_HOST)):
    """Seeded bytes arrive unharmed, both ways, over each network."""
    for address in networks:
        for way, move in (("download", probes.download), ("upload", probes.upload)):
            seed = f"{way}-{address}"
            with tap.stopwatch(f"{way} of {size} bytes, {address}"):
                digest = move(host, address, seed, size)
            tap.expect(digest, probes.expected(seed, size), f"SHA-256 of the {way} over {address}")


def internal_names(client, services, source):
    """Internal names come from the pushed server, through the tunnel, and are told to nobody outside."""
    for name, address in (("www.corp.example", bed.LAN_A_HOST), ("db.corp.example", bed.LAN_B_HOST)):
        tap.expect(probes.resolve(client, name), [address], f"address of {name}")
        tap.check((source, name) in services.lan_dns.asked, f"{name} was not asked through the tunnel")
        tap.check(name not in [asked for _, asked in services.public_dns.asked], f"{name} was asked outside")


def everything_inside(client):
    """The internet sees the gateway, and nothing leaves but to the gateway."""
    tap.check(probes.ping_until(client, bed.LAN_A_HOST) is not None, "no answer from the network behind the gateway")
    capture = probes.Capture(client, "eth0")
    tap.expect(probes.fetch(client, bed.PUBLIC_WEB), f"internet {bed.PUBLIC_WEB} saw {bed.GATEWAY}", "the page")
    others = [packet for packet in capture.stop() if packet.outgoing and packet.destination != bed.GATEWAY]
    tap.expect([str(packet) for packet in others], [], "packets past the tunnel")


def ike_messages(packets):
    """IKE among captured packets: (outgoing, size of the UDP packet, whether it is a fragment of IKE)."""
    fragment, marker = 132, bytes(4)
    for packet in packets:
        udp = packet.data[(packet.data[0] & 15) * 4:]
        if bed.GATEWAY not in (packet.source, packet.destination) or not {500, 4500} & set(packet.ports):
            continue
        body = udp[8:]
        if 4500 in packet.ports and body[:4] != marker:
            continue  # ESP, or a keepalive
        body = body[4:] if 4500 in packet.ports else body
        yield packet.outgoing, len(udp), body[16] == fragment


def ike_in_fragments(capture, size):
    """Ends a capture on the outer link: fragments of IKE went both ways, and no IKE is larger than that."""
    seen = list(ike_messages(capture.stop()))
    out = sum(fragment for outgoing, _, fragment in seen if outgoing)
    back = sum(fragment for outgoing, _, fragment in seen if not outgoing)
    tap.note(f"{len(seen)} IKE packets, of those fragments: {out} out, {back} in")
    tap.check(out >= 4 and back >= 4, f"fragments: {out} out, {back} in")
    tap.check(max(length for _, length, _ in seen) <= size, f"sizes: {[length for _, length, _ in seen]}")


def leaked(capture):
    return probes.to_networks([packet for packet in capture.stop() if packet.outgoing], *NETWORKS)


def no_leak(capture):
    """Ends a capture on the outer link: nothing for a tunnelled network went out in clear."""
    tap.expect([str(packet) for packet in leaked(capture)], [], "packets of tunnelled networks in clear")


@contextlib.contextmanager
def unchanged(host):
    """After the block the host is as it was before."""
    before = probes.state_of(host)
    yield
    tap.expect(probes.differences(before, probes.state_of(host)), [], "the host afterwards")
