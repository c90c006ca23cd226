"""The real programs on hosts of the bed: `sojourn connect` and `sojourn-responder`, and the event stream of the former.

Knows: the command line, its events and exit codes as sojourn(1) promises them to scripts, and the responder's
configuration. Must not know: how either is built.
"""
import json
import os
import re
import signal

import bed

_HERE = os.path.dirname(os.path.abspath(__file__))
_PROFILE = os.path.join(_HERE, "..", "data", "mikrotik.vpn")

EXIT_CODES = {
    0: {"user"},
    1: {"internal"},
    2: {"usage"},
    3: {"profile-invalid", "not-a-profile", "not-supported"},
    4: {"name-unknown", "no-answer", "offline", "no-ipv4", "portal", "timeout"},
    5: {"no-common-terms"},
    6: {"key-mismatch", "silent-at-key", "server-untrusted", "server-cert-expired", "own-cert-expired", "clock-wrong",
        "key-file-password", "token-missing"},
    7: {"login-refused", "code-refused"},
    8: {"question-unanswered"},
    9: {"no-address", "no-networks"},
    10: {"not-allowed"},
    11: {"host"},
    12: {"lost", "ended-by-server"},
    13: {"no-service", "service-outdated"},
    14: {"not-found", "exists"},
    15: {"networks-overlap", "port-busy"},
}
STATES = {"off", "connecting", "waiting", "on", "reconnecting", "stopping", "failed"}
STAGES = ["resolve", "phase1", "login", "configure", "phase2", "network"]
EVIDENCE = {"proved", "inferred", "claimed"}


def _number(value):
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _texts(value):
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _text(value):
    return isinstance(value, str)


def _address(value):
    return isinstance(value, str) and re.fullmatch(r"\d+\.\d+\.\d+\.\d+", value) is not None


def _optional(rule):
    return lambda value: value is None or rule(value)


def _flags(*names):
    return lambda value: isinstance(value, dict) and all(isinstance(value.get(name), bool) for name in names)


def _associations(value):
    return isinstance(value, list) and len(value) > 0 and all(
        _texts(item.get("networks")) and re.fullmatch(r"[0-9a-f]{8}", item.get("spi_in", ""))
        and re.fullmatch(r"[0-9a-f]{8}", item.get("spi_out", "")) and _number(item.get("expires_in")) for item in value)


# event: {field: rule}; every field must be there. Fields that are not named here may be added at any time.
_FIELDS = {
    "state": {"state": lambda value: value in STATES},
    "question": {"id": _number, "kind": _text, "message": _text, "fields": lambda value: isinstance(value, list)},
    "connected": {
        "interface": _text, "address": _address, "prefix": _number, "address6": _optional(_text), "mtu": _number,
        "dns": _texts, "domains": _texts, "networks": _texts, "excluded": _texts,
        "full_tunnel": lambda value: isinstance(value, bool), "banner": _optional(_text), "gateway": _address,
        "local_port": _number, "remote_port": _number, "nat": _flags("local", "remote"), "ike": _text, "esp": _text,
        "sas": _associations, "crypto": lambda value: value in ("openssl", "ipsec-mb"),
        "offload": _flags("tun", "udp_gso", "udp_gro"), "elapsed_ms": _number},
    "rekeyed": {"sa": lambda value: value in ("ike", "esp")},
    "address": {"address": _address},
    "warning": {"id": _text, "text": _text},
    "statistics": {name: _number for name in ("rx_bytes", "tx_bytes", "rx_packets", "tx_packets", "replayed",
                                              "not_authentic", "dropped")},
    "ended": {"reason": _text, "stage": _optional(_text), "evidence": _optional(lambda value: value in EVIDENCE),
              "detail": _optional(_text), "exit_code": _number},
}


def _fields_wrong(event):
    rules = _FIELDS.get(event.get("event"))
    if event.get("schema") != 1:
        return ["schema is not 1"]
    if rules is None:
        return ["unknown event"]
    return [f"{name} is {event.get(name, 'not there')!r}" for name, rule in rules.items()
            if name not in event or not rule(event[name])]


def stream_problems(events, exit_code):
    """What is wrong with a whole event stream of `connect --json`: fields, order, how it ends."""
    problems = [f"{wrong} in {event}" for event in events for wrong in _fields_wrong(event)]
    names = [event.get("event") for event in events]
    if names.count("ended") != 1 or names[-1] != "ended":
        return problems + [f"`ended` must come once and last: {names}"]
    ended = events[-1]
    if ended["exit_code"] != exit_code or ended["reason"] not in EXIT_CODES.get(exit_code, set()):
        problems.append(f"exit status {exit_code} does not fit {ended}")
    if "connected" in names and "statistics" not in names[names.index("connected"):]:
        problems.append("no statistics before `ended`")
    first = events[:names.index("connected")] if "connected" in names else events
    stages = [STAGES.index(event["stage"]) for event in first
              if event.get("event") == "state" and event.get("state") == "connecting" and event.get("stage") in STAGES]
    if stages != sorted(stages):
        problems.append(f"the stages go backwards: {stages}")
    return problems


def programs():
    """Where the built programs are: SOJOURN_BUILD names the build folder."""
    build = os.environ.get("SOJOURN_BUILD", os.path.join(_HERE, "..", "..", "build"))
    paths = {"sojourn": os.path.join(build, "client/cli/sojourn"),
             "tunnel": os.path.join(build, "client/worker/sojourn-tunnel"),
             "responder": os.path.join(build, "tests/responder/sojourn-responder")}
    for path in paths.values():
        if not os.access(path, os.X_OK):
            raise AssertionError(f"{path} is not built")
    return {name: os.path.abspath(path) for name, path in paths.items()}


