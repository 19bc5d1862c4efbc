#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The same questions to virtcpud and to a real libvirtd: the same answers, or a row that says why not.

Each ask_ function of the modules below puts one question to the daemon it is given and returns what
matters of the answer. docs/differences.md holds the accepted differences, by the function's name; a
difference without a row fails, and so does a row whose question is not asked here. One that is
answered alike is reported.
"""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "daemon"))

import ask_cpu  # noqa: E402
import ask_device  # noqa: E402
import ask_domain  # noqa: E402
import ask_host  # noqa: E402
import harness  # noqa: E402
import libvirtd  # noqa: E402
import tap  # noqa: E402

TABLE = os.path.join(ROOT, "docs", "differences.md")
MODULES = (ask_host, ask_cpu, ask_domain, ask_device)


def accepted():
    """Names in the first column of the table."""
    with open(TABLE, encoding="utf-8") as file:
        cells = [line.split("|")[1].strip() for line in file if line.startswith("|")]
    return {cell.strip("`") for cell in cells if cell != "call" and not re.fullmatch(r"-+", cell)}


PEER_GONE = "failed to connect to the hypervisor"  # no answer to be different from


def make_test(question, rows, used):
    name = question.__name__

    def test(daemons):
        ours, theirs = question(daemons[0]), question(daemons[1])
        if ours == theirs:
            return
        if name in rows and PEER_GONE not in repr(theirs):
            used.add(name)
            tap.comment(f"accepted difference: {name}")
            return
        raise AssertionError(f"libvirtd: {theirs!r}\nvirtcpud: {ours!r}")
    test.__name__ = name[len("ask_"):]
    return test


def main():
    harness.require_tools()
    libvirtd.start()
    turn = libvirtd.take_turn()
    rows, used = accepted(), set()
    questions = [f for module in MODULES for name, f in vars(module).items()
                 if name.startswith("ask_")]
    wanted = sys.argv[1:]
    tests = [make_test(q, rows, used) for q in questions
             if not wanted or q.__name__[len("ask_"):] in wanted]
    daemons = (harness.Daemon(), libvirtd.Libvirtd())
    try:
        daemons[0].start()

        def every_accepted_difference_is_asked_about(_):
            tap.equal(sorted(rows - {q.__name__ for q in questions}), [])
            for name in sorted(rows - used):  # it may take another CPU or more QEMUs than are here
                tap.comment(f"no difference on this machine: {name}")
        tap.run(tests, daemons, every_accepted_difference_is_asked_about)
    finally:
        daemons[0].clean_up()
        daemons[1].clean_up()
        turn.close()


if __name__ == "__main__":
    main()
