#!/usr/bin/env python3
"""Coming back: whatever happens to gateway, NAT, network or clock, traffic flows again by itself; what belongs into the
tunnel never leaves beside it meanwhile; the states that are told are true; a disconnect leaves nothing."""
import contextlib

import bed
import checks
import moves
import probes
import tap
from sojourn import Connection, Responder, write_profile


class Course:
    """A connection that is up, watched by a capture on the outer link, and how often it logged in."""

    def __init__(self, made, responder=None, **profile):
        self.made = made
        self.responder = responder or Responder(made)
        changes = {"sojourn_dpd_interval": 2, "sojourn_dpd_failures": 2, **profile}
        self.connection = Connection(made, profile=write_profile(made.client, **changes))
        self.connection.connected()
        checks.answers(made.client)
        self.capture = probes.Capture(made.client, "eth0")
        self.seen = len(self.connection.events())

    def told(self, name):
        return [event for event in self.connection.events()[self.seen:] if event["event"] == name]

    def states(self):
        """Since the last call: "reconnecting:lost", "on" and so on."""
        told = [event["state"] + (f":{event['reason']}" if event.get("reason") else "") for event in self.told("state")]
        self.seen = len(self.connection.events())
        return told

    def wait(self, **fields):
        return self.connection.wait_event("state", seconds=60, after=self.seen, **fields)

    def comes_back(self):
        """With the same connection, or without a word about it."""
        with tap.stopwatch("traffic flows again after"):
            moves.flows(self.made)
        checks.answers(self.made.client)

    def comes_back_on(self):
        """With a new connection, or after it was offline."""
        self.comes_back()
        self.wait(state="on")

    def holds(self):
        for address in (bed.LAN_A_HOST, bed.LAN_B_HOST):
            tap.check(probes.ping(self.made.client, address, 0.2) is None, f"{address} answers")
            probes.ping(self.made.client, address, 0.2, device="eth0")

    def end(self):
        checks.no_leak(self.capture)
        self.connection.disconnect()


@contextlib.contextmanager
def course(made, **options):
    with checks.unchanged(made.client):
        run = Course(made, **options)
        yield run
        run.end()


def test_gateway_lost_its_state(made):
    with course(made) as run:
        moves.gateway_crashes(made, run.responder)
        run.comes_back_on()
        tap.expect(run.states(), ["reconnecting:lost", "on"], "states")


def test_gateway_lost_its_state_and_is_found_out_early(made):
    """It answers a first message, and no probe: nobody waits for the end of the usual patience."""
    with course(made, sojourn_dpd_interval=20, sojourn_dpd_failures=10) as run:
        moves.gateway_crashes(made, run.responder)
        run.comes_back_on()
        tap.expect(run.states(), ["reconnecting:lost", "on"], "states")


def test_gateway_says_goodbye(made):
    with course(made) as run:
        run.responder.process.signal(15)
        run.wait(state="reconnecting", reason="ended-by-server")
        run.responder.process.wait(10)
        run.holds()
        Responder(made)
        run.comes_back_on()
        tap.expect(run.states()[-1], "on", "the last state")


def test_nat_forgets(made):
    """The gateway follows, and nothing has to begin anew."""
    with course(made) as run:
        for _ in range(2):
            made.rebind()
            run.comes_back()
        made.rebind(bed.ROUTER_WAN2)
        run.comes_back()
        tap.expect(run.states(), [], "states")
        tap.expect(len(run.responder.events("login")), 1, "logins")


def test_another_address(made):
    with checks.unchanged(made.client):
        run = Course(made)
        moves.other_address(made)
        run.comes_back()
        tap.expect(run.states(), [], "states")
        tap.expect(len(run.responder.events("login")), 1, "logins")
        run.end()
        moves.first_address(made)


def test_another_network(made):
    run = Course(made)
    moves.other_network(made)
    run.comes_back()
    tap.expect(run.states(), [], "states")
    tap.expect(len(run.responder.events("login")), 1, "logins")
    run.end()


def test_unplugged_for_a_moment(made):
    """Offline is told at once. Back in time, the connection is the same: nobody logs in again."""
    with checks.unchanged(made.client):
        run = Course(made, sojourn_dpd_interval=20)
        moves.unplug(made)
        run.wait(state="reconnecting", reason="offline")
        run.holds()
        moves.plug(made)
        run.comes_back_on()
        tap.expect(run.states(), ["reconnecting:offline", "on"], "states")
        tap.expect(len(run.responder.events("login")), 1, "logins")
        run.end()


