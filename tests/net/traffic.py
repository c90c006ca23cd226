"""Traffic that runs for a while: pings at a fixed pace, seeded transfers at a bounded rate, and events with their times.

Knows: the bed, its probes, and lines of JSON or of a log. Must not know: what happens to the tunnel meanwhile.
"""
import contextlib
import json
import socket
import struct
import threading
import time

import probes


class Pings:
    """Echo requests every `interval` seconds from now on; each answer is matched to its request by number."""

    def __init__(self, host, address, interval=0.01):
        with host.network():
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.settimeout(0.2)
        self._address, self._interval = address, interval
        self._mark = time.monotonic_ns().to_bytes(8, "big")
        self.sent, self.received, self.refused = [], {}, 0  # times by number
        self._sending = self._receiving = True
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._send, self._receive)]
        for thread in self._threads:
            thread.start()

    def _send(self):
        due = time.monotonic()
        while self._sending:
            number = len(self.sent)
            rest = struct.pack("!HHI", 0x536a, number & 0xffff, number) + self._mark
            packet = b"\x08\0" + struct.pack("!H", probes.checksum(b"\x08\0\0\0" + rest)) + rest
            self.sent.append(time.monotonic())
            try:
                self._socket.sendto(packet, (self._address, 0))
            except OSError:  # counts as lost like any other; how many there were is worth knowing
                self.refused += 1
            due = max(due + self._interval, time.monotonic() - 1)
            time.sleep(max(0.0, due - time.monotonic()))

    def _receive(self):
        while self._receiving:
            try:
                packet = self._socket.recv(2048)
            except TimeoutError:
                continue
            answer = packet[(packet[0] & 15) * 4:]
            if len(answer) >= 20 and answer[0] == 0 and answer[12:20] == self._mark:
                self.received.setdefault(struct.unpack_from("!I", answer, 8)[0], time.monotonic())

    def lost(self):
        """[(number, when it was sent)] without an answer so far."""
        return [(number, when) for number, when in enumerate(self.sent) if number not in self.received]

    def stop(self, grace=15):
        """Sends no more, waits until all are answered or `grace` is over; returns what was lost."""
        self._sending = False
        self._threads[0].join()
        deadline = time.monotonic() + grace
        while self.lost() and time.monotonic() < deadline:
            time.sleep(0.05)
        self._receiving = False
        self._threads[1].join()
        self._socket.close()
        return self.lost()


class Stream:
    """Downloads or uploads of `size` seeded bytes, one after the other, at `rate` bytes a second at the most."""

    def __init__(self, host, address, upload, size, rate):
        self._host, self._address, self._upload, self._size, self._rate = host, address, upload, size, rate
        self.whole, self.damaged, self.broken = 0, 0, []
        self._going = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        move = probes.upload if self._upload else probes.download
        number = 0
        while self._going:
            seed = f"{self._upload}-{number}"
            number += 1
            try:
                digest = move(self._host, self._address, seed, self._size, rate=self._rate)
            except (OSError, ValueError) as error:
                self.broken.append(repr(error))
                time.sleep(0.2)
                continue
            if digest == probes.expected(seed, self._size):
                self.whole += 1
            else:
                self.damaged += 1

    def stop(self, seconds=120):
        """Lets the last one finish. Returns whether there was one and all arrived unharmed."""
        self._going = False
        self._thread.join(seconds)
        return not self._thread.is_alive() and self.whole > 0 and self.damaged == 0 and not self.broken

    def story(self):
        return f"{self.whole} whole, {self.damaged} damaged, broken: {self.broken[:3] or 'none'}"


class Clock:
    """When each line of a process arrived, as [(time, line)] in `lines`."""

    def __init__(self, process):
        self._process = process
        self.lines = []
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self):
        while True:
            running = self._process.running
            now = time.monotonic()
            self.lines += [(now, line) for line in self._process.lines[len(self.lines):]]
            if not running and len(self.lines) == len(self._process.lines):
                return
            time.sleep(0.005)

    def events(self, name, **fields):
        """Times of the events of that name with these fields, for a process that prints JSON."""
        found = []
        for when, line in self.lines:
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if event.get("event") == name and all(event.get(key) == value for key, value in fields.items()):
                    found.append(when)
        return found
