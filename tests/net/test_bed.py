#!/usr/bin/env python3
"""The bed itself, without any tunnel: if this fails, the other network tests say nothing."""
import bed
import checks
import probes
import tap


def test_clients_reach_the_internet_and_not_the_lan(made):
    for client in (made.client, made.client2):
        tap.check(probes.ping(client, bed.GATEWAY) is not None, "no path to the gateway")
        tap.check(probes.fetch(client, bed.PUBLIC_WEB).startswith("internet "), "no path to the internet")
        for inside in (bed.LAN_A_HOST, bed.LAN_B_HOST):
            tap.check(probes.ping(client, inside, 0.3) is None, f"{inside} answers without a tunnel")
    tap.expect(probes.resolve(made.client, "vpn.public.example"), [bed.GATEWAY], "public name")
    tap.expect(probes.resolve(made.client, "www.corp.example"), [], "internal name from outside")
    tap.check(any(name == "vpn.public.example" for _, name in made.services.public_dns.asked), "queries are logged")


def test_gateway_reaches_the_lan(made):
    for address in (bed.LAN_A_HOST, bed.LAN_B_HOST):
        tap.check(probes.ping(made.gateway, address) is not None, address)
        tap.check(probes.fetch(made.gateway, address).startswith(f"lan {address} saw "), address)
    checks.intact(made.gateway, 3_000_001)


def test_nat_hides_and_direct_does_not(made):
    for change, seen in ((lambda: None, bed.ROUTER_WAN), (made.set_direct, bed.CLIENT_PUBLIC)):
        change()
        capture = probes.Capture(made.gateway, "eth0")
        probes.ping(made.client, bed.GATEWAY)
        tap.check(seen in [packet.source for packet in capture.stop()], f"the gateway should see {seen}")


def test_blocked_and_loss(made):
    made.set_blocked(True)
    tap.check(probes.ping(made.client, bed.GATEWAY, 0.3) is None, "blocked")
    made.set_blocked(False)
    made.set_loss(50)
    answers = [probes.ping(made.client, bed.GATEWAY, 0.1) for _ in range(60)]
    tap.check(0 < answers.count(None) < 60, f"loss: {answers.count(None)} of 60")


def test_state_is_compared(made):
    before = probes.state_of(made.client)
    tap.expect(probes.differences(before, probes.state_of(made.client)), [], "nothing was changed")
    made.client.ip("rule add to 10.4.11.0/24 lookup 77")
    made.client.run(["sh", "-c", "echo 'nameserver 192.0.2.1' >/etc/resolv.conf"])
    tap.check(len(probes.differences(before, probes.state_of(made.client))) == 3, "one rule more, two resolvers")


@tap.options(resolv="mounted")
def test_resolv_conf_can_be_a_mount(made):
    rename = "import os; open('/etc/new', 'w'); os.rename('/etc/new', '/etc/resolv.conf')"
    tap.check("busy" in made.client.run(["python3", "-c", rename], check=False).stderr, "a mount cannot be replaced")
    tap.expect(probes.resolve(made.client, "vpn.public.example"), [bed.GATEWAY], "it names the public server")


if __name__ == "__main__":
    tap.main(globals())