def test_unplugged_for_long(made):
    """Nothing is tried while there is no way; the moment there is one, a new connection comes up."""
    with checks.unchanged(made.client):
        run = Course(made)
        moves.unplug(made)
        run.wait(state="reconnecting", reason="offline")
        bed.wait_until(lambda: not run.connection.family()[0], 30, "the worker gives up")
        run.holds()
        tap.expect(run.states(), ["reconnecting:offline"], "states")
        moves.plug(made)
        run.comes_back_on()
        tap.expect(run.states()[-1], "on", "the last state")
        run.end()


def test_outage(made):
    with course(made) as run:
        made.set_blocked(True)
        run.wait(state="reconnecting", reason="lost")
        run.holds()
        made.set_blocked(False)
        run.comes_back_on()
        tap.expect(run.states(), ["reconnecting:lost", "on"], "states")


def found_at_its_new_address(made, run):
    made.services.lan_dns.asked.clear()
    made.services.public_dns.asked.clear()
    moves.gateway_moves(made, run.responder)
    run.comes_back_on()
    tap.expect(run.states(), ["reconnecting:lost", "on"], "states")
    tap.check(moves.NAME in [name for _, name in made.services.public_dns.asked], "the name was not asked for outside")
    tap.check(moves.NAME not in [name for _, name in made.services.lan_dns.asked], "it was asked for inside")
    rules = made.client.run(["ip", "rule"]).stdout
    tap.check(f"to {moves.SECOND_GATEWAY}" in rules, f"no rule for the new address: {rules}")


def test_gateway_moves(made):
    """The cached address is silent; the name servers of the physical link know the new one."""
    with course(made, network_host=moves.NAME) as run:
        found_at_its_new_address(made, run)


def test_gateway_with_a_short_name_moves(made):
    """It is looked for in this computer's domain, not in the tunnel's."""
    made.client.run(["sh", "-c", "echo search public.example >>/etc/resolv.conf"])
    with course(made, network_host=moves.NAME.partition(".")[0]) as run:
        found_at_its_new_address(made, run)
        tap.expect([name for _, name in made.services.public_dns.asked if "corp" in name], [], "internal names")


def test_gateway_moves_while_everything_goes_through_the_tunnel(made):
    """Its name lies in the domain that the name servers behind the tunnel are asked for."""
    with course(made, responder=Responder(made, split_include=None, domain="public.example", split_dns="public.example"),
                network_host=moves.NAME) as run:
        found_at_its_new_address(made, run)


def test_name_leads_elsewhere(made):
    """An old entry, or a resolver that lies: where it worked is tried too, again and again."""
    with course(made, network_host=moves.NAME, sojourn_dpd_interval=1) as run:
        made.services.public_dns.change(moves.NAME, bed.SILENT)
        moves.gateway_crashes(made, run.responder)
        run.comes_back_on()
        tap.expect(run.states(), ["reconnecting:lost", "on"], "states")


def test_backup_host(made):
    with course(made, responder=Responder(made), network_host="gone.public.example",
                sojourn_backup_hosts=f"nowhere.public.example,{bed.GATEWAY}") as run:
        tap.expect(run.states(), [], "states")


def test_asleep_for_an_hour(made):
    """The gateway still knows us: no new login, but new keys, whose life is over."""
    sleep = moves.Sleep(made)
    with course(made) as run:
        sleep.sleep(run.connection, 1)
        run.comes_back()
        tap.expect(run.states(), [], "states")
        tap.expect(len(run.responder.events("login")), 1, "logins")


def test_asleep_and_forgotten(made):
    sleep = moves.Sleep(made)
    with course(made, sojourn_dpd_interval=60) as run:
        sleep.sleep(run.connection, 0.5, lambda: moves.gateway_crashes(made, run.responder))
        run.comes_back_on()
        tap.expect(run.states(), ["reconnecting:lost", "on"], "states")


def test_asleep_for_too_long(made):
    """The life of every key is over."""
    sleep = moves.Sleep(made)
    with course(made) as run:
        sleep.sleep(run.connection, 48)
        run.wait(state="reconnecting")
        run.comes_back_on()
        tap.expect(run.states(), ["reconnecting:lost", "on"], "states")


def test_refused_login_is_not_repeated(made):
    """The password has been changed meanwhile: one try, then the traffic is held and the person is asked no more."""
    with checks.unchanged(made.client):
        run = Course(made)
        second = moves.gateway_crashes(made, run.responder, password="changed")
        ended = run.connection.ended(60)
        tap.expect((ended["reason"], ended["exit_code"]), ("login-refused", 7), "the end")
        tap.expect(len(second.events("refused")), 1, "refusals that the gateway saw")
        checks.no_leak(run.capture)


if __name__ == "__main__":
    tap.main(globals())
