#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Sum up what meson logged: tally.py STATUS BUILD...; STATUS is the worst of meson's exit codes.

Counts cases where a program reports them (TAP), else programs. The last line says it all; the exit
code is 0 only when something ran and nothing failed.
"""

import json
import os
import sys
import xml.etree.ElementTree as xml

KINDS = ("passed", "failed", "skipped")


def kind_of(case):
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "skipped" if case.find("skipped") is not None else "passed"


def cases_of(build):
    """(suite name, case name, kind) of every case in the JUnit log."""
    root = xml.parse(os.path.join(build, "meson-logs", "testlog.junit.xml")).getroot()
    for suite in root.iter("testsuite"):
        for case in suite.iter("testcase"):
            yield suite.get("name"), case.get("name"), kind_of(case)


def broken_programs(build):
    """Names of programs that failed as a whole: crashed, timed out, or broke off their report."""
    with open(os.path.join(build, "meson-logs", "testlog.json"), encoding="utf-8") as log:
        for line in log:
            test = json.loads(line)
            if test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL"):
                yield test["name"]


def tally(builds):
    """({kind: count}, lines about what did not pass)."""
    counts = dict.fromkeys(KINDS, 0)
    notes = []
    for build in builds:
        failed_before = counts["failed"]
        skipped = {}
        for suite, name, kind in cases_of(build):
            counts[kind] += 1
            if kind == "failed":
                notes.append(f"failed: {build}: {suite} {name}")
            elif kind == "skipped":
                skipped.setdefault(suite, []).append(name)
        notes += [f"skipped: {build}: {suite}: {len(names)}, first: {names[0]}"
                  for suite, names in skipped.items()]
        broken = list(broken_programs(build))
        if broken and counts["failed"] == failed_before:
            counts["failed"] += len(broken)
            notes += [f"failed: {build}: {name}" for name in broken]
    return counts, notes


def main():
    status, builds = int(sys.argv[1]), sys.argv[2:]
    counts, notes = tally(builds)
    if status != 0 and counts["failed"] == 0:
        counts["failed"] = 1
        notes.append(f"failed: meson test ended with {status}, which no case explains")
    print("\n".join(notes))
    print(", ".join(f"{counts[kind]} {kind}" for kind in KINDS))
    sys.exit(1 if counts["failed"] or not counts["passed"] else 0)


if __name__ == "__main__":
    main()
