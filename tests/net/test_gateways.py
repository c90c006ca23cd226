#!/usr/bin/env python3
"""The real client against gateways with habits (docs/gateways.md): the bundled responder misbehaves as [quirks] says.

After each case both networks answer, or the connection ended for the right reason.
"""
import contextlib
import json
import time

import bed
import checks
import probes
import tap
from sojourn import Connection, Responder, write_profile

FAST_DPD = {"sojourn_dpd_interval": 2, "sojourn_dpd_failures": 2}


@contextlib.contextmanager
def gateway(made, what, quirks, **changes):
    """A responder with these habits for the time of the block."""
    with tap.stopwatch(what):
        responder = Responder(made, quirks={key: _word(value) for key, value in quirks.items()}, **changes)
        yield responder
        if responder.process.running:
            responder.stop()


def _word(value):
    return str(value).lower() if isinstance(value, bool) else value


@contextlib.contextmanager
def connected(made, profile=None, **how):
    """A connection for the time of the block, and what it was granted."""
    connection = Connection(made, profile=write_profile(made.client, **(profile or {})), **how)
    up = connection.connected(60)
    yield connection, up
    connection.disconnect()


def works(made, what, quirks, profile=None, networks=checks.NETWORKS, **changes):
    """Connects, and hosts in all `networks` answer. Returns the gateway's counters."""
    with gateway(made, what, quirks, **changes) as responder:
        with connected(made, profile) as (_, up):
            tap.expect(sorted(up["networks"]), sorted(networks), f"{what}: networks")
            (one_answers if networks == [bed.LAN_A] else checks.answers)(made.client)
        return responder.stop()


def one_answers(client):
    tap.check(probes.ping_until(client, bed.LAN_A_HOST) is not None, "no answer from the network")


def fails(made, what, quirks, code, reasons, profile=None, options=(), password="password", **changes):
    with gateway(made, what, quirks, **changes):
        connection = Connection(made, profile=write_profile(made.client, **(profile or {})), options=options,
                                password=password)
        ended = connection.ended(60)
        tap.note(f"{what}: {ended['reason']}, {ended['evidence']}: {ended['detail']}")
        tap.expect((ended["exit_code"], ended["reason"] in reasons), (code, True), f"{what}: {ended}")


def test_which_association_carries_what(made):
    works(made, "answers for all networks on the newest SA", {"answers_on_newest": True})
    counted = works(made, "drops what comes on another network's SA", {"strict_selectors": True})
    tap.expect(counted["wrong_source"], 0, "packets on the wrong SA")
    works(made, "SAs receive from the third message on", {"live_late": True})
    works(made, "SHA-256 with 96 bits", {"sha256_96": True}, {"sojourn_esp_sha256_truncation": "96"})


def test_a_small_replay_window(made):
    with gateway(made, "a replay window of 4 packets", {"replay_window": 4}) as responder:
        with connected(made):
            checks.answers(made.client)
            checks.intact(made.client, 3_000_000)
        tap.expect(responder.stop()["replayed"], 0, "packets out of order")


def test_forms_of_the_grant(made):
    works(made, "all networks in one attribute", {"one_attribute": True})
    for padding in (1, 2, 3):
        works(made, f"{padding} zero bytes behind the attributes", {"padding": padding})
    works(made, "a SET that crosses the reply", {"push": "crossed"})
    works(made, "a SET at each new SA", {"push": "late"})
    works(made, "a push where a push is expected", {}, {"client_auto_mode": "push"}, push="true")
    works(made, "one network only", {"one_network": True}, networks=[bed.LAN_A])
    works(made, "networks unasked", {"networks_unasked": True}, networks=[bed.LAN_A], profile={
        "policy_list_auto": 0, "policy_list_include": "10.4.11.0 / 255.255.255.0"})
    works(made, "everything beside a network", {}, {"policy_level": "auto"}, networks=["0.0.0.0/0"],
          split_include=f"{bed.LAN_A},0.0.0.0/0")


def test_quick_modes(made):
    for level in ("auto", "require"):
        works(made, f"everything or nothing, {level}", {"quick_mode": "everything"}, {"policy_level": level})
        works(made, f"single networks only, {level}", {"quick_mode": "networks"}, {"policy_level": level})
        works(made, f"narrows, {level}", {"quick_mode": "narrow"}, {"policy_level": level})
    works(made, "echoes anything", {"quick_mode": "any"})
    works(made, "refuses in silence", {"quick_mode": "networks", "mute": True}, {"policy_level": "auto"})
    with gateway(made, "refuses, and says so to its owner", {"quick_mode": "everything"}) as responder:
        ended = Connection(made).ended()
        tap.expect((ended["exit_code"], ended["reason"]), (9, "no-networks"), "the end")
        tap.check(responder.events("refused"), "the gateway says so, too")


