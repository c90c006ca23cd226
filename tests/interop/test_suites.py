#!/usr/bin/env python3
"""Sojourn against strongSwan in many suites of algorithms: both networks answer, and a megabyte passes unharmed."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "net"))
import checks
import strongswan
import tap
from sojourn import Connection, write_profile

SIZE = 1_000_000
GROUPS = {"modp768": 1, "modp1024": 2, "modp1536": 5, "modp2048": 14, "modp3072": 15, "modp4096": 16, "modp6144": 17,
          "modp8192": 18}
CIPHERS = {"3des": ("3des", None), "aes128": ("aes", 128), "aes192": ("aes", 192), "aes256": ("aes", 256),
           "aes128gcm16": ("aes-gcm-16", 128), "aes256gcm16": ("aes-gcm-16", 256)}
HASHES = {"md5": "md5", "sha1": "sha1", "sha256": "sha2-256", "sha384": "sha2-384", "sha512": "sha2-512"}

SUITES = (
    ("3des-md5-modp1024", "3des-md5-modp1024"),
    ("3des-sha1-modp1536", "3des-sha1"),
    ("aes128-md5-modp768", "aes128-md5"),
    ("aes128-sha1-modp1024", "aes128-sha1-modp1024"),
    ("aes192-sha384-modp3072", "aes192-sha384"),
    ("aes256-sha256-modp4096", "aes256-sha256-modp4096"),
    ("aes256-sha512-modp2048", "aes256-sha512-modp2048"),
    ("aes256-sha512-modp6144", "aes256-sha384-modp6144"),
    ("aes256-sha256-modp8192", "aes128-sha256-modp8192"),
    ("aes128-sha256-modp2048", "aes128gcm16-modp2048"),
    ("aes256-sha384-modp2048", "aes256gcm16"),
)


def settings(ike, esp):
    """The keys of a profile that asks for exactly this."""
    cipher, digest, group = ike.split("-")
    transform, *rest = esp.split("-")
    keys = {"phase1_cipher": CIPHERS[cipher][0], "phase1_keylen": CIPHERS[cipher][1], "phase1_hash": HASHES[digest],
            "phase1_dhgroup": GROUPS[group], "phase2_transform": f"esp-{CIPHERS[transform][0]}",
            "phase2_keylen": CIPHERS[transform][1], "phase2_pfsgroup": -1}
    for part in rest:
        if part in HASHES:
            keys["phase2_hmac"] = HASHES[part]
        else:
            keys["phase2_pfsgroup"] = GROUPS[part]
    return keys


def suite_test(ike, esp):
    def test(made):
        strongswan.Gateway(made, ike=ike, esp=esp)
        connection = Connection(made, profile=write_profile(made.client, **settings(ike, esp)))
        up = connection.connected()
        tap.expect((up["ike"], up["esp"]), (ike, esp), "what was agreed")
        checks.answers(made.client)
        checks.intact(made.client, SIZE)
        connection.disconnect()
    test.__name__ = f"test_{ike}_with_{esp}"
    return test


TESTS = {f"test_{number}": suite_test(*suite) for number, suite in enumerate(SUITES)}

if __name__ == "__main__":
    tap.main({"__file__": __file__, **{test.__name__: test for test in TESTS.values()}})
