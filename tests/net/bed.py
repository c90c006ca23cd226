"""A small internet for tests and for the demo, made of namespaces.

      client  192.168.178.2 --.
              198.51.100.2     router (NAT) ---- gateway ---- lan
      client2 192.168.179.2 --'

Knows: namespaces, links, addresses, the NAT, and how a program is run on one of the hosts. Must not know: what is
tested, Sojourn, or strongSwan.

The calling program first moves into a mount, network and process namespace of its own (`enter`), and also into a user
namespace when it is not root. So nothing of the machine is touched, any number of beds coexist, and the kernel removes
everything as soon as the program ends, however it ends. A host is one more pair of network and mount namespaces, with
its own /run and its own /etc/resolv.conf. Sockets of test code are opened inside a host by `Host.network`; they stay
there whichever thread uses them. Standard library only.
"""
import contextlib
import ctypes
import os
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

from wan import Wan

CLIENT = "192.168.178.2"  # behind the NAT
CLIENT_PUBLIC = "198.51.100.2"  # the same host when it has a public address
CLIENT2 = "192.168.179.2"
ROUTER_WAN = "203.0.113.254"  # what the gateway sees of everybody behind the NAT
ROUTER_WAN2 = "203.0.113.252"  # another public address that the provider may give to the router
PUBLIC_DNS = "203.0.113.53"  # both are served by the router: they stand for the internet
PUBLIC_WEB = "192.0.2.80"
GATEWAY = "203.0.113.1"
SILENT = "203.0.113.99"  # an address where nobody answers
LAN_A = "10.4.11.0/24"
LAN_B = "192.168.0.0/24"
LAN_A_HOST = "10.4.11.10"
LAN_B_HOST = "192.168.0.10"
LAN_DNS = "10.4.11.53"
POOL = "10.255.254.0/24"

_INSIDE = "SOJOURN_BED_INSIDE"
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


class Missing(Exception):
    """This machine lacks a right or a tool; the text says which."""


def require(*tools):
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        raise Missing("not installed: " + ", ".join(missing))


def _add_system_directories_to_path():
    path = os.environ.get("PATH", "/usr/bin:/bin").split(":")
    os.environ["PATH"] = ":".join(path + [d for d in ("/usr/sbin", "/sbin") if d not in path])


def _new_namespaces():
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]
    return command if os.geteuid() == 0 else command + ["--user", "--map-root-user"]


def _check_machine():
    require("unshare", "nsenter", "ip", "nft", "mount")
    try:
        os.close(os.open("/dev/net/tun", os.O_RDWR))
    except OSError as error:
        raise Missing(f"/dev/net/tun cannot be opened ({error.strerror}); tunnels need the tun module") from error
    probe = subprocess.run(_new_namespaces() + ["true"], capture_output=True, text=True, timeout=20)
    if probe.returncode != 0:
        who = "namespaces" if os.geteuid() == 0 else "user namespaces (run as root instead, or allow them)"
        raise Missing(f"this machine does not permit {who}: {probe.stderr.strip()}")


