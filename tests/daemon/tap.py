# SPDX-License-Identifier: LGPL-2.1-or-later
"""Run the test_ functions of a program in order and report them as TAP."""

import sys
import traceback


LONGEST_REPORT = 3000


class Skip(Exception):
    """This test cannot run here; the text says why."""


def equal(actual, expected):
    if actual != expected:
        raise AssertionError(f"expected {expected!r}, got {actual!r}")


def contains(text, *parts):
    for part in parts:
        if part not in text:
            raise AssertionError(f"{part!r} is not in {text!r}")


def lacks(text, *parts):
    for part in parts:
        if part in text:
            raise AssertionError(f"{part!r} is in {text!r}")


def comment(text):
    for line in text.rstrip().splitlines():
        print("# " + line)


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def run(tests, context, finish):
    """Call each of tests with context, then finish(context): it counts as a test too."""
    print(f"1..{len(tests) + 1}")
    failed = 0
    for number, test in enumerate(tests + [finish], 1):
        name = test.__name__.replace("test_", "").replace("_", " ")
        try:
            test(context)
            print(f"ok {number} {name}", flush=True)
        except Skip as reason:
            print(f"ok {number} {name} # SKIP {reason}", flush=True)
        except Exception:  # a test may fail in any way, and the rest shall still run
            failed += 1
            print(f"not ok {number} {name}")
            comment(traceback.format_exc()[-LONGEST_REPORT:])
            sys.stdout.flush()
    sys.exit(1 if failed else 0)
