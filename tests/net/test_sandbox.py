#!/usr/bin/env python3
"""What a break-in into the worker would get: seen in /proc and in a trace of a whole life of it."""
import os
import re

import bed
import checks
import tap
from sojourn import Connection, Responder, programs

# Of the start of a thread: libc then takes clone, whose flags a filter can see; the signal is for setuid in threads.
SPARED = {"clone3", "rt_sigaction"}
KINDS = ("socket:", "pipe:", "anon_inode:", "/dev/net/tun", "/dev/null")


def field(pid, name):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
        for line in status:
            if line.startswith(name + ":"):
                return line.split(":", 1)[1].split()
    raise AssertionError(f"no {name} in /proc/{pid}/status")


def tasks(pid):
    return [int(task) for task in os.listdir(f"/proc/{pid}/task")]


def test_the_worker_has_nothing(made):
    Responder(made)
    connection = Connection(made)
    connection.connected()
    (worker,), _ = connection.family()
    checks.answers(made.client)
    for task in tasks(worker):
        where = f"{worker}/task/{task}"
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            tap.expect(field(where, name), ["0" * 16], name)
        tap.expect(field(where, "NoNewPrivs"), ["1"], "no_new_privs")
        tap.expect(field(where, "Seccomp"), ["2"], "seccomp, in every thread")
    if not bed.single_uid():
        for name in ("Uid", "Gid"):
            tap.check("0" not in field(worker, name), f"{name} {field(worker, name)}")
            tap.expect(len(set(field(worker, name))), 1, f"{name}: real, effective, saved, of files")
        tap.expect(field(worker, "Groups"), [], "supplementary groups")
    with open(f"/proc/{worker}/limits", encoding="ascii") as limits:
        core = next(line for line in limits if line.startswith("Max core file size"))
    tap.expect(core.split()[4:6], ["0", "0"], "core dumps")
    tap.expect(os.stat(f"/proc/{worker}/environ").st_uid, 0, "not dumpable: its /proc files belong to root")
    handles = sorted(os.readlink(f"/proc/{worker}/fd/{number}") for number in os.listdir(f"/proc/{worker}/fd"))
    tap.expect([handle for handle in handles if not handle.startswith(KINDS)], [], "what it holds open")
    connection.disconnect()


def test_no_secret_in_arguments_or_environment(made):
    Responder(made)
    connection = Connection(made)
    connection.connected()
    worker, others = connection.family()
    for pid in [connection.process.pid, *worker, *others]:
        for name in ("cmdline", "environ"):
            with open(f"/proc/{pid}/{name}", "rb") as file:
                text = file.read()
            tap.check(b"ipsec-secret" not in text and b"password\0" not in text.replace(b"/password\0", b""),
                      f"a secret in {name} of {pid}")
    connection.disconnect()


def _calls(lines, worker):
    """(name, result) of every call of the worker's threads after its filter was loaded."""
    threads, loaded, calls, unfinished = {worker}, False, [], {}
    for line in lines:
        pid, _, rest = line.partition(" ")
        pid, rest = int(pid), rest.strip()
        if pid not in threads:
            continue
        if (resumed := re.match(r"<\.\.\. (\w+) resumed>(.*)", rest)) is not None:
            rest = unfinished.pop(pid, resumed[1] + "(") + resumed[2]
        elif rest.endswith("<unfinished ...>"):
            unfinished[pid] = rest.removesuffix("<unfinished ...>")
            continue
        call = re.match(r"(\w+)\(.*= (-?\w+|\?)(?: (E\w+))?", rest)
        if call is None:
            continue
        if call[1] in ("clone", "clone3") and call[2].isdigit():
            threads.add(int(call[2]))
        if loaded:
            calls.append((call[1], call[3] or call[2]))
        if call[1] == "seccomp" and "SECCOMP_SET_MODE_FILTER" in rest and call[2] == "0":
            loaded = True
    tap.check(loaded, "no filter was ever loaded")
    return calls


def test_a_whole_life_stays_within_the_filter(made):
    """Every call in a life with traffic is on the filter's list, but what libc tries and does without."""
    bed.require("strace")
    Responder(made)
    trace = "/run/test/trace"
    connection = Connection(made, wrap=["strace", "-f", "-qq", "-s", "0", "-o", trace])
    connection.connected(60)
    (worker,), _ = connection.family()
    checks.answers(made.client)
    checks.intact(made.client, 200_000)
    made.client.run(["sh", "-c", f"kill -INT $(cat /proc/{connection.process.pid}/task/*/children)"])
    connection.ended()
    calls = _calls(made.client.read(trace).splitlines(), worker)
    made_calls = {name for name, _ in calls}
    allowed = set(made.client.run([programs()["tunnel"], "--allowed-calls"]).stdout.split())
    tap.note(f"{len(made_calls)} of {len(allowed)} calls: {' '.join(sorted(made_calls))}")
    refused = {name for name, result in calls if result == "ENOSYS"}
    tap.expect(sorted(refused - SPARED), [], "refused by the filter")
    tap.expect(sorted(made_calls - allowed - SPARED), [], "calls that the filter does not name")
    dangerous = {"socket", "connect", "bind", "open", "openat", "execve", "fork", "vfork", "ptrace", "kill", "ioctl"}
    tap.expect(sorted(dangerous & allowed), [], "calls that no worker needs")


if __name__ == "__main__":
    tap.main(globals())
