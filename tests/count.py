"""Counts the parts of all tests in a meson testlog.json: names those that failed or were skipped on lines of their
own, then prints PASSED FAILED SKIPPED on the last line. A test that says nothing about parts counts as one."""
import json
import re
import sys


def parts(test):
    """(passed, failures, skips) of one test, the latter two as texts."""
    lines = re.findall(r"^(not ok|ok)\b[ \d]*-? ?(.*)$", test.get("stdout", ""), re.MULTILINE)
    skips = [name for verdict, name in lines if verdict == "ok" and re.search(r"# SKIP\b", name, re.IGNORECASE)]
    failures = [name for verdict, name in lines if verdict == "not ok"]
    passed = len(lines) - len(skips) - len(failures)
    result = test["result"]
    if result == "SKIP" and not skips:
        reason = re.search(r"^1\.\.0 # SKIP (.*)$", test.get("stdout", ""), re.MULTILINE | re.IGNORECASE)
        skips = [reason[1] if reason else "the whole test"]
    elif result not in ("OK", "EXPECTEDFAIL", "SKIP") and not failures:
        failures = [f"ended as {result}"]
    elif result in ("OK", "EXPECTEDFAIL") and not lines:
        passed = 1
    return passed, failures, skips


def main():
    total = [0, 0, 0]
    with open(sys.argv[1], encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            passed, failures, skips = parts(test)
            for verdict, names in (("FAIL", failures), ("skip", skips)):
                for name in names:
                    print(f"  {verdict}  {test['name']}: {name}")
            if failures:
                said = [part for part in test.get("stdout", "").splitlines() + test.get("stderr", "").splitlines()
                        if not re.match(r"ok\b", part)]
                print("\n".join("        " + part for part in said[-60:]))
            for index, number in enumerate((passed, len(failures), len(skips))):
                total[index] += number
    if sum(total) == 0:
        sys.exit("no test ran")
    print(*total)


main()
