#!/usr/bin/env python3
"""IKE in fragments between the real programs: announced, forced, and not wanted by one of them."""
import bed
import checks
import probes
import tap
from sojourn import Connection, Responder, write_profile

SIZE = 300


def works(made, mode, **profile):
    """A whole life; returns the capture of it."""
    Responder(made, fragmentation=mode, fragment_size=SIZE)
    capture = probes.Capture(made.client, "eth0")
    connection = Connection(made, profile=write_profile(made.client, **profile))
    up = connection.connected()
    checks.carries(made.client, up["address"])
    connection.disconnect()
    return capture


def test_announced_by_both(made):
    capture = works(made, "enable", network_frag_mode="enable", network_frag_size=SIZE, phase1_cipher="auto",
                    phase1_keylen=0, phase1_hash="auto", phase1_dhgroup=0)
    sizes = [size for outgoing, size, fragment in checks.ike_messages(capture.packets) if outgoing and not fragment]
    tap.note(f"sent whole: {sizes}")
    tap.check(sizes[0] > SIZE, "the first message goes as it is: nothing is known of the gateway")
    tap.check(max(sizes[1:]) <= SIZE, "another one was sent whole")
    checks.ike_in_fragments(capture, sizes[0])


def test_forced_by_both(made):
    checks.ike_in_fragments(works(made, "force", network_frag_mode="force", network_frag_size=SIZE), SIZE)


def test_without_a_nat(made):
    made.set_direct()
    checks.ike_in_fragments(works(made, "force", network_frag_mode="force", network_frag_size=SIZE), SIZE)


def test_not_wanted_by_the_client(made):
    capture = works(made, "enable", network_frag_mode="disable")
    tap.check(not any(fragment for _, _, fragment in checks.ike_messages(capture.stop())), "there are fragments")


def test_not_taken_by_the_gateway(made):
    Responder(made, fragmentation="disable")
    profile = write_profile(made.client, network_frag_mode="force", network_frag_size=SIZE)
    ended = Connection(made, profile=profile, options=["--timeout", "5"]).ended()
    tap.check(ended["reason"] in ("no-answer", "timeout"), f"it ended with {ended}")


if __name__ == "__main__":
    tap.main(globals())
