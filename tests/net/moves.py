"""What happens to a road warrior's connection: the events of test_reconnect.py and of the benchmark, one function each.

Knows: the bed and how its hosts change. Must not know: what is expected of anybody.
"""
import os
import signal
import struct
import time

import bed
import probes
from sojourn import Responder

NAME = "vpn.public.example"
SECOND_GATEWAY = "203.0.113.2"
_SHIM = "tests/net/libsleep-shim.so"


def gateway_crashes(made, responder, **changes):
    """It forgets everything and tells nobody; what comes after it is another one."""
    os.kill(responder.process.pid, signal.SIGKILL)
    responder.process.wait(10)
    made.gateway.run(["ip", "link", "del", "responder0"], check=False)
    return Responder(made, **changes)


def gateway_moves(made, responder):
    """Dynamic DNS: the old address is silent, the name leads to another one."""
    made.gateway.ip(f"addr add {SECOND_GATEWAY}/24 dev eth0")
    made.services.public_dns.change(NAME, SECOND_GATEWAY)
    return gateway_crashes(made, responder, listen=SECOND_GATEWAY)


def other_address(made, address="192.168.178.3"):
    """DHCP gives another address of the same network."""
    made.client.ip(f"addr del {bed.CLIENT}/24 dev eth0", f"addr add {address}/24 dev eth0",
                   f"route replace default via 192.168.178.1 src {address}")


def first_address(made, address="192.168.178.3"):
    """As the bed was built, in the same order."""
    made.client.ip(f"addr del {address}/24 dev eth0", f"addr del {bed.CLIENT_PUBLIC}/25 dev eth0",
                   f"addr add {bed.CLIENT}/24 dev eth0", f"addr add {bed.CLIENT_PUBLIC}/25 dev eth0",
                   f"route replace default via 192.168.178.1 src {bed.CLIENT}")


def other_network(made):
    """From behind the NAT to a public address, as from one Wi-Fi to another."""
    made.client.ip(f"addr del {bed.CLIENT}/24 dev eth0",
                   f"route replace default via 198.51.100.1 src {bed.CLIENT_PUBLIC}")


def unplug(made):
    made.client.ip("link set eth0 down")


def plug(made):
    made.client.ip("link set eth0 up", f"route add default via 192.168.178.1 src {bed.CLIENT}")


class Sleep:
    """Suspend: the client's programs stand still, and CLOCK_BOOTTIME goes on. To be made before they are started."""

    def __init__(self, made):
        build = os.environ.get("SOJOURN_BUILD", os.path.join(os.path.dirname(__file__), "..", "..", "build"))
        library = os.path.abspath(os.path.join(build, _SHIM))
        made.client.run(["sh", "-c", "mkdir -p /run/test && head -c 8 /dev/zero >/run/test/slept && "
                         f"install -m 755 {library} /run/test/sleep.so && echo /run/test/sleep.so >/etc/ld.so.preload"])
        self._made, self._slept = made, 0

    def sleep(self, connection, hours, meanwhile=lambda: None):
        """Two real seconds, so that every timer of the near future is over when the programs wake up."""
        workers, others = connection.family()
        everybody = [connection.process.pid, *workers, *others]
        for pid in everybody:
            os.kill(pid, signal.SIGSTOP)
        meanwhile()
        time.sleep(2)
        self._slept += int(hours * 3600 * 10 ** 9)
        octets = "".join(f"\\{byte:03o}" for byte in struct.pack("=q", self._slept))
        self._made.client.run(["sh", "-c", f"printf '{octets}' | dd of=/run/test/slept conv=notrunc status=none"])
        for pid in everybody:
            os.kill(pid, signal.SIGCONT)


def flows(made, seconds=60, address=bed.LAN_A_HOST):
    """Seconds until a host behind the gateway answers; asks ten times a second, as somebody does who waits."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        if probes.ping(made.client, address, 0.1) is not None:
            return time.monotonic() - began
    raise AssertionError(f"no answer from {address} within {seconds} s")
