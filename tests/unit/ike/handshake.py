#!/usr/bin/env python3
"""IKEv1 once more, written apart from the engine: both ends of the engine share its code, so a wrong key or IV
chain would be wrong on both sides and go unnoticed between them.

  handshake.py make             a whole handshake from fixed randoms, and key material of many suites: "name hex"
  handshake.py transcript       the same handshake as a transcript
  handshake.py check FILE       FILE is what `make` prints; the handshake verifies; no altered one does
  handshake.py verify FILE      recomputes every hash, IV, key and KEYMAT of a recorded handshake

A transcript is a JSON object:
  psk         hex
  exponents   list of hex: the private Diffie-Hellman exponents of both sides, in any order
  datagrams   list of {from: "i"|"r", src: "ADDRESS:PORT", dst: ..., data: hex}, in the order in which they were
              sent, the whole UDP payload, marker included; src and dst as their sender sees them. Initiator is who
              sent the first one. Repeated ones and keepalives are skipped.
  forced      list of "i", "r": whose own NAT-D hash must not match (forced encapsulation); all others must
  sas         optional list of {side: "i"|"r", spi_in, spi_out, key_in, key_out: hex}: what a side gave its plane.
              A key is cipher key, salt and integrity key in this order. What comes in carries the SPI that
              this side chose.
  expect      optional: {user, password: hex, quick_modes: NUMBER}

Exit status: 0 all is right, 1 not (the reason is printed), 77 python3-cryptography is missing.
"""
import copy
import hashlib
import hmac
import ipaddress
import json
import struct
import sys

try:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
except ImportError:
    print("1..0 # SKIP python3-cryptography is missing")
    sys.exit(77)

SA, PROPOSAL, TRANSFORM, KE, ID, HASH, NONCE, NOTIFY, VID, CFG, NATD = 1, 2, 3, 4, 5, 8, 10, 11, 13, 14, 20
NATD_DRAFT = 130
MAIN, INFORMATIONAL, TRANSACTION, QUICK = 2, 5, 6, 32
HASHES = {1: ("md5", hashlib.md5), 2: ("sha1", hashlib.sha1), 4: ("sha256", hashlib.sha256),
          5: ("sha384", hashlib.sha384), 6: ("sha512", hashlib.sha512)}
ESP_AUTH_KEYS = {1: 16, 2: 20, 5: 32, 6: 48, 7: 64}
# Bits, and the constant of the formula in RFC 2409 section 6 and RFC 3526.
GROUPS = {1: (768, 149686), 2: (1024, 129093), 5: (1536, 741804), 14: (2048, 124476), 15: (3072, 1690314),
          16: (4096, 240904), 17: (6144, 929484), 18: (8192, 4743158)}


class Wrong(Exception):
    """The transcript is not a correct handshake."""


def need(true, what):
    if not true:
        raise Wrong(what)


