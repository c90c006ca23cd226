"""Runs the `test_` functions of a file, each in a fresh bed, and reports in TAP.

Knows: TAP and the bed. A function that raises bed.Missing is a skipped test, any other exception a failed one; then
the last words of all its programs are printed as diagnostics.
"""
import contextlib
import os
import sys
import time
import traceback

import bed
from services import Services


def expect(actual, wanted, what):
    if actual != wanted:
        raise AssertionError(f"{what}: expected {wanted!r}, got {actual!r}")


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def note(text):
    """Diagnostics: figures worth keeping in the log."""
    for line in str(text).splitlines():
        print("# " + line, flush=True)


@contextlib.contextmanager
def stopwatch(what):
    """Notes how long the block took; never a verdict."""
    began = time.monotonic()
    yield
    note(f"{what}: {time.monotonic() - began:.1f} s")


def options(**values):
    """Decorator: the options of the bed that a test wants."""
    def mark(function):
        function.bed_options = values
        return function
    return mark


def _run_one(function):
    with bed.Bed(**getattr(function, "bed_options", {})) as made, Services(made) as made.services:
        try:
            function(made)
        except bed.Missing:
            raise
        except BaseException:
            note(made.story())
            raise


def main(namespace):
    """The body of every test file: `tap.main(globals())`. Arguments select tests by a part of their name."""
    chosen = sys.argv[1:]
    tests = [function for name, function in namespace.items() if name.startswith("test_")
             and (not chosen or any(part in name for part in chosen))]
    try:
        bed.enter(namespace["__file__"], chosen)
    except bed.Missing as reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, function in enumerate(tests, 1):
        name = function.__name__.removeprefix("test_").replace("_", " ")
        began = time.monotonic()
        try:
            _run_one(function)
            print(f"ok {number} - {name}", flush=True)
        except bed.Missing as reason:
            print(f"ok {number} - {name} # SKIP {reason}", flush=True)
        except Exception:  # pylint: disable=broad-except
            note(traceback.format_exc())
            print(f"not ok {number} - {name}", flush=True)
            failed += 1
        note(f"{name}: {time.monotonic() - began:.1f} s")
    sys.stdout.flush()
    os._exit(1 if failed else 0)  # reader threads may still wait for output of processes that are gone