def test_refused_logins(made):
    fails(made, "forgets who is refused", {"refused_login": "forgets"}, 7, ["login-refused"], password="wrong")
    fails(made, "asks for ever, nobody answers", {"refused_login": "asks-again"}, 7, ["login-refused"],
          password="wrong", options=["--no-input"])
    with gateway(made, "asks for ever, somebody answers", {"refused_login": "asks-again"}) as responder:
        connection = Connection(made, password="wrong", stdin="")
        question = connection.wait_event("question")
        tap.check(question["retry"], f"it is asked again: {question}")
        answer = {"answer": question["id"], "fields": {"user": "username", "password": "password"}}
        connection.process.say(json.dumps(answer) + "\n")
        connection.connected()
        checks.answers(made.client)
        tap.expect(len(responder.events("phase1")), 1, "IKE SAs")
        connection.disconnect()


def test_phase_1_without_a_word(made):
    check = {"proposal_check": True, "mute": True}
    fails(made, "a longer lifetime than its own", check, 4, ["no-answer", "timeout"], options=["--timeout", "8"],
          ike_lifetime=3600)
    works(made, "the same lifetime", check, {"phase1_life_secs": 3600}, ike_lifetime=3600)
    fails(made, "another key: repeats its last message", {"mute": True}, 6, ["silent-at-key", "key-mismatch"],
          profile={"auth_mutual_psk": "d3Jvbmctc2VjcmV0"})


def keep_answering(made, done, seconds):
    """Both networks answer all the time until `done()`."""
    def answered():
        checks.answers(made.client)
        return done()
    bed.wait_until(answered, seconds, "what the gateway does")


def test_lifetimes(made):
    quiet = {"lifetime": "own", "quiet_expiry": True, "never_renews": True}
    with gateway(made, "its lifetime in a message of its own", quiet, esp_lifetime=10) as responder:
        with connected(made):
            keep_answering(made, lambda: len([e for e in responder.events("sa") if e["rekey"]]) >= 4, 40)


def test_renewals_by_the_gateway(made):
    with gateway(made, "begins quick and main modes", {}, renew="early", esp_lifetime=10, ike_lifetime=20):
        with connected(made) as (connection, _):
            keep_answering(made, lambda: {e["sa"] for e in connection.events() if e["event"] == "rekeyed"}
                           == {"esp", "ike"}, 40)
    with gateway(made, "begins at port 500", {"begins_at_500": True}, renew="early", esp_lifetime=10,
                 ike_lifetime=20):
        with connected(made, {"phase1_life_secs": 20}) as (connection, _):
            keep_answering(made, lambda: {e["sa"] for e in connection.events() if e["event"] == "rekeyed"}
                           == {"esp", "ike"}, 40)


def test_another_address_each_time(made):
    with gateway(made, "another address at a new login", {"new_address": True}):
        with connected(made, {"phase1_life_secs": 10}) as (connection, up):
            moved = connection.wait_event("address", 30)
            tap.check(moved["address"] != up["address"], f"{moved}")
            checks.carries(made.client, moved["address"])
    with gateway(made, "deletes the IKE SA at its lifetime", {"new_address": True, "never_renews": True},
                 ike_lifetime=10):
        with connected(made) as (connection, up):
            before = len(connection.events())
            again = connection.wait_event("connected", 30, after=before)
            tap.check(again["address"] != up["address"], "an address of its own")
            lost = [e for e in connection.events() if e.get("state") == "reconnecting"]
            tap.expect(lost[0]["reason"], "ended-by-server", "why it was gone")
            checks.carries(made.client, again["address"])
            tap.expect([e for e in connection.events() if e["event"] == "question"], [], "questions")


def test_lost_state(made):
    with gateway(made, "forgets the client", {"lose": "everything", "lose_after": 1}):
        with connected(made, FAST_DPD) as (connection, _):
            connection.wait_event("state", 40, state="reconnecting")
            connection.wait_event("connected", 40, after=len(connection.events()) - 1)
            checks.answers(made.client)
    with gateway(made, "answers DPD, but has lost its SAs", {"lose": "sas", "lose_after": 2}) as responder:
        with connected(made, FAST_DPD) as (connection, _):
            checks.answers(made.client)
            bed.wait_until(lambda: responder.events("lost"), 10, "the loss")
            with tap.stopwatch("from the loss to the first answer"):
                tap.check(probes.ping_until(made.client, bed.LAN_A_HOST, 60) is not None, "the tunnel comes back")
            checks.answers(made.client)
            tap.expect(len(responder.events("phase1")), 1, "IKE SAs")
            tap.expect([e for e in connection.events() if e.get("state") == "reconnecting"], [], "reconnections")


def test_deletes_and_contacts(made):
    with gateway(made, "wants one SPI in a delete, asks idle clients", {"one_spi": True}, dpd_interval=1,
                 dpd_maximum_failures=2) as responder:
        with connected(made):
            one_answers(made.client)
            time.sleep(4)  # more than the gateway's patience
            tap.expect(responder.events("deleted"), [], "what the gateway gave up")
        bed.wait_until(lambda: [e["sa"] for e in responder.events("deleted")].count("esp") == 2, 5, "two deletes")
    with gateway(made, "INITIAL-CONTACT counts for the whole address", {"contact_by_address": True}):
        first = Connection(made, made.client)
        first.connected()
        second = Connection(made, made.client2, user="username2", password="password2")
        second.connected()
        for client in (made.client, made.client2):
            checks.answers(client)
        for connection in (first, second):
            connection.disconnect()


if __name__ == "__main__":
    tap.main(globals())
