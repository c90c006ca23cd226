"""Servers of the bed: DNS and HTTP. They run as threads of the test, their sockets on a host of the bed.

Knows: the two protocols, as far as tests speak them. Must not know: the topology beyond the addresses it is given.
"""
import contextlib
import hashlib
import http.server
import random
import socket
import struct
import threading

from bed import GATEWAY, LAN_A_HOST, LAN_B_HOST, LAN_DNS, PUBLIC_DNS, PUBLIC_WEB

CHUNK = 1 << 16
SO_MAX_PACING_RATE = 47  # bytes a second; the socket module does not name it


def pseudo_random(seed, size):
    """`size` bytes that depend on the seed alone, in chunks."""
    source = random.Random(str(seed))
    while size > 0:
        yield source.randbytes(min(CHUNK, size))
        size -= CHUNK


def sha256_of(chunks):
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


class NameServer:
    """Answers A queries from a table, NXDOMAIN for the rest, and remembers in `asked` who wanted which name. A name has
    one address, or a list of them."""

    def __init__(self, host, address, table):
        self._table = {name.lower(): ip for name, ip in table.items()}
        self.asked = []
        with host.network():
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def change(self, name, address):
        self._table[name.lower()] = address

    def _serve(self):
        while True:
            try:
                query, peer = self._socket.recvfrom(4096)
            except OSError:
                return
            answer = self._answer(query, peer[0])
            if answer:
                with contextlib.suppress(OSError):
                    self._socket.sendto(answer, peer)

    def _answer(self, query, peer):
        labels, at = [], 12
        if len(query) < 17 or query[4:6] != b"\0\1":
            return None
        while at < len(query) and 0 < query[at] < 64:
            labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
            at += 1 + query[at]
        if at + 5 > len(query) or query[at] != 0:
            return None
        name, (kind,) = ".".join(labels).lower(), struct.unpack_from("!H", query, at + 1)
        self.asked.append((peer, name))
        known = self._table.get(name)
        records = []
        if known and kind == 1:
            records = [b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 60, 4) + socket.inet_aton(one)
                       for one in ([known] if isinstance(known, str) else known)]
        flags = 0x8580 | (0 if known else 3)  # response, authoritative, recursion as asked; NXDOMAIN is 3
        return query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + query[12:at + 5] + b"".join(records)

    def close(self):
        self._socket.close()


class _Page(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def _head(self, length):
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def do_GET(self):
        part = self.path.split("/")
        if len(part) == 5 and part[1] == "random":
            if int(part[4]) > 0:
                self.connection.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, int(part[4]))
            self._head(int(part[3]))
            for chunk in pseudo_random(part[2], int(part[3])):
                self.wfile.write(chunk)
            return
        body = f"{self.server.title} {self.connection.getsockname()[0]} saw {self.client_address[0]}\n".encode()
        self._head(len(body))
        self.wfile.write(body)

    def do_POST(self):
        digest, left = hashlib.sha256(), int(self.headers["Content-Length"])
        while left > 0:
            chunk = self.rfile.read(min(CHUNK, left))
            if not chunk:
                return
            digest.update(chunk)
            left -= len(chunk)
        body = digest.hexdigest().encode()
        self._head(len(body))
        self.wfile.write(body)


class _Web(http.server.ThreadingHTTPServer):
    request_queue_size = 128  # connections that begin at once, over a line where that takes its time
    daemon_threads = True


class WebServer:
    """`GET /` says who answered and whom it saw; `GET /random/SEED/N/RATE` sends N bytes, RATE a second; POST answers with
    the SHA-256."""

    def __init__(self, host, title):
        with host.network():
            self._server = _Web(("0.0.0.0", 80), _Page)
        self._server.title = title
        self._server.handle_error = lambda *_: None  # a client that goes away in the middle is no news
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        self._server.shutdown()
        self._server.server_close()


class Services:
    """What answers in the bed: the LAN knows the internal names, the internet does not."""

    def __init__(self, bed):
        self.lan_dns = NameServer(bed.lan, LAN_DNS, {
            "www.corp.example": LAN_A_HOST, "db.corp.example": LAN_B_HOST, "www.intra.example": LAN_B_HOST,
            "www.public.example": PUBLIC_WEB, "vpn.public.example": GATEWAY})
        self.public_dns = NameServer(bed.router, PUBLIC_DNS, {
            "www.public.example": PUBLIC_WEB, "vpn.public.example": GATEWAY})
        self.lan_web = WebServer(bed.lan, "lan")
        self.public_web = WebServer(bed.router, "internet")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for service in (self.lan_dns, self.public_dns, self.lan_web, self.public_web):
            service.close()