def _reap(child):
    """The life of process 1 of the new namespace: collects orphans until the real program ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C reaches the program too, and it decides
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)


def enter(program, arguments=()):
    """Starts `program` (a Python file) again inside namespaces of its own; returns only there. Raises Missing."""
    _add_system_directories_to_path()
    if os.environ.pop(_INSIDE, None) is None:
        _check_machine()
        os.environ[_INSIDE] = "1"
        python = shutil.which("python3") or "/usr/bin/python3"
        command = _new_namespaces() + [python, os.path.abspath(program), *arguments]
        os.execvp(command[0], command)
    child = os.fork()
    if child:
        _reap(child)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True, timeout=20)


def single_uid():
    """Whether this is a user namespace with one user only, as it is without root."""
    with open("/proc/self/uid_map", encoding="ascii") as uid_map:
        return uid_map.read().split()[2] == "1"


def alive(pid):
    """Whether a process runs; a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until(condition, seconds, what):
    """Polls until `condition()` is true and returns its value; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain: {what}")
        time.sleep(0.02)


class Process:
    """A program running on a host. Its output arrives line by line in `lines` and `errors`."""

    def __init__(self, host, command, stdin=None, pass_fds=()):
        self.name = os.path.basename(command[0])
        self.lines = []
        self.errors = []
        self._arrived = threading.Condition()
        self.popen = subprocess.Popen(
            host.command(command), stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", start_new_session=True,
            pass_fds=pass_fds)
        if stdin is not None:
            self.say(stdin)
        self._readers = [threading.Thread(target=self._read, args=pair, daemon=True)
                         for pair in ((self.popen.stdout, self.lines), (self.popen.stderr, self.errors))]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, lines):
        for line in stream:
            with self._arrived:
                lines.append(line.rstrip("\n"))
                self._arrived.notify_all()
        with self._arrived:
            self._arrived.notify_all()

    @property
    def pid(self):
        return self.popen.pid

    @property
    def running(self):
        return self.popen.poll() is None

    def wait_line(self, find, seconds, what):
        """The first non-None `find(line)` over the output so far and to come; fails when it ends or takes too long."""
        deadline = time.monotonic() + seconds
        seen = 0
        while True:
            with self._arrived:
                ended = not any(reader.is_alive() for reader in self._readers)
                new = self.lines[seen:]
                if not new and not ended:
                    self._arrived.wait(0.1)
            for line in new:
                value = find(line)
                if value is not None:
                    return value
            seen += len(new)
            if ended and not new:
                raise AssertionError(f"{self.name} ended ({self.popen.poll()}) without {what}; {self.story()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{self.name}: waited {seconds} s in vain for {what}; {self.story()}")

    def story(self):
        """The last lines of its output, for a failed check."""
        return "\n".join(["its last lines:"] + self.lines[-12:] + self.errors[-12:])

    def say(self, text):
        """More for its standard input, which is open when it was started with some."""
        self.popen.stdin.write(text)
        self.popen.stdin.flush()

    def say_no_more(self):
        self.popen.stdin.close()

    def signal(self, number):
        if self.running:
            self.popen.send_signal(number)

    def wait(self, seconds):
        """The exit status, once all output has been read."""
        try:
            status = self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"{self.name} did not end within {seconds} s; {self.story()}") from None
        for reader in self._readers:
            reader.join(5)
        return status

    def end(self):
        """Ends it by force if it still runs; part of cleaning up, never of a check."""
        self.signal(signal.SIGTERM)
        try:
            self.popen.wait(5)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait(5)


class Host:
    """One machine of the bed: network and mount namespaces, kept by a sleeping process."""

    def __init__(self, name, dns=None, resolv="plain"):
        self.name = name
        self._holder = subprocess.Popen(
            ["unshare", "--mount", "--net", "sh", "-c",
             "mount -t tmpfs -o mode=755 tmpfs /run && ip link set lo up && echo ready && exec sleep infinity"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
        if self._holder.stdout.readline() != b"ready\n":
            raise Missing(f"the namespaces of host {name} could not be made")
        self._net = os.open(f"/proc/{self._holder.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.sysctl("net.ipv6.conf.all.disable_ipv6", 1)
        self.sysctl("net.ipv6.conf.default.disable_ipv6", 1)
        if dns:
            self._own_resolv_conf(dns, resolv)

    def _own_resolv_conf(self, dns, kind):
        """`plain`: a file that can be replaced by a rename. `mounted`: a mount point, as in containers. Either way
        /etc is a layer of the host's own."""
        self.run(["sh", "-c", "mkdir /run/etc /run/etc/up /run/etc/work && mount -t overlay "
                  "-o lowerdir=/etc,upperdir=/run/etc/up,workdir=/run/etc/work etc /etc && rm -f /etc/resolv.conf "
                  "&& cat >/etc/resolv.conf"], input=f"nameserver {dns}\n")
        if kind == "mounted":
            self.run(["sh", "-c", "cp /etc/resolv.conf /run/resolv.conf && "
                      "mount --bind /run/resolv.conf /etc/resolv.conf"])

    def command(self, command):
        return ["nsenter", "--target", str(self._holder.pid), "--root", "--mount", "--net", "--", *command]

    def run(self, command, timeout=20, check=True, **options):
        """Runs to the end; the result has `stdout`, `stderr` and `returncode`."""
        if "input" not in options:
            options["stdin"] = subprocess.DEVNULL
        done = subprocess.run(self.command(command), capture_output=True, text=True, timeout=timeout, check=False,
                              **options)
        if check and done.returncode != 0:
            raise AssertionError(f"{self.name}: {' '.join(command)}: status {done.returncode}: "
                                 f"{done.stderr.strip()[-600:]}")
        return done

    def ip(self, *lines):
        self.run(["ip", "-batch", "-"], input="\n".join(lines) + "\n")

    def nft(self, text):
        self.run(["nft", "-f", "-"], input=text)

    def sysctl(self, name, value):
        with self.network(), open("/proc/sys/" + name.replace(".", "/"), "w", encoding="ascii") as file:
            file.write(str(value))

    def move_here(self, link):
        subprocess.run(["ip", "link", "set", link, "netns", str(self._holder.pid)], check=True, timeout=20)

    @contextlib.contextmanager
    def network(self):
        """Within it this thread opens its sockets on this host."""
        here = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            if _libc.setns(self._net, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"setns into {self.name}")
            yield
        finally:
            if _libc.setns(here, _CLONE_NEWNET) != 0:
                raise OSError(ctypes.get_errno(), f"setns back from {self.name}")
            os.close(here)

    def read(self, path):
        return self.run(["cat", path]).stdout

    def close(self):
        self._holder.kill()
        self._holder.wait()
        self._holder.stdout.close()
        os.close(self._net)


