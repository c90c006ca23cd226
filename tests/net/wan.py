"""A bad internet between two hosts: the program sojourn-wan between two TUN devices.

Knows: the program's lines, how a TUN device is opened on a host. Must not know: what is tested, who sends.
"""
import fcntl
import json
import os
import struct

_TUNSETIFF = 0x400454CA
_IFF_TUN, _IFF_NO_PI = 0x0001, 0x1000
_QUEUE = 5000  # packets; the program may be busy for a moment, and only its own losses shall count


def _program():
    here = os.path.dirname(os.path.abspath(__file__))
    build = os.environ.get("SOJOURN_BUILD", os.path.join(here, "..", "..", "build"))
    path = os.path.abspath(os.path.join(build, "tests/wan/sojourn-wan"))
    if not os.access(path, os.X_OK):
        raise AssertionError(f"{path} is not built")
    return path


def _open_tun(host, name):
    with host.network():
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
        fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    host.ip(f"link set {name} txqueuelen {_QUEUE}")
    return device


class Wan:
    """Everything between two new devices, on the host `near` and on the host `far`; up is from near to far."""

    def __init__(self, made, near, near_name, far, far_name):
        devices = [_open_tun(near, near_name), _open_tun(far, far_name)]
        self._answers = 0
        self._process = made.start(near, [_program(), *map(str, devices)], stdin="", pass_fds=devices)
        for device in devices:
            os.close(device)

    def _ask(self, line):
        number, position = self._answers, [-1]

        def find(answer):
            position[0] += 1
            return answer if position[0] == number else None

        self._answers += 1
        self._process.say(line + "\n")
        answer = self._process.wait_line(find, 10, f"an answer to {line}")
        if answer.startswith("error"):
            raise AssertionError(answer)
        return answer

    def set(self, which="both", **settings):
        """`which`: up, down or both. delay, jitter, lag in ms; loss, repeat, reorder in percent; rate in kbit/s with a
        queue of so many bytes; mtu in bytes, icmp=0 makes it a black hole; pieces=0: fragments are lost."""
        self._ask(" ".join([which, *(f"{key}={value}" for key, value in settings.items())]))

    def seed(self, number):
        """The chances begin anew: the same packets meet the same fate."""
        self._ask(f"seed {number}")

    def count(self):
        """{"up": {"in": ..., "out": ..., "lost": ...}, "down": ...}: packets."""
        return json.loads(self._ask("count"))