def write_profile(host, name="profile.vpn", text=None, **changes):
    """Puts a profile on a host; `changes` are keys with `_` for `-`, None takes a line away. Returns its path."""
    if text is None:
        with open(_PROFILE, encoding="utf-8") as file:
            lines = dict((line.split(":", 2)[1], line) for line in file.read().splitlines())
        for key, value in changes.items():
            key = key.replace("_", "-")
            kind = "n" if isinstance(value, int) else "s"
            if key == "auth-mutual-psk":
                kind = "b"
            lines.pop(key, None)
            if value is not None:
                lines[key] = f"{kind}:{key}:{value}"
        text = "\n".join(lines.values()) + "\n"
    host.run(["sh", "-c", f"mkdir -p /run/test && cat >/run/test/{name}"], input=text)
    return f"/run/test/{name}"


class Connection:
    """One run of `sojourn connect --foreground --json`."""

    def __init__(self, made, host=None, profile=None, user="username", password="password", options=(), wrap=(),
                 stdin=None):
        self.host = host or made.client
        profile = profile or write_profile(self.host)
        command = [*wrap, programs()["sojourn"], "connect", profile, "--foreground", "--json", *options]
        if user is not None:
            command += ["--user", user]
        if password is not None:
            write = "umask 077; mkdir -p /run/test && cat >/run/test/password"
            self.host.run(["sh", "-c", write], input=password + "\n")
            command += ["--password-file", "/run/test/password"]
        self.process = made.start(self.host, command, stdin)

    def events(self):
        return [json.loads(line) for line in self.process.lines]

    def wait_event(self, name, seconds=20, after=0, **fields):
        """The first event of that name with these fields, after the first `after` events."""
        position = [0]

        def find(line):
            position[0] += 1
            event = json.loads(line)
            fits = event.get("event") == name and all(event.get(key) == value for key, value in fields.items())
            return event if fits and position[0] > after else None
        return self.process.wait_line(find, seconds, f"event {name} {fields or ''}")

    def connected(self, seconds=30):
        return self.wait_event("connected", seconds)

    def ended(self, seconds=60):
        """Waits for the end; checks the whole stream; returns the `ended` event."""
        status = self.process.wait(seconds)
        events = self.events()
        if not events:
            raise AssertionError(f"no event at all, exit status {status}: {self.process.story()}")
        problems = stream_problems(events, status)
        if problems:
            raise AssertionError("; ".join(problems) + "\n" + self.process.story())
        return events[-1]

    def disconnect(self, seconds=20):
        """As Ctrl-C does."""
        self.process.signal(signal.SIGINT)
        return self.ended(seconds)

    def family(self):
        """(worker, others): the process ids that this connection has besides its first process."""
        parents = {}
        for pid in (int(name) for name in os.listdir("/proc") if name.isdigit()):
            try:
                with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
                    name, _, rest = stat.read().partition("(")[2].rpartition(")")
                parents[pid] = (int(rest.split()[1]), name)
            except (FileNotFoundError, ProcessLookupError):
                continue
        known = {self.process.pid}
        while True:
            more = {pid for pid, (parent, _) in parents.items() if parent in known} - known
            if not more:
                break
            known |= more
        known.discard(self.process.pid)
        workers = [pid for pid in known if parents[pid][1].startswith("sojourn-tunnel")]
        return workers, [pid for pid in known if pid not in workers]


RESPONDER = {
    "listen": bed.GATEWAY, "exchange": "main", "auth": "psk-xauth", "psk": "ipsec-secret", "ike": "aes256-sha512-modp2048",
    "esp": "aes128-sha256-modp2048", "dpd-interval": 10, "dpd-maximum-failures": 3, "ike-lifetime": 86400,
    "esp-lifetime": 3600,
}
MODE_CONFIG = {
    "pool": "10.255.254.2-10.255.254.254", "prefix": 32, "split-include": f"{bed.LAN_A},{bed.LAN_B}",
    "dns": bed.LAN_DNS, "domain": "corp.example", "split-dns": "corp.example,intra.example", "banner": "Welcome",
    "push": "false",
}


def _lines(group):
    """Keys with `_` for `-`."""
    return [f"{key.replace('_', '-')}={value}" for key, value in group.items()]


class Responder:
    """The bundled gateway at bed.GATEWAY. `changes` go to [responder] or [mode-config], whichever has that key;
    `quirks` are the group of that name, `password` and `user` (more keys) are the first user's."""

    def __init__(self, made, password="password", quirks=None, user=None, **changes):
        first, second = dict(RESPONDER), dict(MODE_CONFIG)
        for key, value in changes.items():
            key = key.replace("_", "-")
            group = second if key in second else first
            if value is None:
                group.pop(key, None)
            else:
                group[key] = value
        lines = ["[responder]", *_lines(first), "[user:username2]", "password=password2",
                 "[user:username]", f"password={password}", *_lines(user or {}),
                 "[mode-config]", *_lines(second), "[quirks]", *_lines(quirks or {})]
        file = "/run/test/responder.conf"
        made.gateway.run(["sh", "-c", f"mkdir -p /run/test && cat >{file}"], input="\n".join(lines) + "\n")
        self.process = made.start(made.gateway, [programs()["responder"], "--config", file])
        self.wait_event("listening")

    def wait_event(self, name, seconds=10, **fields):
        def find(line):
            event = json.loads(line)
            fits = event.get("event") == name and all(event.get(key) == value for key, value in fields.items())
            return event if fits else None
        return self.process.wait_line(find, seconds, f"event {name} {fields or ''}")

    def events(self, name):
        return [event for event in map(json.loads, self.process.lines) if event.get("event") == name]

    def stop(self):
        """Ends it in order; returns what its plane counted."""
        self.process.signal(signal.SIGTERM)
        self.process.wait(10)
        return self.events("statistics")[-1]