def _forget_mappings(host):
    """Empties the table of connections: a ctnetlink message "delete" that names none means all."""
    subsystem, delete, request_and_ack = 1, 2, 5
    body = struct.pack("=BBH", socket.AF_UNSPEC, 0, 0)
    with host.network():
        netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 12)  # NETLINK_NETFILTER
    with netlink:
        netlink.settimeout(10)
        netlink.send(struct.pack("=IHHII", 16 + len(body), subsystem << 8 | delete, request_and_ack, 1, 0) + body)
        problem = -struct.unpack_from("=i", netlink.recv(4096), 16)[0]
    if problem:
        raise Missing(f"connections cannot be forgotten: {os.strerror(problem)}")


class Bed:
    """The whole topology; a context manager. Processes started by `start` end with it.

    `wan`: settings of a bad internet between router and gateway, see wan.Wan.set; {} for a good one that may change.
    Then `Bed.wan` changes them."""

    def __init__(self, resolv="plain", wan=None):
        self._resolv = resolv
        self._wan_settings, self.wan = wan, None
        self._processes = []
        self.services = None  # what answers in the bed, from whoever starts it
        self._nat, self._loss, self._blocked = "masquerade", 0, False
        self._rebound, self._public = 0, ROUTER_WAN

    def __enter__(self):
        self._hosts = []
        try:
            self._build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            process.end()
        for host in self._hosts:
            host.close()

    def start(self, host, command, stdin=None, pass_fds=()):
        process = Process(host, command, stdin, pass_fds)
        self._processes.append(process)
        return process

    def story(self):
        """The last words of every program that was started, for a failed test."""
        return "\n".join(f"{process.name}: {process.story()}" for process in self._processes)

    def _host(self, name, **options):
        host = Host(name, **options)
        self._hosts.append(host)
        return host

    def _link(self, left, left_name, right, right_name):
        subprocess.run(["ip", "link", "add", left_name, "type", "veth", "peer", "name", right_name],
                       check=True, timeout=20)
        left.move_here(left_name)
        right.move_here(right_name)

    def _build(self):
        self.client = self._host("client", dns=PUBLIC_DNS, resolv=self._resolv)
        self.client2 = self._host("client2", dns=PUBLIC_DNS, resolv=self._resolv)
        self.router = self._host("router")
        self.gateway = self._host("gateway")
        self.lan = self._host("lan")
        for left, left_name, right, right_name in (
                (self.client, "eth0", self.router, "home0"), (self.client2, "eth0", self.router, "home1"),
                (self.gateway, "eth1", self.lan, "eth0")):
            self._link(left, left_name, right, right_name)
        if self._wan_settings is None:
            self._link(self.router, "wan0", self.gateway, "eth0")
        else:
            self.wan = Wan(self, self.router, "wan0", self.gateway, "eth0")
            if self._wan_settings:
                self.wan.set(**self._wan_settings)
        for client, private, public, home in ((self.client, CLIENT, CLIENT_PUBLIC, "192.168.178.1"),
                                              (self.client2, CLIENT2, "198.51.100.130", "192.168.179.1")):
            client.ip(f"addr add {private}/24 dev eth0", f"addr add {public}/25 dev eth0", "link set eth0 up",
                      f"route add default via {home} src {private}")
        self.router.ip("addr add 192.168.178.1/24 dev home0", "addr add 198.51.100.1/25 dev home0",
                       "addr add 192.168.179.1/24 dev home1", "addr add 198.51.100.129/25 dev home1",
                       f"addr add {ROUTER_WAN}/24 dev wan0", f"addr add {PUBLIC_DNS}/24 dev wan0",
                       f"addr add {PUBLIC_WEB}/32 dev lo",
                       "link set home0 up", "link set home1 up", "link set wan0 up")
        self.gateway.ip(f"addr add {GATEWAY}/24 dev eth0", "addr add 10.4.11.1/24 dev eth1",
                        "addr add 192.168.0.1/24 dev eth1", "link set eth0 up", "link set eth1 up",
                        f"route add default via {ROUTER_WAN}")
        self.lan.ip(f"addr add {LAN_A_HOST}/24 dev eth0", f"addr add {LAN_DNS}/24 dev eth0",
                    f"addr add {LAN_B_HOST}/24 dev eth0", "link set eth0 up", "route add default via 10.4.11.1")
        for host in (self.router, self.gateway):
            host.sysctl("net.ipv4.ip_forward", 1)
            host.sysctl("net.ipv4.conf.all.send_redirects", 0)
        self._apply_rules()
        # A client that sends everything through the tunnel reaches the internet from the gateway's address.
        self.gateway.nft("table ip bed {\nchain postrouting { type nat hook postrouting priority srcnat; "
                         f"oifname eth0 ip saddr {POOL} ip daddr != {{ {LAN_A}, {LAN_B} }} masquerade; }}\n}}\n")

    def _apply_rules(self):
        forward = ""
        if self._blocked:
            forward = "drop;"
        elif self._loss:
            forward = f"numgen random mod 10000 < {int(self._loss * 100)} drop;"
        behind = "oifname wan0 ip saddr 192.168.178.0/23"
        ports = 20000 + self._rebound % 20 * 1000
        source_nat = {
            "masquerade": f"{behind} masquerade;",
            "random": f"{behind} ip protocol {{ tcp, udp }} masquerade to :20000-40000 random; {behind} masquerade;",
            "rebound": f"{behind} ip protocol {{ tcp, udp }} snat to {self._public}:{ports}-{ports + 999} random; "
                       f"{behind} snat to {self._public};",
        }[self._nat]
        # What no mapping is there for is lost in silence, as with most routers.
        silent = f"iifname wan0 ip daddr {{ {ROUTER_WAN}, {ROUTER_WAN2} }} meta l4proto udp drop;"
        self.router.nft("table ip bed\ndelete table ip bed\ntable ip bed {\n"
                        f"chain forward {{ type filter hook forward priority filter; {forward} }}\n"
                        f"chain input {{ type filter hook input priority filter; {silent if self._rebound else ''} }}\n"
                        f"chain postrouting {{ type nat hook postrouting priority srcnat; {source_nat} }}\n}}\n")

    def set_nat(self, kind):
        """`masquerade` keeps source ports where it can, `random` moves them to 20000-40000."""
        self._nat = kind
        self._apply_rules()

    def set_loss(self, percent):
        self._loss = percent
        self._apply_rules()

    def set_blocked(self, blocked):
        """Nothing passes between clients and gateway any more, or again."""
        self._blocked = blocked
        self._apply_rules()

    def set_nat_memory(self, seconds):
        """How long the NAT keeps the mapping of an idle UDP flow."""
        self.router.sysctl("net.netfilter.nf_conntrack_udp_timeout", seconds)
        self.router.sysctl("net.netfilter.nf_conntrack_udp_timeout_stream", seconds)

    def rebind(self, address=None):
        """The NAT forgets all mappings: what comes next gets other ports, and with `address` (ROUTER_WAN or
        ROUTER_WAN2) another public address. What still arrives for the old ones is lost in silence."""
        if address == ROUTER_WAN2 and self._public != ROUTER_WAN2:
            self.router.run(["ip", "addr", "replace", f"{ROUTER_WAN2}/24", "dev", "wan0"])
        self._nat, self._public = "rebound", address or self._public
        self._rebound += 1
        self._apply_rules()
        _forget_mappings(self.router)

    @contextlib.contextmanager
    def rebinding(self, seconds):
        """Within it the NAT forgets every so many seconds, at once for the first time."""
        done = threading.Event()

        def run():
            while not done.is_set():
                self.rebind()
                done.wait(seconds)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join(30)

    def set_direct(self):
        """The client uses its public address: no NAT between it and the gateway."""
        self.client.ip(f"route replace default via 198.51.100.1 src {CLIENT_PUBLIC}")

    def set_path_mtu(self, mtu):
        self.router.ip(f"link set wan0 mtu {mtu}")
        self.gateway.ip(f"link set eth0 mtu {mtu}")