def pi_scaled(bits):
    """floor (2^bits * pi), by Machin's formula."""
    guard = bits + 64

    def arctan_inverse(x):
        term = total = (1 << guard) // x
        n, sign = 3, -1
        while term:
            term //= x * x
            total += sign * (term // n)
            n, sign = n + 2, -sign
        return total
    return 4 * (4 * arctan_inverse(5) - arctan_inverse(239)) >> 64


def prime(group):
    bits, constant = GROUPS[group]
    return 2 ** bits - 2 ** (bits - 64) - 1 + 2 ** 64 * (pi_scaled(bits - 130) + constant)


def size_of(group):
    return GROUPS[group][0] // 8


def public_value(group, exponent):
    return pow(2, exponent, prime(group)).to_bytes(size_of(group), "big")


def shared_secret(group, exponent, peer):
    return pow(int.from_bytes(peer, "big"), exponent, prime(group)).to_bytes(size_of(group), "big")


class Suite:
    """Cipher, hash and group of an IKE SA."""

    def __init__(self, cipher, key_bits, hash_number, group):
        self.aes, self.group = cipher == 7, group
        self.hash_name, self.new = HASHES[hash_number]
        self.key_size = key_bits // 8 if self.aes else 24
        self.block = 16 if self.aes else 8
        self.name = ("aes%d" % key_bits if self.aes else "3des") + "-" + self.hash_name

    def digest(self, *parts):
        return self.new(b"".join(parts)).digest()

    def prf(self, key, *parts):
        return hmac.new(key, b"".join(parts), self.new).digest()

    def cipher(self, key, iv):
        kind = algorithms.AES if self.aes else algorithms.TripleDES
        return Cipher(kind(key), modes.CBC(iv))


class Keys:
    """SKEYID and all that follows from it (RFC 2409, 5 and appendix B)."""

    def __init__(self, suite, psk, ni, nr, shared, ci, cr, public_i, public_r):
        self.suite = suite
        self.skeyid = suite.prf(psk, ni, nr)
        self.d = suite.prf(self.skeyid, shared, ci, cr, b"\0")
        self.a = suite.prf(self.skeyid, self.d, shared, ci, cr, b"\1")
        self.e = suite.prf(self.skeyid, self.a, shared, ci, cr, b"\2")
        stretched, last = self.e, b"\0"
        if len(self.e) < suite.key_size:
            stretched = b""
            while len(stretched) < suite.key_size:
                last = suite.prf(self.e, last)
                stretched += last
        self.key = stretched[:suite.key_size]
        self.iv = suite.digest(public_i, public_r)[:suite.block]

    def phase2_iv(self, last_block, mid):
        return self.suite.digest(last_block, struct.pack(">I", mid))[:self.suite.block]

    def keymat(self, size, shared, protocol, spi, ni, nr):
        out = last = b""
        while len(out) < size:
            last = self.suite.prf(self.d, last, shared, bytes([protocol]), spi, ni, nr)
            out += last
        return out[:size]


def chain(payloads):
    out = b""
    for i, (_kind, body) in enumerate(payloads):
        following = payloads[i + 1][0] if i + 1 < len(payloads) else 0
        out += struct.pack(">BBH", following, 0, len(body) + 4) + body
    return out


def parse(kind, data):
    """[(type, body, payload with its header)], and what is left behind them."""
    found = []
    while kind:
        need(len(data) >= 4, "payload header past the end")
        following, _reserved, length = struct.unpack(">BBH", data[:4])
        need(4 <= length <= len(data), "payload length")
        found.append((kind, data[4:length], data[:length]))
        kind, data = following, data[length:]
    return found, data


def attribute(kind, value):
    if isinstance(value, int):
        return struct.pack(">HH", kind | 0x8000, value)
    return struct.pack(">HH", kind, len(value)) + value


def attributes(data):
    found = []
    while len(data) >= 4:
        kind, value = struct.unpack(">HH", data[:4])
        data = data[4:]
        if not kind & 0x8000:
            value, data = data[:value], data[value:]
        found.append((kind & 0x7FFF, value))
    return found


def transforms(body):
    """[(protocol, spi, transform id, {attribute: value} without lifetimes)] of an SA payload."""
    found = []
    need(body[:8] == struct.pack(">II", 1, 1), "DOI and situation")
    for _kind, proposal, _raw in parse(PROPOSAL, body[8:])[0]:
        _number, protocol, spi_size, count = proposal[:4]
        inner = parse(TRANSFORM, proposal[4 + spi_size:])[0]
        need(len(inner) == count, "number of transforms")
        for _kind, transform, _raw in inner:
            lifetimes = (11, 12) if protocol == 1 else (1, 2)
            values = {k: v for k, v in attributes(transform[4:]) if k not in lifetimes}
            found.append((protocol, proposal[4:4 + spi_size], transform[1], values))
    return found


def sa_body(protocol, spi, transform):
    """One proposal with one transform."""
    proposal = struct.pack(">BBBB", 1, protocol, len(spi), 1) + spi + chain([(TRANSFORM, transform)])
    return struct.pack(">II", 1, 1) + chain([(PROPOSAL, proposal)])


def one(payloads, kind, what):
    bodies = [body for k, body, _raw in payloads if k == kind]
    need(len(bodies) == 1, what)
    return bodies[0]


def endpoint_bytes(text):
    address, port = text.rsplit(":", 1)
    return ipaddress.ip_address(address.strip("[]")).packed + struct.pack(">H", int(port))


class Verifier:
    def __init__(self, transcript):
        self.t = transcript
        self.exponents = [int(e, 16) for e in transcript["exponents"]]
        self.main, self.phase2, self.ivs, self.keymats = [], {}, {}, {}
        self.keys = self.suite = self.last_block = None
        self.counts = {"phase 1": 0, "transaction": 0, "informational": 0, "quick": 0, "sas": 0}
        self.cfg = []

    def exponent_of(self, group, public):
        for exponent in self.exponents:
            if public_value(group, exponent) == public:
                return exponent
        raise Wrong("a public value of which no exponent is known")

    def run(self):
        seen = set()
        for d in self.t["datagrams"]:
            data = bytes.fromhex(d["data"])
            if data == b"\xff" or (d["from"], data) in seen:
                continue
            seen.add((d["from"], data))
            if data[:4] == bytes(4):
                need(not d["dst"].endswith(":500"), "a marker on the IKE port")
                data = data[4:]
            self.message(d, data)
        self.check_sas()
        self.check_expectations()
        return self.counts

    def message(self, d, data):
        need(len(data) >= 28, "short message")
        ci, cr = data[:8], data[8:16]
        first, version, exchange, flags, mid, length = struct.unpack(">BBBBII", data[16:28])
        need(version == 0x10 and length == len(data), "header")
        body = data[28:]
        if exchange == MAIN:
            need(mid == 0, "message id of main mode")
            self.main_mode(d, ci, cr, first, flags, body)
            return
        need(flags & 1 and mid != 0 and (ci, cr) == (self.ci, self.cr), "phase 2 header")
        self.phase2_message(d, exchange, first, mid, body)

    def decrypt(self, where, data):
        need(len(data) > 0 and len(data) % self.suite.block == 0, "length of the cipher text")
        work = self.suite.cipher(self.keys.key, self.ivs[where]).decryptor()
        self.ivs[where] = data[-self.suite.block:]
        return work.update(data) + work.finalize()

    def main_mode(self, d, ci, cr, first, flags, body):
        step = len(self.main)
        need(d["from"] == ("i" if step % 2 == 0 else "r"), "order of main mode")
        need(bool(flags & 1) == (step >= 4), "encryption bit of main mode")
        if step == 0:
            need(cr == bytes(8), "responder cookie in the first message")
            self.ci = ci
        else:
            self.cr = getattr(self, "cr", cr)
            need((ci, cr) == (self.ci, self.cr) and cr != bytes(8), "cookies")
        if step >= 4:
            body = self.decrypt(0, body)
        payloads, rest = parse(first, body)
        need(len(rest) < self.suite.block + 1 if step >= 4 else not rest, "padding")
        need(step < 6, "a seventh message")
        self.main.append((d, payloads))
        if step == 1:
            self.negotiate()
        elif step == 3:
            self.derive()
        elif step >= 4:
            self.authenticate(step, payloads)
        self.counts["phase 1"] += 1

    def negotiate(self):
        offered = transforms(one(self.main[0][1], SA, "SA in message 1"))
        chosen = transforms(one(self.main[1][1], SA, "SA in message 2"))
        need(len(chosen) == 1 and chosen[0] in offered, "the chosen transform was not offered")
        values = chosen[0][3]
        self.suite = Suite(values[1], values.get(14, 0), values[2], values[4])

    def derive(self):
        group = self.suite.group
        publics = [one(self.main[i][1], KE, "KE") for i in (2, 3)]
        nonces = [one(self.main[i][1], NONCE, "nonce") for i in (2, 3)]
        need(all(8 <= len(n) <= 256 for n in nonces), "size of a nonce")
        secrets = [shared_secret(group, self.exponent_of(group, publics[i]), publics[1 - i]) for i in (0, 1)]
        need(secrets[0] == secrets[1], "shared secret")
        self.publics = publics
        self.keys = Keys(self.suite, bytes.fromhex(self.t["psk"]), *nonces, secrets[0], self.ci, self.cr, *publics)
        self.ivs[0] = self.keys.iv
        for i in (2, 3):
            self.nat_detection(*self.main[i])

    def nat_detection(self, d, payloads):
        hashes = [body for kind, body, _raw in payloads if kind in (NATD, NATD_DRAFT)]
        if not hashes:
            return
        need(len(hashes) == 2, "two NAT-D")
        right = [self.suite.digest(self.ci, self.cr, endpoint_bytes(d[k])) for k in ("dst", "src")]
        need(hashes[0] == right[0], "NAT-D of the destination")
        forced = d["from"] in self.t.get("forced", [])
        need((hashes[1] != right[1]) == forced, "NAT-D of the source")
        need(len(hashes[1]) == len(right[1]), "size of NAT-D")

    def authenticate(self, step, payloads):
        sa = one(self.main[0][1], SA, "SA")
        own, other = (0, 1) if step == 4 else (1, 0)
        cookies = (self.ci, self.cr) if step == 4 else (self.cr, self.ci)
        right = self.suite.prf(self.keys.skeyid, self.publics[own], self.publics[other], *cookies, sa,
                               one(payloads, ID, "identity"))
        need(one(payloads, HASH, "HASH") == right, "HASH_I" if step == 4 else "HASH_R")
        self.last_block = self.ivs[0]

    def phase2_message(self, d, exchange, first, mid, body):
        need(self.last_block is not None and len(self.main) == 6, "phase 2 before phase 1")
        self.ivs.setdefault(mid, self.keys.phase2_iv(self.last_block, mid))
        plain = self.decrypt(mid, body)
        payloads, rest = parse(first, plain)
        need(len(rest) <= self.suite.block, "padding")
        need(payloads and payloads[0][0] == HASH, "HASH comes first")
        given = payloads[0][1]
        covered = plain[len(payloads[0][2]):len(plain) - len(rest)]
        if exchange == QUICK:
            self.quick_mode(d, mid, payloads, given, covered)
            return
        need(exchange in (TRANSACTION, INFORMATIONAL), "exchange type")
        need(given == self.suite.prf(self.keys.a, struct.pack(">I", mid), covered), "HASH of exchange %d" % exchange)
        self.counts["transaction" if exchange == TRANSACTION else "informational"] += 1
        self.cfg += [body for kind, body, _raw in payloads if kind == CFG]

    def quick_mode(self, d, mid, payloads, given, covered):
        steps = self.phase2.setdefault(mid, [])
        steps.append((d["from"], payloads))
        mid_bytes = struct.pack(">I", mid)
        need(len(steps) <= 3 and d["from"] == steps[(len(steps) - 1) % 2][0], "order of quick mode")
        if len(steps) == 2:
            need(d["from"] != steps[0][0], "order of quick mode")
        nonces = [one(p, NONCE, "nonce") for _who, p in steps[:2]]
        if len(steps) == 1:
            right = self.suite.prf(self.keys.a, mid_bytes, covered)
        elif len(steps) == 2:
            right = self.suite.prf(self.keys.a, mid_bytes, nonces[0], covered)
        else:
            need(len(payloads) == 1, "only a HASH in the third message")
            right = self.suite.prf(self.keys.a, b"\0", mid_bytes, *nonces)
        need(given == right, "HASH(%d)" % len(steps))
        if len(steps) == 3:
            self.finish_quick(steps, nonces)

    def finish_quick(self, steps, nonces):
        offered = transforms(one(steps[0][1], SA, "SA"))
        chosen = transforms(one(steps[1][1], SA, "SA"))
        need(len(chosen) == 1, "one transform chosen")
        protocol, spi_r, number, values = chosen[0]
        matching = [o for o in offered if (o[0], o[2]) == (protocol, number) and {**o[3], 4: 0} == {**values, 4: 0}]
        need(matching, "the chosen ESP transform was not offered")
        spi_i, shared, group = matching[0][1], b"", values.get(3)
        if group:
            publics = [one(p, KE, "KE") for _who, p in steps[:2]]
            secrets = [shared_secret(group, self.exponent_of(group, publics[i]), publics[1 - i]) for i in (0, 1)]
            need(secrets[0] == secrets[1], "shared secret of quick mode")
            shared = secrets[0]
        cipher_size = {3: 24, 12: values.get(6, 0) // 8, 20: values.get(6, 0) // 8 + 4}[number]
        size = cipher_size + ESP_AUTH_KEYS.get(values.get(5), 0)
        for spi, (owner, _payloads) in zip((spi_i, spi_r), steps):
            self.keymats[spi] = owner, self.keys.keymat(size, shared, protocol, spi, *nonces)
        self.counts["quick"] += 1

    def check_sas(self):
        for sa in self.t.get("sas", []):
            for direction in ("in", "out"):
                spi, key = (bytes.fromhex(sa[k + direction]) for k in ("spi_", "key_"))
                need(spi in self.keymats, "SPI %s was never negotiated" % spi.hex())
                owner, right = self.keymats[spi]
                need((owner == sa["side"]) == (direction == "in"), "direction of SPI %s" % spi.hex())
                need(key == right, "KEYMAT of SPI %s at %s" % (spi.hex(), sa["side"]))
            self.counts["sas"] += 1

    def check_expectations(self):
        expect = self.t.get("expect", {})
        sent = [item for body in self.cfg for item in attributes(body[4:])]
        for name, number in (("user", 16521), ("password", 16522)):
            if name in expect:
                need((number, bytes.fromhex(expect[name])) in sent, "XAuth " + name)
        need(expect.get("quick_modes", self.counts["quick"]) == self.counts["quick"], "number of quick modes")


def fixed(label, size):
    """Bytes that look random and are always the same."""
    out = b""
    while len(out) < size:
        out += hashlib.sha256(label.encode() + bytes([len(out) // 32])).digest()
    return out[:size]


class Maker:
    """A client and a gateway that agree on everything; client behind no NAT that forces encapsulation."""

    CLIENT, GATEWAY = "192.0.2.7", "203.0.113.1"
    VIDS = ("09002689dfd6b712", "90cb80913ebb696e086381b5ec427b1f", "cd60464335df21f87cfdb2fc68b6a448",
            "7d9419a65310ca6f2c179d9215529d56", "4a131c81070358455c5728f20e95452f", "afcad71368a1f1c96b8696fc77570100",
            "12f5f28c457168a9702d9fe274cc0100")

    def __init__(self):
        self.suite = Suite(7, 256, 6, 14)
        self.psk = b"ipsec-secret"
        self.ci, self.cr = fixed("cookie i", 8), fixed("cookie r", 8)
        self.x = {who: int.from_bytes(fixed("exponent " + who, 40), "big") for who in ("i", "r", "qi", "qr")}
        self.lines, self.datagrams, self.ivs, self.port = [], [], {}, 500

    def note(self, name, data):
        self.lines.append((name, data))

    def send(self, name, who, exchange, payloads, mid=0, encrypted=True):
        body = chain(payloads)
        if encrypted:
            body += bytes(-len(body) % self.suite.block)
            work = self.suite.cipher(self.keys.key, self.ivs[mid]).encryptor()
            body = work.update(body) + work.finalize()
            self.ivs[mid] = body[-self.suite.block:]
        cookies = self.ci + (bytes(8) if name == "mm1" else self.cr)
        head = struct.pack(">BBBBII", payloads[0][0], 0x10, exchange, int(encrypted), mid, 28 + len(body))
        data = (bytes(4) if self.port == 4500 else b"") + cookies + head + body
        ends = [f"{a}:{self.port}" for a in (self.CLIENT, self.GATEWAY)]
        if who == "r":
            ends.reverse()
        self.datagrams.append({"from": who, "src": ends[0], "dst": ends[1], "data": data.hex()})
        self.note(name, data)

    def hashed(self, mid, rest, *before):
        return [(HASH, self.suite.prf(self.keys.a, struct.pack(">I", mid), *before, chain(rest)))] + rest

    def main_mode(self):
        transform = struct.pack(">BBH", 1, 1, 0) + attribute(1, 7) + attribute(14, 256) + attribute(2, 6) \
            + attribute(4, 14) + attribute(3, 65001) + attribute(11, 1) + attribute(12, struct.pack(">I", 86400))
        sa = sa_body(1, b"", transform)
        vids = [(VID, bytes.fromhex(v)) for v in self.VIDS]
        self.send("mm1", "i", MAIN, [(SA, sa)] + vids, encrypted=False)
        self.send("mm2", "r", MAIN, [(SA, sa)] + vids, encrypted=False)
        ni, nr = fixed("nonce i", 20), fixed("nonce r", 32)
        gi, gr = (public_value(14, self.x[who]) for who in "ir")
        client, gateway = (endpoint_bytes(a + ":500") for a in (self.CLIENT, self.GATEWAY))
        natd = [(NATD, self.suite.digest(self.ci, self.cr, gateway)), (NATD, fixed("forced", 64))]
        self.send("mm3", "i", MAIN, [(KE, gi), (NONCE, ni)] + natd, encrypted=False)
        natd = [(NATD, self.suite.digest(self.ci, self.cr, end)) for end in (client, gateway)]
        self.send("mm4", "r", MAIN, [(KE, gr), (NONCE, nr)] + natd, encrypted=False)
        shared = shared_secret(14, self.x["i"], gr)
        self.keys = Keys(self.suite, self.psk, ni, nr, shared, self.ci, self.cr, gi, gr)
        self.ivs[0], self.port = self.keys.iv, 4500
        for name, data in (("nonce_i", ni), ("nonce_r", nr), ("public_i", gi), ("public_r", gr), ("shared", shared)):
            self.note(name, data)
        for name, who, pair in (("mm5", "i", (gi, gr, self.ci, self.cr)), ("mm6", "r", (gr, gi, self.cr, self.ci))):
            address = self.CLIENT if who == "i" else self.GATEWAY
            identity = struct.pack(">BBH", 1, 0, 0) + ipaddress.ip_address(address).packed
            proof = self.suite.prf(self.keys.skeyid, *pair, sa, identity)
            self.note("id_" + who, identity)
            self.note("hash_" + who, proof)
            self.send(name, who, MAIN, [(ID, identity), (HASH, proof)])
        self.note("sa", sa)
        self.last = self.ivs[0]

    def cfg(self, name, who, mid, kind, values):
        self.ivs.setdefault(mid, self.keys.phase2_iv(self.last, mid))
        body = struct.pack(">BBH", kind, 0, 77) + b"".join(attribute(*v) for v in values)
        self.send(name, who, TRANSACTION, self.hashed(mid, [(CFG, body)]), mid)

    def configure(self):
        self.cfg("xauth1", "r", 0x11223344, 1, [(16521, b""), (16522, b"")])
        self.cfg("xauth2", "i", 0x11223344, 2, [(16521, b"username"), (16522, b"password")])
        self.cfg("xauth3", "r", 0x22334455, 3, [(16527, 1)])
        self.cfg("xauth4", "i", 0x22334455, 4, [(16527, b"")])
        self.cfg("config1", "i", 0x33445566, 1, [(1, b""), (3, b""), (28676, b"")])
        networks = b"".join(ipaddress.ip_address(a).packed for a in ("10.4.11.0", "255.255.255.0")) + bytes(6)
        granted = [(1, bytes([10, 255, 254, 2])), (3, bytes([10, 4, 11, 1])), (28676, networks)]
        self.cfg("config2", "r", 0x33445566, 2, granted)

    def quick_mode(self):
        mid = 0x44556677
        spi_i, spi_r = fixed("spi i", 4), fixed("spi r", 4)
        ni, nr = fixed("quick nonce i", 20), fixed("quick nonce r", 32)
        publics = [public_value(14, self.x[who]) for who in ("qi", "qr")]
        ids = [(ID, struct.pack(">BBH", 1, 0, 0) + bytes([10, 255, 254, 2])),
               (ID, struct.pack(">BBH", 4, 0, 0) + bytes([10, 4, 11, 0, 255, 255, 255, 0]))]
        values = attribute(4, 3) + attribute(6, 128) + attribute(5, 5) + attribute(3, 14) + attribute(1, 1) \
            + attribute(2, struct.pack(">I", 3600))
        transform = struct.pack(">BBH", 1, 12, 0) + values

        self.ivs[mid] = self.keys.phase2_iv(self.last, mid)
        self.note("phase2_iv", self.ivs[mid])
        rest = [(SA, sa_body(3, spi_i, transform)), (NONCE, ni), (KE, publics[0])] + ids
        self.send("qm1", "i", QUICK, self.hashed(mid, rest), mid)
        rest = [(SA, sa_body(3, spi_r, transform)), (NONCE, nr), (KE, publics[1])] + ids
        self.send("qm2", "r", QUICK, self.hashed(mid, rest, ni), mid)
        proof = self.suite.prf(self.keys.a, b"\0", struct.pack(">I", mid), ni, nr)
        self.send("qm3", "i", QUICK, [(HASH, proof)], mid)
        shared = shared_secret(14, self.x["qi"], publics[1])
        self.keymat = {spi: self.keys.keymat(48, shared, 3, spi, ni, nr) for spi in (spi_i, spi_r)}
        self.spis = spi_i, spi_r
        self.lines += [("quick_nonce_i", ni), ("quick_nonce_r", nr), ("quick_shared", shared), ("quick_hash3", proof),
                       ("spi_i", spi_i), ("spi_r", spi_r),
                       ("keymat_i", self.keymat[spi_i]), ("keymat_r", self.keymat[spi_r])]

    def run(self):
        self.main_mode()
        self.configure()
        self.quick_mode()
        keys = self.keys
        self.lines += [("psk", self.psk), ("cookie_i", self.ci), ("cookie_r", self.cr),
                       ("skeyid", keys.skeyid), ("skeyid_d", keys.d), ("skeyid_a", keys.a), ("skeyid_e", keys.e),
                       ("cipher_key", keys.key), ("iv", keys.iv), ("last_block", self.last)]
        return self

    def transcript(self):
        spi_i, spi_r = (spi.hex() for spi in self.spis)
        key_i, key_r = (self.keymat[spi].hex() for spi in self.spis)
        return {"psk": self.psk.hex(), "exponents": ["%x" % x for x in self.x.values()], "datagrams": self.datagrams,
                "forced": ["i"],
                "sas": [{"side": "i", "spi_in": spi_i, "spi_out": spi_r, "key_in": key_i, "key_out": key_r},
                        {"side": "r", "spi_in": spi_r, "spi_out": spi_i, "key_in": key_r, "key_out": key_i}],
                "expect": {"user": b"username".hex(), "password": b"password".hex(), "quick_modes": 1}}


def key_lines():
    """Key material of every cipher with every hash: keys longer and shorter than SKEYID_e, KEYMAT of several blocks."""
    for cipher, bits in ((5, 0), (7, 128), (7, 192), (7, 256)):
        for number in HASHES:
            suite = Suite(cipher, bits, number, 2)
            sizes = {"psk": 9, "nonce_i": 16, "nonce_r": 24, "shared": 128, "cookie_i": 8, "cookie_r": 8,
                     "public_i": 128, "public_r": 128}
            parts = [fixed(suite.name + what, size) for what, size in sizes.items()]
            keys = Keys(suite, *parts)
            for what, data in zip(sizes, parts):
                yield suite.name + "." + what, data
            yield suite.name + ".skeyid_e", keys.e
            yield suite.name + ".cipher_key", keys.key
            yield suite.name + ".iv", keys.iv
            yield suite.name + ".phase2_iv", keys.phase2_iv(keys.iv, 0xDEADBEEF)
            yield suite.name + ".keymat", keys.keymat(96, b"", 3, b"\1\2\3\4", parts[1], parts[2])
            yield suite.name + ".keymat_pfs", keys.keymat(96, parts[3], 3, b"\1\2\3\4", parts[1], parts[2])


def made():
    maker = Maker().run()
    primes = [("prime.%d" % group, prime(group).to_bytes(size_of(group), "big")) for group in GROUPS]
    lines = maker.lines + list(key_lines()) + primes
    return "".join(f"{name} {data.hex()}\n" for name, data in lines)


def spoiled(transcript):
    """The transcript with one byte altered, in every datagram and in everything that is compared."""
    for n, d in enumerate(transcript["datagrams"]):
        # Vendor ids are not covered by any hash, and the forced NAT-D is any value that is wrong.
        last = len(d["data"]) // 2 - 20
        for at in {0: (60,), 1: (60,), 2: (30, last - 128)}.get(n, (32, last // 2, last)):
            other = copy.deepcopy(transcript)
            data = bytearray.fromhex(d["data"])
            data[at] ^= 1
            other["datagrams"][n]["data"] = data.hex()
            yield f"byte {at} of datagram {n}", other
    for path in (("psk",), ("sas", 0, "key_in"), ("sas", 1, "key_out"), ("expect", "password")):
        other = copy.deepcopy(transcript)
        spot = other
        for step in path[:-1]:
            spot = spot[step]
        spot[path[-1]] = spot[path[-1]][:-2] + "%02x" % (int(spot[path[-1]][-2:], 16) ^ 1)
        yield "/".join(str(p) for p in path), other


def check(path):
    print("1..3")
    with open(path, encoding="ascii") as file:
        same = file.read() == made()
    print(("ok" if same else "not ok") + " 1 - the committed file is what this script makes")
    transcript = Maker().run().transcript()
    counts = Verifier(transcript).run()
    right = counts == {"phase 1": 6, "transaction": 6, "informational": 0, "quick": 1, "sas": 2}
    print(("ok" if right else "not ok") + f" 2 - the made handshake verifies: {counts}")
    passed = []
    for what, other in spoiled(transcript):
        try:
            Verifier(other).run()
            passed.append(what)
        except (Wrong, KeyError, IndexError, struct.error, ValueError):
            pass
    print(("not ok" if passed else "ok") + " 3 - no altered handshake verifies " + ", ".join(passed))
    return 0 if same and right and not passed else 1


def verify(path):
    with open(path, encoding="ascii") as file:
        transcript = json.load(file)
    try:
        counts = Verifier(transcript).run()
    except (Wrong, KeyError, IndexError, struct.error, ValueError) as problem:
        print(f"wrong: {type(problem).__name__}: {problem}")
        return 1
    print("right: " + ", ".join(f"{n} {what}" for what, n in counts.items()))
    return 0


def main(args):
    if args == ["make"]:
        sys.stdout.write(made())
    elif args == ["transcript"]:
        json.dump(Maker().run().transcript(), sys.stdout, indent=1)
    elif len(args) == 2 and args[0] == "check":
        return check(args[1])
    elif len(args) == 2 and args[0] == "verify":
        return verify(args[1])
    else:
        sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
