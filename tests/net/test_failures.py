#!/usr/bin/env python3
"""Everything that can go wrong before a tunnel is up: exit code, reason, stage, evidence, and the host as before."""
import json

import bed
import checks
import tap
from sojourn import Connection, Responder, programs, write_profile


def fails(made, code, reasons, stage, evidence=None, seconds=60, **how):
    """One connection that must end so; returns its `ended` event."""
    with checks.unchanged(made.client):
        connection = Connection(made, **how)
        ended = connection.ended(seconds)
        tap.note(f"{ended['reason']}, {ended['stage']}, {ended['evidence']}: {ended['detail']}")
        tap.expect(ended["exit_code"], code, f"exit code ({ended})")
        tap.check(ended["reason"] in reasons, f"reason {ended['reason']} is not one of {reasons}")
        tap.expect(ended["stage"], stage, "stage")
        if evidence:
            tap.expect(ended["evidence"], evidence, "evidence")
        tap.expect(connection.family(), ([], []), "processes left")
    return ended


def test_wrong_password(made):
    responder = Responder(made)
    fails(made, 7, ["login-refused"], "login", "proved", password="wrong")
    tap.check(responder.events("refused"), "the gateway says so too")


def test_wrong_user(made):
    Responder(made)
    fails(made, 7, ["login-refused"], "login", "proved", user="nobody")


def test_wrong_shared_key(made):
    Responder(made)
    profile = write_profile(made.client, auth_mutual_psk="d3Jvbmctc2VjcmV0")
    fails(made, 6, ["key-mismatch", "silent-at-key"], "phase1", profile=profile)


def test_no_common_phase_1(made):
    Responder(made, ike="aes128-sha1-modp1024")
    fails(made, 5, ["no-common-terms"], "phase1", "claimed")


def test_no_common_phase_2(made):
    Responder(made, esp="aes256-sha1-modp2048")
    fails(made, 5, ["no-common-terms"], "phase2", "proved")


def test_silent_gateway(made):
    made.set_blocked(True)
    fails(made, 4, ["no-answer", "timeout"], "phase1", options=["--timeout", "8"])


def test_nobody_at_the_address(made):
    fails(made, 4, ["no-answer", "timeout"], "phase1", options=["--timeout", "8"],
          profile=write_profile(made.client, network_host=bed.SILENT))


def test_unknown_name(made):
    fails(made, 4, ["name-unknown", "no-answer"], "resolve", options=["--timeout", "20"],
          profile=write_profile(made.client, network_host="vpn.nowhere.example"))


def test_unplugged(made):
    with checks.unchanged(made.client):
        made.client.ip("link set eth0 down")
        ended = Connection(made, options=["--timeout", "10"]).ended()
        tap.expect(ended["exit_code"], 4, f"exit code ({ended})")
        made.client.ip("link set eth0 up", "route add default via 192.168.178.1 src 192.168.178.2")


def test_broken_profile(made):
    profile = write_profile(made.client, phase1_cipher="rot13")
    ended = fails(made, 3, ["profile-invalid"], None, profile=profile)
    lines = made.client.read(profile).splitlines()
    tap.expect((ended["key"], lines[ended["line"] - 1]), ("phase1-cipher", "s:phase1-cipher:rot13"), "what is named")


def test_no_profile_at_all(made):
    for text in ("\x7fELF\x02\x01\x01\n", "<html>Sign in</html>\n"):
        fails(made, 3, ["not-a-profile"], None, profile=write_profile(made.client, text=text))


def test_empty_profile(made):
    ended = fails(made, 3, ["not-a-profile", "profile-invalid"], None, profile=write_profile(made.client, text=""))
    tap.check(ended["reason"] == "not-a-profile" or ended["key"] == "network-host", "what is missing is named")


def test_missing_file(made):
    with checks.unchanged(made.client):
        ended = Connection(made, profile="/run/test/nowhere.vpn").ended()
        tap.check(ended["exit_code"] in (3, 14), f"{ended}")


def test_unsafe_authentication_is_not_supported(made):
    fails(made, 3, ["not-supported", "profile-invalid"], None,
          profile=write_profile(made.client, auth_method="mutual-rsa-encryption"))


def test_nobody_answers_the_question(made):
    Responder(made)
    fails(made, 8, ["question-unanswered"], "login", password=None, options=["--no-input"])


def test_usage(made):
    sojourn = programs()["sojourn"]
    with checks.unchanged(made.client):
        for arguments in (["connect"], ["connect", "--nonsense"], ["nonsense"], ["connect", "a", "b"],
                          ["connect", "/run/test/profile.vpn", "--foreground", "--timeout", "soon"]):
            done = made.client.run([sojourn, *arguments], check=False)
            tap.expect(done.returncode, 2, f"sojourn {' '.join(arguments)}: {done.stderr.strip()}")
            tap.check(done.stderr.strip(), "it says what is wrong")


def test_not_root(made):
    if bed.single_uid():
        raise bed.Missing("a second uid: nobody can be another user in this user namespace")
    profile = write_profile(made.client)
    program = "/run/test/sojourn"  # the build folder may be closed to others
    made.client.run(["install", "-m", "755", programs()["sojourn"], program])
    nobody = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    with checks.unchanged(made.client):
        done = made.client.run([*nobody, program, "connect", profile, "--foreground", "--json", "--user", "username",
                                "--no-input"], check=False)
        tap.expect(done.returncode, 10, done.stderr)
        ended = json.loads(done.stdout.splitlines()[-1])
        tap.expect((ended["event"], ended["reason"], ended["exit_code"]), ("ended", "not-allowed", 10), "the last line")


def test_interrupted_while_connecting(made):
    made.set_blocked(True)
    with checks.unchanged(made.client):
        connection = Connection(made)
        connection.wait_event("state", state="connecting", stage="phase1")
        ended = connection.disconnect()
        tap.expect((ended["reason"], ended["exit_code"]), ("user", 0), "the end")


def test_no_device_for_tunnels(made):
    """The network step fails after the gateway granted everything: all of it is undone."""
    Responder(made)
    made.client.run(["sh", "-c", "touch /run/empty && mount --bind /run/empty /dev/net/tun"])
    fails(made, 11, ["host"], "network")


def test_interface_name_is_taken(made):
    Responder(made)
    made.client.ip("link add corp0 type veth peer name corp1")
    fails(made, 11, ["host"], "network", options=["--interface", "corp0"])


if __name__ == "__main__":
    tap.main(globals())
