# SPDX-License-Identifier: LGPL-2.1-or-later
"""Running virtcpu, and reporting in TAP, for the tests of this folder."""

import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import kvm  # noqa: E402

SHARED = os.environ.get("VIRTCPU_TEST_SHARED", "")


def run(tool, *args, text=None):
    """(exit status, output, errors) of `virtcpu args`, with text on its standard input."""
    done = subprocess.run([tool, *args], input=text, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8", timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


class Report:
    """TAP lines; finish() ends the program."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def case(self, name, fault=None):
        """One result; fault is None or what went wrong."""
        self.count += 1
        if fault is None:
            print(f"ok {self.count} - {name}")
            return
        self.failed += 1
        print(f"not ok {self.count} - {name}")
        for line in str(fault).splitlines():
            print(f"# {line}")

    def finish(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)
